"""What others may read of albums: plain functions on a read-only connection.

    reader = open_library(paths.albums)
    for day in days(reader): ...

Times are ISO 8601. Coordinates of faces are shares (0-1) of the upright picture. Files are named below the
albums folder (`thumbnails/...`, `crops/...`, `previews/...`) or the library folder (originals).
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

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
    """Wall time where it was taken; None when unknown."""
    utc_offset_minutes: int | None
    imported_at: str
    colour: str
    """The mean colour, `#rrggbb`: what to show until the thumbnail is there."""
    thumbnail: str
    preview: str
    """Made when first asked for (`MakePreview`), so it may not exist yet."""


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
    crop: str
    """A square crop below the albums folder."""
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
    from appliance.albums.schema import SCHEMA

    return open_reader(folder / DATABASE, SCHEMA)
