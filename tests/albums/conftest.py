"""Fixtures of the albums room."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from appliance.albums import queries
from appliance.albums.albums import Albums
from appliance.albums.importer import Outcome
from appliance.albums.settings import Settings
from appliance.service.paths import Paths
from tests.albums.painted import PaintedFaces, drop, paint

T = TypeVar("T")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class TestClock:
    """Stands still until it is moved."""

    __test__ = False

    def __init__(self) -> None:
        self.time: datetime | None = NOON
        self.seconds = 1000.0

    def now(self) -> datetime | None:
        return self.time

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, duration: timedelta) -> None:
        self.time = (self.time or NOON) + duration
        self.seconds += duration.total_seconds()


@dataclass
class Box:
    """A data folder with albums on it, used as the service uses it."""

    paths: Paths
    clock: TestClock
    models: PaintedFaces
    albums: Albums
    photos: int = 0

    def take(self, data: bytes, name: str = "photo.jpg", source: str = "inbox") -> Outcome:
        """Drops a file and imports it."""
        outcome = self.albums.importer.take(drop(self.paths.inbox, name, data), name, source)
        assert outcome is not None
        return outcome

    def photo_of(self, *people: int) -> Outcome:
        """Imports a new picture with these painted people."""
        self.photos += 1
        return self.take(paint(people, seed=self.photos), f"photo-{self.photos}.jpg")

    def ask(self, query: Callable[..., T], *arguments: object) -> T:
        """A question of `queries.py`, as another process asks it."""
        reader = queries.open_library(self.paths.albums)
        try:
            return query(reader, *arguments)
        finally:
            reader.close()

    def restart(self) -> None:
        self.albums.close()
        self.albums = open_albums(self.paths, self.clock, self.models)

    def people_on(self, photo: int) -> list[int | None]:
        return [face.person for face in self.ask(queries.faces_of_photo, photo)]

    def files(self, *kinds: str) -> set[str]:
        """Derived files below the albums folder."""
        folders: Iterable[Path] = (self.paths.albums / kind for kind in kinds)
        return {
            str(path.relative_to(self.paths.albums))
            for folder in folders
            for path in folder.rglob("*")
            if path.is_file()
        }

    def originals(self) -> list[str]:
        return sorted(
            str(path.relative_to(self.paths.library))
            for path in self.paths.library.rglob("*")
            if path.is_file()
        )


def open_albums(paths: Paths, clock: TestClock, models: PaintedFaces) -> Albums:
    albums = Albums.open(paths, Settings(), clock)
    albums.recognition.models = models  # type: ignore[assignment]
    return albums


@pytest.fixture
def unasked_box(tmp_path: Path) -> Iterator[Box]:
    """A box whose household has said nothing yet, with painted faces instead of fetched models."""
    paths, clock, models = Paths(tmp_path, tmp_path / "run"), TestClock(), PaintedFaces()
    paths.inbox.mkdir()
    box = Box(paths, clock, models, open_albums(paths, clock, models))
    yield box
    box.albums.close()


@pytest.fixture
def box(unasked_box: Box) -> Box:
    """A box whose household agreed to grouping."""
    unasked_box.albums.forgetting.agree()
    return unasked_box
