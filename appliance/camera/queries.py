"""What others may read of the camera room: events, recordings, how much moved, what was learned.

    with opened(paths.camera) as reader:
        for event in events(reader, Filter(camera="front_door"), limit=50): ...

A connection is for one short reading. Files are named below the camera folder; one that is gone was
deleted meanwhile, as recordings and events are when they are old or the disk is full.
"""

import datetime as dt
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.camera.events.schema import SCHEMA
from appliance.camera.footage.recordings import Piece as Piece
from appliance.camera.footage.recordings import Span as Span
from appliance.camera.footage.recordings import (
    count_whole_bytes,
    days,
    find_piece,
    pieces,
    spans,
)
from appliance.service.database import open_reader

DATABASE = "events.sqlite3"
RECORDINGS = "recordings"
CLIPS = "clips"
SNAPSHOTS = "snapshots"
LEARNED = "learned"
PERSON = "person:"
"""Before the id, in `Event.who`."""
NOBODY = "unknown"
"""`Event.who` of a face that is nobody's in the albums."""


@dataclass(frozen=True)
class Event:
    """Something unusual that a camera saw."""

    number: int
    """Rises as events happen, whatever the clock said."""
    id: str
    camera: str
    """The camera's key; it may not be set up any more."""
    camera_name: str
    start_ms: int
    """Since 1970; 0 when the box did not know the time."""
    end_ms: int
    """So far, while it is open; 0 as above."""
    open: bool
    score: float
    """0.5 to 1."""
    kind: str
    """`person`, `vehicle`, `bicycle`, `animal`, `other`; empty when it is not known."""
    cause: str
    """`speed`, `direction`, `kind`, `place`, ...: in which respect it is unusual."""
    sentence: str
    """Why, for people."""
    place: tuple[float, float, float, float] | None
    """Left, top, width, height in fractions of the picture."""
    snapshot: str
    """A JPEG below the camera folder; empty while there is none."""
    clip: str
    """An MP4 below the camera folder; empty while there is none, or when nothing was recorded."""
    who: str
    """`person:<id in albums>` of who was recognised, `unknown` of a face that is nobody's there;
    empty when no face was seen or nobody may compare. Names are kept in albums only."""
    verdict: str
    """What the household said of it: `normal`, `always`, or nothing."""


@dataclass(frozen=True)
class Filter:
    """Which events; empty means any."""

    camera: str = ""
    kind: str = ""
    cause: str = ""
    verdict: str = ""
    from_ms: int = 0
    to_ms: int = 0
    least_score: float = 0.0


@dataclass(frozen=True)
class Minute:
    """How lively a minute was."""

    start_ms: int
    score: float
    """Of its most unusual moment."""
    moving_s: float
    present_s: float = 0.0
    """In which somebody was there and nothing moved."""


@dataclass(frozen=True)
class Known:
    """A camera that is set up."""

    key: str
    name: str


@dataclass(frozen=True)
class Kept:
    """How much there is."""

    events: int
    open: int


@contextmanager
def opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """`folder` is the camera room's. Raises DatabaseMissing, SchemaMismatch."""
    with closing(open_reader(folder / DATABASE, SCHEMA)) as reader:
        yield reader


def events(
    reader: sqlite3.Connection, wanted: Filter | None = None, *, limit: int = 50, before: int = 0
) -> list[Event]:
    """The newest first; `before` is the number after which a next page begins."""
    wanted = wanted or Filter()
    conditions: list[tuple[str, object]] = [
        ("camera = ?", wanted.camera),
        ("kind = ?", wanted.kind),
        ("cause = ?", wanted.cause),
        ("verdict = ?", wanted.verdict),
        ("end_ms >= ?", wanted.from_ms),
        ("start_ms < ?", wanted.to_ms),
        ("score >= ?", wanted.least_score),
        ("number < ?", before),
    ]
    used = [(text, value) for text, value in conditions if value]
    where = " AND ".join(["1", *(text for text, _ in used)])
    rows = reader.execute(
        f"SELECT * FROM event WHERE {where} ORDER BY number DESC LIMIT ?",  # noqa: S608 # our own words
        [*(value for _, value in used), limit],
    )
    return [event_of(row) for row in rows]


def find_event(reader: sqlite3.Connection, identifier: str) -> Event | None:
    row = reader.execute("SELECT * FROM event WHERE id = ?", (identifier,)).fetchone()
    return None if row is None else event_of(row)


