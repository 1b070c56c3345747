"""What others may read of albums: plain functions on a read-only connection.

    reader = open_library(paths.albums)
    for day in days(reader): ...

Times are ISO 8601, '' or None where the time is unknown. Coordinates of faces are shares (0-1) of
the upright picture. Files are named below the albums folder (`thumbnails/...`, `crops/...`,
`previews/...`) or the library folder (originals).
"""

import json
import sqlite3
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from appliance.albums.schema import SCHEMA
from appliance.service.database import open_reader

DATABASE = "albums.sqlite"


@dataclass(frozen=True)
class Counts:
    photos: int
    people: int
    faces: int
    unknown_faces: int
    pending: int
    quarantined: int
    grouping: bool
    """Whether the household agreed to grouping."""


@dataclass(frozen=True)
class Photo:
    id: int
    name: str
    """As it was called when it came in."""
    original: str
    """Below the library folder."""
    format: str
    """`jpeg`, `png`, `webp`, `heic`, ..."""
    size_bytes: int
    width: int
    """Pixels of the upright picture."""
    height: int
    taken_at: str | None
    """Wall time where it was taken, `2024-07-31T18:05:00`, or `2024-07-31` when only the day is
    known; None when unknown."""
    utc_offset_minutes: int | None
    imported_at: str
    """UTC; '' when the box did not know the time."""
    colour: str
    """The mean colour, `#rrggbb`: what to show until the thumbnail is there."""
    thumbnail: str
    preview: str
    """Made when first asked for (`MakePreview`), so it may not exist yet."""
    whole: bool = True
    """False where the picture was too large to be opened: thumbnail and faces come from a smaller
    picture inside the file, or there are none."""


@dataclass(frozen=True)
class Day:
    """A section of the timeline."""

    day: str | None
    """`2024-07-31`; None for photos whose day is unknown, which come last."""
    photos: int


@dataclass(frozen=True)
class Face:
    id: int
    photo: int
    x: float
    y: float
    width: float
    height: float
    person: int | None
    name: str | None
    crop: str | None
    """A square crop below the albums folder; None when its retention is over."""
    decided_by: str
    """`machine` or `household`."""


@dataclass(frozen=True)
class Person:
    id: int
    name: str | None
    photos: int
    faces: int
    cover: str | None
    """The crop to show; None when the person has no face left."""


@dataclass(frozen=True)
class Suggestion:
    """The machine thinks that these two may be one person; ordered by how sure it is."""

    person: Person
    other: Person
    score: float
    """Cosine similarity."""


@dataclass(frozen=True)
class Entry:
    """A row of the journal: what the household said, newest first."""

    id: int
    at: str
    """UTC; '' when the box did not know the time."""
    action: str
    """`name`, `merge`, `separate`, `remove_face`, `assign_face`, `forget`, `agree`, `disagree`."""
    people: tuple[int, ...]
    name: str | None
    """The name that was given, where the action gives one."""
    undoable: bool
    undone: bool


@dataclass(frozen=True)
class Quarantined:
    id: int
    name: str
    reason: str
    """A sentence for people."""
    mend: str
    at: str


def open_library(folder: Path) -> sqlite3.Connection:
    """Opens the albums database for reading. Raises DatabaseMissing or SchemaMismatch."""
    return open_reader(folder / DATABASE, SCHEMA)


def counts(reader: sqlite3.Connection) -> Counts:
    row = reader.execute(
        """SELECT
            (SELECT coalesce(sum(photos), 0) FROM day),
            (SELECT count(*) FROM person WHERE faces > 0),
            (SELECT coalesce(sum(faces), 0) FROM person WHERE faces > 0),
            (SELECT count(*) FROM face WHERE person IS NULL),
            (SELECT count(*) FROM photo WHERE state = 'pending'),
            (SELECT count(*) FROM quarantine),
            EXISTS (SELECT 1 FROM consent)"""
    ).fetchone()
    photos, people, assigned, unknown, pending, quarantined, grouping = row
    return Counts(photos, people, assigned + unknown, unknown, pending, quarantined, bool(grouping))


def days(reader: sqlite3.Connection) -> list[Day]:
    """Newest first; photos whose day is unknown last."""
    rows = reader.execute("SELECT day, photos FROM day ORDER BY day DESC")
    return [Day(day or None, photos) for day, photos in rows]


def photos_of_day(
    reader: sqlite3.Connection, day: str | None, limit: int = -1, offset: int = 0
) -> list[Photo]:
    """Newest first; `None` is the section of photos whose day is unknown. All with limit -1."""
    return _photos(
        reader.execute(
            """SELECT * FROM shown_photo WHERE day = ?
            ORDER BY taken_at DESC, id DESC LIMIT ? OFFSET ?""",
            (day or "", limit, offset),
        )
    )


def photo(reader: sqlite3.Connection, photo: int) -> Photo | None:
    """A complete photo."""
    rows = reader.execute("SELECT * FROM shown_photo WHERE id = ?", (photo,))
    return next(iter(_photos(rows)), None)


def recent_photos(reader: sqlite3.Connection, limit: int) -> list[Photo]:
    """In the order of import, the newest first."""
    return _photos(
        reader.execute(
            """SELECT * FROM shown_photo
            ORDER BY id DESC LIMIT ?""",
            (limit,),
        )
    )


