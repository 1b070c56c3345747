"""The photos of the library: their rows and files, as their owner writes them.

A photo is `pending` from before its file moves into the library until everything made from it is
durable. So whatever instant the power goes at, the rows say what is left to do.
"""

import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.albums.capture import Moment
from appliance.albums.faces import FoundFace, Rectangle
from appliance.albums.grouping import Grouping, timestamp
from appliance.albums.people import Observation
from appliance.albums.queries import derived_file, thumbnail_file
from appliance.service.clock import Clock
from appliance.service.database import Database
from appliance.service.durable import make_folder, sync_folder, write_file

UNDATED = "undated"
"""The library's folder for photos of which no date is known, not even that of their import."""
NAME_LIMIT_BYTES = 200
DERIVED_MODE = 0o640


@dataclass(frozen=True)
class NewPhoto:
    """What is known of a photo before its file is in the library."""

    sha256: str
    name: str
    """As the household called it."""
    format: str
    size_bytes: int
    width: int
    height: int
    moment: Moment
    source: str
    """`inbox`, `upload`, `library` or `quarantine`."""
    colour: str


@dataclass(frozen=True)
class StoredPhoto:
    """A photo that has a row."""

    id: int
    sha256: str
    name: str
    file: str
    """Below the library folder."""
    complete: bool
    searched: bool
    """Whether somebody looked for faces."""


class Library:
    """One writer: the albums process."""

    def __init__(
        self, database: Database, grouping: Grouping, originals: Path, derived: Path, clock: Clock
    ) -> None:
        """`originals` is the library folder, `derived` the albums folder."""
        self._database = database
        self._grouping = grouping
        self.originals = originals
        self.derived = derived
        self._clock = clock

    # photos

    def find(self, sha256: str) -> StoredPhoto | None:
        """The photo of exactly this content."""
        return self._one("SELECT * FROM photo WHERE sha256 = ?", sha256)

    def get(self, photo: int) -> StoredPhoto | None:
        return self._one("SELECT * FROM photo WHERE id = ?", photo)

    def pending(self) -> list[StoredPhoto]:
        """Photos whose import was interrupted, the oldest first."""
        return self._all("SELECT * FROM photo WHERE state = 'pending' ORDER BY id")

    def unsearched(self, limit: int) -> list[StoredPhoto]:
        """Complete photos on which nobody looked for faces, the newest first."""
        return self._all(
            """SELECT * FROM photo WHERE state = 'complete' AND searched_by IS NULL
            ORDER BY id DESC LIMIT ?""",
            limit,
        )

    def path(self, photo: StoredPhoto) -> Path:
        """Where the original lies."""
        return self.originals / photo.file

    def add(self, new: NewPhoto, inside: Path | None = None) -> StoredPhoto:
        """Writes the pending row, which says where the file will lie; its folder is made.

        `inside` is a file of the library that has no row; it stays where it is.
        """
        file = self._choose_file(new) if inside is None else inside
        make_folder((self.originals / file).parent)
        with self._database.transaction() as connection:
            photo = connection.execute(
                """INSERT INTO photo (state, sha256, name, file, format, size_bytes, width, height,
                    taken_at, utc_offset_minutes, day, imported_at, source, colour)
                VALUES ('pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    *(new.sha256, new.name, str(file), new.format, new.size_bytes),
                    *(new.width, new.height, new.moment.taken_at, new.moment.utc_offset_minutes),
                    *(new.moment.day, timestamp(self._clock), new.source, new.colour),
                ),
            ).lastrowid
        return StoredPhoto(photo or 0, new.sha256, new.name, str(file), False, False)

    def complete(
        self,
        photo: StoredPhoto,
        faces: Sequence[FoundFace] = (),
        crops: Sequence[str] = (),
        *,
        searched_by: tuple[str, str] | None = None,
    ) -> list[int]:
        """One transaction: faces, embeddings, people, and the photo is there. Returns its people.

        `crops` are the faces' files below the albums folder. `searched_by` are the names of
        detector and embedder; None when nobody looked for faces.
        """
        with self._grouping.changing() as connection:
            if searched_by is not None and _agreed(connection):
                detector, embedder = searched_by
                observations = [
                    self._add_face(connection, photo.id, face, crop, embedder)
                    for face, crop in zip(faces, crops, strict=True)
                ]
                if embedder == self._grouping.model:
                    self._grouping.add(connection, observations)
                connection.execute(
                    "UPDATE photo SET searched_by = ? WHERE id = ?", (detector, photo.id)
                )
            else:
                remove_later(connection, crops)  # the household has just disagreed
            connection.execute("UPDATE photo SET state = 'complete' WHERE id = ?", (photo.id,))
            rows = connection.execute(
                "SELECT DISTINCT person FROM face WHERE photo = ? AND person NOT NULL ORDER BY 1",
                (photo.id,),
            )
            return [row[0] for row in rows]

    def drop(self, photo: StoredPhoto) -> None:
        """Forgets a photo that has no original (any more); derived files go too."""
        with self._grouping.changing() as connection:
            for row in connection.execute("SELECT id FROM face WHERE photo = ?", (photo.id,)):
                if self._grouping.people is not None:
                    self._grouping.people.remove_face(row["id"])
            crops = connection.execute("SELECT crop FROM face WHERE photo = ?", (photo.id,))
            remove_later(connection, [row["crop"] for row in crops if row["crop"]])
            remove_later(connection, [thumbnail_file(photo.sha256)])
            connection.execute("DELETE FROM photo WHERE id = ?", (photo.id,))
        self.remove_files()

    def mark_searched(self, photo: StoredPhoto, by: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("UPDATE photo SET searched_by = ? WHERE id = ?", (by, photo.id))

    def known_boxes(self, photo: StoredPhoto) -> list[Rectangle]:
        """Where no face is to be added: faces that have rows, and people who were forgotten."""
        with self._database.reading() as connection:
            rows = connection.execute(
                """SELECT x, y, width, height FROM face WHERE photo = :photo
                UNION ALL SELECT x, y, width, height FROM forgotten WHERE photo = :photo""",
                {"photo": photo.id},
            ).fetchall()
        return [Rectangle(*row) for row in rows]

    # files

    def write_derived(self, file: str, data: bytes) -> None:
        """Durably writes a file below the albums folder."""
        path = self.derived / file
        make_folder(path.parent)
        write_file(path, data, DERIVED_MODE)

    def clear_crops(self, photo: StoredPhoto) -> None:
        """Deletes what a search that was cut off has left of this photo."""
        some = self.derived / derived_file("crops", photo.sha256, "")
        with self._database.reading() as connection:
            rows = connection.execute("SELECT crop FROM face WHERE photo = ?", (photo.id,))
            known = {row["crop"] for row in rows}
        for path in some.parent.glob(f"{some.name}-*"):
            if str(path.relative_to(self.derived)) not in known:
                path.unlink(missing_ok=True)

    def remove_files(self) -> int:
        """Deletes the files whose rows are gone; how many. Also to be called at start."""
        with self._database.reading() as connection:
            files = [row[0] for row in connection.execute("SELECT file FROM removal")]
        folders = set()
        for file in files:
            path = self.derived / file
            path.unlink(missing_ok=True)
            folders.add(path.parent)
        for folder in folders:
            if folder.exists():
                sync_folder(folder)
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM removal WHERE file = ?", [(f,) for f in files])
        return len(files)

    def knows_file(self, file: str) -> bool:
        """Whether a photo has this place below the library folder."""
        return self._one("SELECT * FROM photo WHERE file = ?", file) is not None

    def agreed(self) -> bool:
        """Whether the household agreed to faces being grouped."""
        with self._database.reading() as connection:
            return _agreed(connection)

    def _choose_file(self, new: NewPhoto) -> Path:
        """A free place for the original: the month it was taken in, else of its import."""
        month = (new.moment.day or timestamp(self._clock))[:7]
        folder = Path(month.replace("-", "/")) if month else Path(UNDATED)
        stem, suffix = split_name(new.name)
        return first_free(
            (folder / f"{stem}{number}{suffix}" for number in numbering()),
            lambda file: self.knows_file(str(file)) or os.path.lexists(self.originals / file),
        )

    def _add_face(
        self, connection: sqlite3.Connection, photo: int, face: FoundFace, crop: str, model: str
    ) -> Observation:
        box = face.box
        row = connection.execute(
            """INSERT INTO face (photo, x, y, width, height, landmarks, score, quality, crop,
                found_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                *(photo, box.x, box.y, box.width, box.height, face.landmarks.tobytes()),
                *(face.score, face.quality, crop, timestamp(self._clock)),
            ),
        ).lastrowid
        add_embedding(connection, row or 0, model, face)
        return Observation(row or 0, face.vector, face.quality, photo)

    def _one(self, query: str, *values: object) -> StoredPhoto | None:
        return next(iter(self._all(query, *values)), None)

    def _all(self, query: str, *values: object) -> list[StoredPhoto]:
        with self._database.reading() as connection:
            rows = connection.execute(query, values).fetchall()
        return [
            StoredPhoto(
                *(row["id"], row["sha256"], row["name"], row["file"], row["state"] == "complete"),
                searched=row["searched_by"] is not None,
            )
            for row in rows
        ]