def neighbours(reader: sqlite3.Connection, event: Event) -> tuple[str | None, str | None]:
    """The ids of the same camera's next newer and next older event."""
    newer = reader.execute(
        "SELECT id FROM event WHERE camera = ? AND number > ? ORDER BY number LIMIT 1",
        (event.camera, event.number),
    ).fetchone()
    older = reader.execute(
        "SELECT id FROM event WHERE camera = ? AND number < ? ORDER BY number DESC LIMIT 1",
        (event.camera, event.number),
    ).fetchone()
    return newer and str(newer["id"]), older and str(older["id"])


def cameras(reader: sqlite3.Connection) -> list[Known]:
    """The cameras that were set up when the room started last, by name."""
    rows = reader.execute("SELECT key, name FROM camera ORDER BY name COLLATE NOCASE")
    return [Known(*row) for row in rows]


def person_of(event: Event) -> int | None:
    """The id in albums of who was recognised."""
    identifier = event.who.removeprefix(PERSON)
    return int(identifier) if event.who.startswith(PERSON) and identifier.isdecimal() else None


def count(reader: sqlite3.Connection) -> Kept:
    row = reader.execute("SELECT count(*), coalesce(sum(open), 0) FROM event").fetchone()
    return Kept(int(row[0]), int(row[1]))


def minutes(reader: sqlite3.Connection, camera: str, from_ms: int, to_ms: int) -> list[Minute]:
    """How lively it was in front of a camera, for a timeline; minutes of nothing are left out. The
    last minute comes late."""
    rows = reader.execute(
        "SELECT minute_ms, score, moving_s, present_s FROM activity"
        " WHERE camera = ? AND minute_ms >= ? AND minute_ms < ? ORDER BY minute_ms",
        (camera, from_ms, to_ms),
    )
    return [Minute(*row) for row in rows]


def armed(reader: sqlite3.Connection) -> dict[str, bool]:
    """What the household has switched, by camera; those that it never switched are not in it."""
    rows = reader.execute("SELECT key, armed FROM camera WHERE armed IS NOT NULL")
    return {key: bool(switched) for key, switched in rows}


def recordings(folder: Path, camera: str, from_ms: int, to_ms: int) -> list[Piece]:
    """The pieces of a recording that overlap a span, in order: to play from a moment, begin with
    the piece that holds it, at (moment - start) into it. Gaps are where nothing was recorded."""
    if not _is_key(camera):
        return []
    return list(pieces(folder / RECORDINGS / camera, from_ms, to_ms))


def recorded(folder: Path, camera: str, from_ms: int, to_ms: int) -> list[Span]:
    """As `recordings`, but only when each piece begins and ends, in order, next to all of it known
    from names: for a whole day at a time. Gaps under 20 s are not told."""
    return spans(folder / RECORDINGS / camera, from_ms, to_ms) if _is_key(camera) else []


def recorded_days(folder: Path, camera: str) -> list[dt.date]:
    """The days, where the box stands, of which there are recordings, in order."""
    return days(folder / RECORDINGS / camera) if _is_key(camera) else []


def find_recording(folder: Path, camera: str, start_ms: int) -> Piece | None:
    """The piece that begins then; None when there is none, as it was deleted."""
    return find_piece(folder / RECORDINGS / camera, start_ms) if _is_key(camera) else None


def playable_bytes(piece: Piece) -> int:
    """How much of a piece is whole: less than its size while it is written, or when the recorder
    was killed. Raises OSError when it was deleted meanwhile."""
    return count_whole_bytes(piece.path)


def last_picture(folder: Path, camera: str) -> Path | None:
    """The picture that was taken last since the box started; None while there is none. `folder` is
    `Paths.camera_pictures`."""
    file = folder / f"{camera}.jpg"
    return file if _is_key(camera) and file.is_file() else None


def learned(folder: Path, camera: str) -> dict[str, Any]:
    """What a camera has learned, as arrays to be drawn over its picture; empty while there is
    nothing. `docs/camera.md` says what the arrays are."""
    if not _is_key(camera):
        return {}
    try:
        found = json.loads((folder / LEARNED / f"{camera}.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def event_of(row: sqlite3.Row) -> Event:
    """For the owner too."""
    place = None if row["x"] is None else (row["x"], row["y"], row["width"], row["height"])
    return Event(
        number=row["number"],
        id=row["id"],
        camera=row["camera"],
        camera_name=row["camera_name"],
        start_ms=row["start_ms"],
        end_ms=row["end_ms"],
        open=bool(row["open"]),
        score=row["score"],
        kind=row["kind"],
        cause=row["cause"],
        sentence=row["sentence"],
        place=place,
        snapshot=row["snapshot"],
        clip=row["clip"],
        who=row["who"],
        verdict=row["verdict"],
    )


def _is_key(camera: str) -> bool:
    return camera.replace("_", "").isalnum() and camera.isascii()