def neighbours(reader: sqlite3.Connection, photo: int) -> tuple[int | None, int | None]:
    """The next newer and the next older photo of the timeline."""
    here = reader.execute(
        "SELECT day, taken_at, id FROM photo WHERE id = ? AND state = 'complete'", (photo,)
    ).fetchone()
    if here is None:
        return None, None
    newer = reader.execute(
        """SELECT id FROM photo WHERE state = 'complete' AND (day, taken_at, id) > (?, ?, ?)
        ORDER BY day, taken_at, id LIMIT 1""",
        tuple(here),
    ).fetchone()
    older = reader.execute(
        """SELECT id FROM photo WHERE state = 'complete' AND (day, taken_at, id) < (?, ?, ?)
        ORDER BY day DESC, taken_at DESC, id DESC LIMIT 1""",
        tuple(here),
    ).fetchone()
    return (newer[0] if newer else None, older[0] if older else None)


def faces_of_photo(reader: sqlite3.Connection, photo: int) -> list[Face]:
    """From left to right."""
    rows = reader.execute(
        """SELECT * FROM shown_face
        WHERE photo = ? ORDER BY x, id""",
        (photo,),
    )
    return [Face(*row) for row in rows]


def faces_of_person(
    reader: sqlite3.Connection, person: int, limit: int, offset: int = 0
) -> list[Face]:
    """Newest photo first."""
    rows = reader.execute(
        """SELECT * FROM shown_face
        WHERE person = ? ORDER BY photo DESC, id DESC LIMIT ? OFFSET ?""",
        (person, limit, offset),
    )
    return [Face(*row) for row in rows]


def photos_of_person(
    reader: sqlite3.Connection, person: int, limit: int, offset: int = 0
) -> list[Photo]:
    """In the order of the timeline."""
    return _photos(
        reader.execute(
            """SELECT * FROM shown_photo
            WHERE id IN (SELECT photo FROM face WHERE person = ?)
            ORDER BY day DESC, taken_at DESC, id DESC LIMIT ? OFFSET ?""",
            (person, limit, offset),
        )
    )


def people(reader: sqlite3.Connection, limit: int, offset: int = 0) -> list[Person]:
    """Those with a face: the named ones by name, then the others by number of photos."""
    rows = reader.execute(
        """SELECT id, name, photos, faces, cover FROM shown_person WHERE faces > 0
        ORDER BY name IS NULL, name_key, photos DESC, id LIMIT ? OFFSET ?""",
        (limit, offset),
    )
    return [Person(*row) for row in rows]


def find_people(reader: sqlite3.Connection, text: str, limit: int) -> list[Person]:
    """Named people by a part of the name, case and accents aside; beginnings first."""
    key = fold(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = reader.execute(
        """SELECT id, name, photos, faces, cover FROM shown_person
        WHERE name IS NOT NULL AND name_key LIKE '%' || :key || '%' ESCAPE '\\'
        ORDER BY name_key NOT LIKE :key || '%' ESCAPE '\\', name_key, id LIMIT :limit""",
        {"key": key, "limit": limit},
    )
    return [Person(*row) for row in rows]


def person(reader: sqlite3.Connection, person: int) -> Person | None:
    """A person, also one without a face; who was merged by the machine is found as the other."""
    row = reader.execute(
        """SELECT id, name, photos, faces, cover FROM shown_person WHERE id = coalesce(
            (SELECT merged_into FROM alias WHERE alias.person = :person), :person)""",
        {"person": person},
    ).fetchone()
    return Person(*row) if row else None


def suggestions(reader: sqlite3.Connection, limit: int) -> list[Suggestion]:
    """The surest first."""
    rows = reader.execute(
        "SELECT person, other, score FROM suggestion ORDER BY score DESC, person, other LIMIT ?",
        (limit,),
    ).fetchall()
    found = []
    for first, second, score in rows:
        pair = person(reader, first), person(reader, second)
        if pair[0] is not None and pair[1] is not None:
            found.append(Suggestion(pair[0], pair[1], score))
    return found


def journal(reader: sqlite3.Connection, limit: int) -> list[Entry]:
    """Newest first."""
    rows = reader.execute(
        "SELECT id, at, action, detail, undone, final FROM journal ORDER BY id DESC LIMIT ?",
        (limit,),
    )
    return [_entry(*row) for row in rows]


def _entry(entry: int, at: str, action: str, detail: str, undone: int, final: int) -> Entry:
    facts = json.loads(detail)
    return Entry(
        entry,
        at,
        action,
        tuple(facts.get("people", ())),
        facts.get("name"),
        undoable=not undone and not final,
        undone=bool(undone),
    )


def quarantined(reader: sqlite3.Connection) -> list[Quarantined]:
    """Newest first."""
    rows = reader.execute("SELECT id, name, reason, mend, at FROM quarantine ORDER BY id DESC")
    return [Quarantined(*row) for row in rows]


def fold(name: str) -> str:
    """A name without case and accents, as names are sorted and searched by."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).strip()


def derived_file(kind: str, sha256: str, suffix: str) -> str:
    """Where a file made from a photo lies below the albums folder: `thumbnails/ab/abcd....webp`."""
    return f"{kind}/{sha256[:2]}/{sha256[:32]}{suffix}"


def thumbnail_file(sha256: str) -> str:
    return derived_file("thumbnails", sha256, ".webp")


def preview_file(sha256: str) -> str:
    return derived_file("previews", sha256, ".jpg")


def _photos(rows: sqlite3.Cursor) -> list[Photo]:
    return [
        Photo(
            id=row["id"],
            name=row["name"],
            original=row["file"],
            format=row["format"],
            size_bytes=row["size_bytes"],
            width=row["width"],
            height=row["height"],
            taken_at=row["taken_at"] or None,
            utc_offset_minutes=row["utc_offset_minutes"],
            imported_at=row["imported_at"],
            colour=row["colour"],
            thumbnail=thumbnail_file(row["sha256"]),
            preview=preview_file(row["sha256"]),
            whole=bool(row["whole"]),
        )
        for row in rows
    ]