def crop_files(sha256: str, count: int, token: str) -> list[str]:
    """Names for the crops of one photo; `token` sets those of one search apart from another's."""
    return [derived_file("crops", sha256, f"-{token}-{number}.webp") for number in range(count)]


def remove_later(connection: sqlite3.Connection, files: Iterable[str]) -> None:
    """Has derived files deleted once this transaction is durable (`Library.remove_files`)."""
    connection.executemany(
        "INSERT INTO removal (file) VALUES (?) ON CONFLICT DO NOTHING", [(file,) for file in files]
    )


def add_embedding(connection: sqlite3.Connection, face: int, model: str, found: FoundFace) -> None:
    connection.execute(
        "INSERT INTO embedding (face, model, vector) VALUES (?, ?, ?)",
        (face, model, found.vector.astype("float16").tobytes()),
    )


def split_name(name: str) -> tuple[str, str]:
    """Stem and suffix of a name as it may stand on any file system, at most 200 bytes long."""
    clean = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]', "_", name).strip(". ") or "photo"
    stem, dot, suffix = clean.rpartition(".")
    if not dot or not stem or len(suffix) > 10:
        stem, suffix = clean, ""
    limit = NAME_LIMIT_BYTES - len(suffix.encode()) - 1
    stem = stem.encode()[:limit].decode(errors="ignore")
    return stem, f".{suffix}" if suffix else ""


def numbering() -> Iterable[str]:
    """'', ' (2)', ' (3)', ..."""
    yield ""
    number = 2
    while True:
        yield f" ({number})"
        number += 1


def first_free(files: Iterable[Path], taken: Callable[[Path], bool]) -> Path:
    """The first of endlessly many names that is not taken."""
    return next(file for file in files if not taken(file))


def _agreed(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM consent)").fetchone()[0])
