"""The photos of the library: their rows and files, as their owner writes them.

A photo is `pending` from before its file moves into the library until everything made from it is
durable. So whatever instant the power goes at, the rows say what is left to do.
"""

import os
import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from appliance.albums.capture import Moment
from appliance.albums.faces import FoundFace, Rectangle
from appliance.albums.grouping import Grouping
from appliance.albums.people import Observation
from appliance.albums.queries import derived_file, thumbnail_file
from appliance.service.clock import Clock, timestamp
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
    """`inbox`, `upload`, `demo`, `library` or `quarantine`."""
    colour: str
    whole: bool = True
    """Whether the picture could be opened as a whole."""


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
    sample: bool = False
    """Whether it is of the demo library, whose faces are compared without being asked for."""


@dataclass(frozen=True)
class KnownBox:
    """A place on a photo where no further face is to be added."""

    box: Rectangle
    unread: int | None
    """The face there, if it has no vector: it lost that when the household disagreed once."""


@dataclass(frozen=True, eq=False)
class SeenFace:
    """A face of a photo that was searched."""

    found: FoundFace
    crop: str
    """Its picture below the albums folder."""
    known: int | None = None
    """The row it has already; None for a new face."""


@dataclass(frozen=True)
class Search:
    """What looking for faces on a photo has brought."""

    detector: str
    embedder: str
    faces: tuple[SeenFace, ...]


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
        """Complete photos on which nobody looked for faces although that is allowed, the newest
        first."""
        with self._database.reading() as connection:
            agreed, samples = _agreed(connection), _may_compare(connection, sample=True)
        return self._all(
            """SELECT * FROM photo WHERE state = 'complete' AND searched_by IS NULL
            AND (?1 OR (?2 AND source = 'demo')) ORDER BY id DESC LIMIT ?3""",
            agreed,
            samples,
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
        imported_at = timestamp(self._clock.now())
        with self._database.transaction() as connection:
            photo = connection.execute(
                """INSERT INTO photo (state, sha256, name, file, format, size_bytes, width, height,
                    taken_at, utc_offset_minutes, day, imported_at, source, colour, whole)
                VALUES ('pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
                (
                    *(new.sha256, new.name, str(file), new.format, new.size_bytes),
                    *(new.width, new.height, new.moment.taken_at, new.moment.utc_offset_minutes),
                    *(new.moment.day, imported_at, new.source, new.colour, new.whole),
                ),
            ).lastrowid
        sample = new.source == "demo"
        return StoredPhoto(photo or 0, new.sha256, new.name, str(file), False, False, sample)

    def complete(self, photo: StoredPhoto, search: Search | None) -> list[int]:
        """One transaction: faces, embeddings, people, and the photo is there. Returns its people.

        `search` is None when nobody looked for faces.
        """
        with self._grouping.changing() as connection:
            if search is not None and _may_compare(connection, sample=photo.sample):
                self._add_faces(connection, photo.id, search)
            elif search is not None:  # the household has just disagreed
                remove_later(connection, [face.crop for face in search.faces])
            connection.execute(
                "UPDATE photo SET state = 'complete', attempts = 0 WHERE id = ?", (photo.id,)
            )
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

    def begin_again(self, photo: StoredPhoto) -> int:
        """Notes one more attempt, durably, before it is made; how many that are."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "UPDATE photo SET attempts = attempts + 1 WHERE id = ? RETURNING attempts",
                (photo.id,),
            ).fetchone()
        return 0 if row is None else int(row["attempts"])

    def mark_searched(self, photo: StoredPhoto, by: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("UPDATE photo SET searched_by = ? WHERE id = ?", (by, photo.id))

    def known_boxes(self, photo: StoredPhoto) -> list[KnownBox]:
        """Where faces have rows, and where people were forgotten."""
        with self._database.reading() as connection:
            rows = connection.execute(
                """SELECT x, y, width, height, iif(model IS NULL, face.id, NULL) FROM face
                    LEFT JOIN embedding ON embedding.face = face.id WHERE photo = :photo
                UNION ALL SELECT x, y, width, height, NULL FROM forgotten WHERE photo = :photo""",
                {"photo": photo.id},
            ).fetchall()
        return [KnownBox(Rectangle(*row[:4]), row[4]) for row in rows]

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

    def may_compare(self, *, sample: bool) -> bool:
        """Whether faces may be compared: once the household agreed; those of the demo library as
        long as it has not said no. With `sample`, False also when no photo is of that library."""
        with self._database.reading() as connection:
            return _may_compare(connection, sample=sample)

    def agreed(self) -> bool:
        """Whether the household agreed to faces being grouped."""
        with self._database.reading() as connection:
            return _agreed(connection)

    def _choose_file(self, new: NewPhoto) -> Path:
        """A free place for the original: the month it was taken in, else of its import."""
        month = (new.moment.day or timestamp(self._clock.now()))[:7]
        folder = Path(month.replace("-", "/")) if month else Path(UNDATED)
        stem, suffix = split_name(new.name)
        return first_free(
            (folder / f"{stem}{number}{suffix}" for number in numbering()),
            lambda file: self.knows_file(str(file)) or os.path.lexists(self.originals / file),
        )

    def _add_faces(self, connection: sqlite3.Connection, photo: int, search: Search) -> None:
        back = [seen for seen in search.faces if seen.known is not None]
        for seen in back:
            self._write_face(connection, photo, seen, search.embedder)
        if back:
            self._grouping.reload()  # people get back a face that grouping did not know
        new = [
            Observation(
                self._write_face(connection, photo, seen, search.embedder),
                *(seen.found.vector, seen.found.quality, photo),
            )
            for seen in search.faces
            if seen.known is None
        ]
        if search.embedder == self._grouping.model:
            self._grouping.add(connection, new)
        connection.execute(
            "UPDATE photo SET searched_by = ? WHERE id = ?", (search.detector, photo)
        )

    def _write_face(
        self, connection: sqlite3.Connection, photo: int, seen: SeenFace, embedder: str
    ) -> int:
        """The row's id, with its vector beside it."""
        face = seen.known
        if face is None:
            face = self._insert_face(connection, photo, seen)
        else:
            connection.execute(
                "UPDATE face SET landmarks = ?, quality = ?, crop = ? WHERE id = ?",
                (seen.found.landmarks.tobytes(), seen.found.quality, seen.crop, face),
            )
        connection.execute(
            "INSERT INTO embedding (face, model, vector) VALUES (?, ?, ?)",
            (face, embedder, seen.found.vector.astype("float16").tobytes()),
        )
        return face

    def _insert_face(self, connection: sqlite3.Connection, photo: int, seen: SeenFace) -> int:
        found, box = seen.found, seen.found.box
        row = connection.execute(
            """INSERT INTO face (photo, x, y, width, height, landmarks, score, quality, crop,
                found_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                *(photo, box.x, box.y, box.width, box.height, found.landmarks.tobytes()),
                *(found.score, found.quality, seen.crop, timestamp(self._clock.now())),
            ),
        ).lastrowid
        return row or 0

    def _one(self, query: str, *values: object) -> StoredPhoto | None:
        return next(iter(self._all(query, *values)), None)

    def _all(self, query: str, *values: object) -> list[StoredPhoto]:
        with self._database.reading() as connection:
            rows = connection.execute(query, values).fetchall()
        return [
            StoredPhoto(
                *(row["id"], row["sha256"], row["name"], row["file"], row["state"] == "complete"),
                searched=row["searched_by"] is not None,
                sample=row["source"] == "demo",
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


def _may_compare(connection: sqlite3.Connection, *, sample: bool) -> bool:
    if not sample or _agreed(connection):
        return _agreed(connection)
    query = """SELECT EXISTS (SELECT 1 FROM photo WHERE source = 'demo')
        AND NOT EXISTS (SELECT 1 FROM journal WHERE action = 'disagree')"""
    return bool(connection.execute(query).fetchone()[0])
