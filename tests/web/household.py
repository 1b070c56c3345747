"""A household's library as albums would have left it, for the page to read."""

import hashlib
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image

from appliance.albums import queries
from appliance.albums.schema import SCHEMA
from appliance.service.database import Database
from appliance.service.paths import Paths
from tests.web import pictures

NAMES = ("Ada", "Ben", "Clara", "David", "Elif", "Farid")
PEOPLE = 9
SIZES = ((1600, 1067), (1600, 1200), (1067, 1600), (1600, 900), (1200, 1200))


@dataclass(frozen=True)
class Household:
    paths: Paths
    database: Database
    people: dict[str, int]
    """Ids of those who have a name."""
    unnamed: list[int]


def empty(paths: Paths) -> Database:
    """A library without photos."""
    for folder in (paths.albums, paths.library, paths.uploads, paths.config, paths.runtime):
        folder.mkdir(parents=True, exist_ok=True)
    return Database(paths.albums / queries.DATABASE, SCHEMA)


def move_in(paths: Paths, photos: int = 12, *, small: bool = True, seed: int = 1) -> Household:
    """A library of `photos` pictures over some years; `small` pictures are made fast.

    With people, a suggestion, a journal and a file in quarantine.
    """
    database = empty(paths)
    chance = random.Random(seed)
    people = _people(database)
    when = datetime(2026, 11, 21, 17, 42)  # noqa: DTZ001 # wall time
    for number in range(photos):
        scale = 8 if small else 1
        width, height = (side // scale for side in SIZES[number % len(SIZES)])
        on_it = chance.sample(range(PEOPLE), chance.choice((0, 1, 1, 2, 3)))
        if number < PEOPLE:
            on_it = [number]
        if on_it:
            image, boxes = pictures.scene(seed + number, width, height, on_it)
        else:
            image, boxes = pictures.landscape(seed + number, width, height), []
        taken = when.isoformat() if number % 13 != 11 else ""
        photo = add_photo(paths, database, image, f"IMG_{number:04}.jpg", taken)
        for box, person in zip(boxes, on_it, strict=True):
            add_face(paths, database, photo, image, box, people[person])
        gaps = (1, 1, 2, 3, 5, 19) if number < photos // 2 else (2, 3, 31, 24 * 12, 24 * 45)
        when -= timedelta(hours=chance.choice(gaps))
    _say(database, people)
    names = dict(zip(NAMES, people, strict=False))
    return Household(paths, database, names, people[len(NAMES) :])


def _people(database: Database) -> list[int]:
    people = []
    with database.transaction() as connection:
        connection.execute("INSERT INTO consent VALUES (1, '2026-11-01T08:00:00+00:00')")
        for number in range(PEOPLE):
            name = NAMES[number] if number < len(NAMES) else None
            row = connection.execute(
                "INSERT INTO person (name, name_key) VALUES (?, ?) RETURNING id",
                (name, queries.fold(name) if name else None),
            ).fetchone()
            people.append(int(row[0]))
    return people


def add_photo(
    paths: Paths, database: Database, image: Image.Image, name: str, taken_at: str
) -> int:
    """A complete photo: original, thumbnail and row."""
    digest = hashlib.sha256(f"{name}{image.size}{taken_at}".encode()).hexdigest()
    original = f"{taken_at[:4] or 'unknown'}/{name}"
    (paths.library / original).parent.mkdir(parents=True, exist_ok=True)
    image.save(paths.library / original, quality=88)
    thumbnail = image.copy()
    thumbnail.thumbnail((480, 480))
    _save(paths.albums / queries.thumbnail_file(digest), thumbnail)
    with database.transaction() as connection:
        row = connection.execute(
            """INSERT INTO photo (state, sha256, name, file, format, size_bytes, width, height,
                taken_at, day, imported_at, source, colour)
            VALUES ('complete', ?, ?, ?, 'jpeg', ?, ?, ?, ?, ?, ?, 'inbox', ?) RETURNING id""",
            (
                digest,
                name,
                original,
                (paths.library / original).stat().st_size,
                *image.size,
                taken_at,
                taken_at[:10],
                "2026-11-23T16:58:00+00:00",
                pictures.mean_colour(image),
            ),
        ).fetchone()
    return int(row[0])


def add_face(
    paths: Paths,
    database: Database,
    photo: int,
    image: Image.Image,
    box: pictures.Box,
    person: int | None,
) -> int:
    with database.transaction() as connection:
        row = connection.execute(
            """INSERT INTO face (photo, x, y, width, height, landmarks, score, quality, person)
            VALUES (?, ?, ?, ?, ?, x'', 0.99, ?, ?) RETURNING id""",
            (photo, box.x, box.y, box.width, box.height, box.width, person),
        ).fetchone()
        face = int(row[0])
        file = f"crops/{face % 256:02x}/{face}.webp"
        _save(paths.albums / file, pictures.crop(image, box))
        connection.execute("UPDATE face SET crop = ? WHERE id = ?", (file, face))
    return face


def _say(database: Database, people: list[int]) -> None:
    """What the household said until now, a question, and a file that could not be read."""
    with database.transaction() as connection:
        connection.execute("INSERT INTO suggestion VALUES (?, ?, 0.41)", (people[-2], people[-1]))
        for hours, action, detail in (
            (70, "agree", '{"people": []}'),
            (69, "name", f'{{"people": [{people[0]}], "name": "Ada"}}'),
            (5, "merge", f'{{"people": [{people[2]}, 999]}}'),
            (1, "name", f'{{"people": [{people[4]}], "name": "Elif"}}'),
        ):
            at = (datetime(2026, 11, 23, 17, tzinfo=UTC) - timedelta(hours=hours)).isoformat()
            connection.execute(
                "INSERT INTO journal (at, action, detail) VALUES (?, ?, ?)", (at, action, detail)
            )
        connection.execute(
            """INSERT INTO quarantine (sha256, name, file, reason, mend, at)
            VALUES ('00', 'scan 0012.jpg', 'quarantine/00',
            'The file ends in the middle of the picture.',
            'Copy it from the camera again, if it is still there.', '2026-11-23T15:00:00+00:00')"""
        )


def _save(path: Path, image: Image.Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, "WEBP", quality=80)


def add_days(paths: Paths, database: Database, days: int, photos: int) -> None:
    """Rows of many days with many photos, all with the one thumbnail of photo 1."""
    thumbnail = paths.albums / _thumbnail_of(database, 1)
    day = datetime(2025, 12, 31, 12, tzinfo=UTC)
    rows = []
    for number in range(days * photos):
        taken = day - timedelta(days=number // photos, minutes=number % photos)
        digest = f"{number:032x}" * 2
        rows.append((digest, f"many/{number}.jpg", taken.isoformat()[:19], taken.isoformat()[:10]))
    with database.transaction() as connection:
        connection.executemany(
            """INSERT INTO photo (state, sha256, name, file, format, size_bytes, width, height,
                taken_at, day, source)
            VALUES ('complete', ?1, 'many.jpg', ?2, 'jpeg', 1, 4, 3, ?3, ?4, 'inbox')""",
            rows,
        )
    for digest, *_ in rows[-photos:]:
        link = paths.albums / queries.thumbnail_file(digest)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.hardlink_to(thumbnail)


def _thumbnail_of(database: Database, photo: int) -> str:
    with database.reading() as reader:
        found = queries.photo(reader, photo)
    assert found is not None
    return found.thumbnail
