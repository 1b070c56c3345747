"""How well albums groups people, on labelled photos that the caller names.

The photos are imported one by one as the service imports them; then a household that knows the
truth answers the questions that the page would ask.
"""

import csv
import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from appliance.albums import queries
from appliance.albums.albums import Albums
from appliance.albums.errors import AlbumsError
from appliance.albums.scoring import Agreement, bcubed, pairwise
from appliance.service.memory import tree_pss_bytes

COLUMNS = ("image", "person")
SAMPLING_S = 0.2
"""Between two looks at the memory."""
Progress = Callable[[int, int], None]


class InvalidLabels(AlbumsError):
    """A table of labels that does not say what it must."""

    code = "invalid_labels"

    def __init__(self, table: Path, problem: str, mend: str) -> None:
        super().__init__(f"{table}: {problem}")
        self.table = table
        self.problem = problem
        self.mend = mend


@dataclass(frozen=True)
class Label:
    """Whose face is nearest the middle of a photo."""

    image: Path
    person: str


@dataclass(frozen=True)
class Grouped:
    """The labelled faces after an import."""

    photos: dict[int, str]
    """The labelled person of each photo of the library."""
    unfound: tuple[str, ...]
    """The labelled persons of files that did not become photos."""
    photos_per_s: float
    peak_pss_bytes: int
    """Of this process and its children."""


def read_labels(table: Path, images: Path, limit: int | None = None) -> list[Label]:
    """The rows of a tab-separated table with the columns image (below `images`) and person.

    Raises InvalidLabels.
    """
    columns = "it needs tab-separated columns named " + " and ".join(COLUMNS)
    try:
        with table.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t")
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InvalidLabels(table, f"no column {missing[0]}", columns)
            labels = []
            for row in reader:
                if not row["image"] or not row["person"]:
                    raise InvalidLabels(table, f"line {reader.line_num} is incomplete", columns)
                image = images / row["image"]
                if not image.is_file():
                    problem = f"line {reader.line_num}: there is no {image}"
                    raise InvalidLabels(table, problem, "name the folder that the paths start from")
                labels.append(Label(image, row["person"]))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidLabels(table, f"cannot be read ({error})", columns) from error
    if not labels:
        raise InvalidLabels(table, "no photo is named", columns)
    return labels[:limit]


def import_photos(
    albums: Albums, labels: Sequence[Label], inbox: Path, progress: Progress
) -> Grouped:
    """Drops the photos into `inbox`, one after the other, and has each imported."""
    photos: dict[int, str] = {}
    unfound: list[str] = []
    started = time.monotonic()
    with PeakMemory() as memory:
        for done, label in enumerate(labels, 1):
            dropped = inbox / f"{done}{label.image.suffix}"
            shutil.copyfile(label.image, dropped)
            outcome = albums.importer.take(dropped, label.image.name, "inbox")
            if outcome is None or outcome.photo is None or outcome.photo in photos:
                unfound.append(label.person)
            else:
                photos[outcome.photo] = label.person
            progress(done, len(labels))
    rate = len(labels) / (time.monotonic() - started)
    return Grouped(photos, tuple(unfound), rate, memory.peak_bytes)


class LabelledFaces:
    """Whom the library takes the labelled faces for."""

    def __init__(self, albums: Albums, grouped: Grouped) -> None:
        self._albums = albums
        self._grouped = grouped
        self.truth = [*grouped.photos.values(), *grouped.unfound]
        self._faces: dict[int, int | None] = {
            photo: self._central_face(photo) for photo in grouped.photos
        }
        """Of each photo the face nearest the middle; None when none was found."""

    def people(self) -> list[int | None]:
        """The person of each labelled face, in the order of `truth`; None: not found or unknown."""
        with self._albums.database.reading() as reader:
            rows = reader.execute("SELECT id, person FROM face").fetchall()
        person: dict[int | None, int | None] = dict(map(tuple, rows))
        known = [person.get(self._faces[photo]) for photo in self._grouped.photos]
        return [*known, *(None for _ in self._grouped.unfound)]

    def score(self) -> tuple[Agreement, Agreement]:
        """BCubed and pairwise; a face that is nobody's is a group of one."""
        groups: list[Hashable] = [
            ("nobody", i) if person is None else person for i, person in enumerate(self.people())
        ]
        return bcubed(groups, self.truth), pairwise(groups, self.truth)

    def name_of(self) -> dict[int, str]:
        """Who most labelled faces of each person really are."""
        counts: dict[int, Counter[str]] = {}
        for person, name in zip(self.people(), self.truth, strict=True):
            if person is not None:
                counts.setdefault(person, Counter())[name] += 1
        return {person: names.most_common(1)[0][0] for person, names in counts.items()}

    def _central_face(self, photo: int) -> int | None:
        with self._albums.database.reading() as reader:
            picture = queries.photo(reader, photo)
            faces = queries.faces_of_photo(reader, photo)
        if picture is None or not faces:
            return None

        def distance(face: queries.Face) -> float:
            across = (face.x + face.width / 2 - 0.5) * picture.width
            down = (face.y + face.height / 2 - 0.5) * picture.height
            return across**2 + down**2

        return min(faces, key=distance).id


def count_answers(
    albums: Albums, faces: LabelledFaces, target: float, progress: Progress
) -> int | None:
    """How many of the page's questions a household answers, one at a time and truthfully, until
    BCubed F1 reaches `target`; None when the questions end before.

    Somebody without a label is nobody else.
    """
    answers = 0
    score = faces.score()[0].f1
    names = faces.name_of()
    while score < target:
        albums.grouping.refresh_suggestions()
        with albums.database.reading() as reader:
            asked = queries.suggestions(reader, 1)
        if not asked:
            return None
        person, other = asked[0].person.id, asked[0].other.id
        answers += 1
        if person in names and names[person] == names.get(other):
            albums.decisions.merge(person, other)
            names = faces.name_of()
            score = faces.score()[0].f1
        else:
            albums.decisions.separate(person, other)
        progress(answers, 0)
    return answers


class PeakMemory:
    """Watches the proportional set size of this process and its children while it is entered."""

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.peak_bytes = max(self.peak_bytes, tree_pss_bytes(os.getpid()))
            if self._ended.wait(SAMPLING_S):
                return
