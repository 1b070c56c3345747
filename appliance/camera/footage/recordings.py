"""Recordings as they lie in their folder: whoever lists it knows what there is.

    <camera>/<first seven digits of the start: 17 minutes>/<start, ms since 1970>.mp4

A file is a piece of some ten seconds that plays by itself (fragmented MP4) and may be read while it
is written. It ends when it was written last, which is its own time of change; so nothing is lost
with a database, and a process that is killed leaves nothing to mend. While the time is unknown,
pieces are called `unknown-<number>.mp4` in a folder `unknown`.
"""

import datetime as dt
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

SUFFIX = ".mp4"
UNKNOWN = "unknown"
FOLDER_DIGITS = 7
"""Of the 13 digits of a start: a folder holds 10^6 ms."""
FOLDER_MS = 10 ** (13 - FOLDER_DIGITS)
LONGEST_PIECE_MS = 120_000
USUAL_PIECE_MS = 20_000
"""What begins within this time after a piece began follows it at once: a piece lasts ten seconds,
and then until the next key frame."""
_NAME = re.compile(r"(\d{13})\.mp4")
_FOLDER = re.compile(r"\d{7}")
_BOX = struct.Struct(">I4s")
"""Length, this head included, and kind."""


@dataclass(frozen=True)
class Piece:
    """A file of a recording."""

    path: Path
    start_ms: int
    """Since 1970; 0 while the time was unknown."""
    end_ms: int
    """So far; of the last piece it grows while it is written."""
    size_bytes: int

    @property
    def known(self) -> bool:
        """Whether the box knew the time when it was recorded."""
        return self.start_ms > 0


@dataclass(frozen=True)
class Span:
    """From when to when something was recorded, ms since 1970."""

    start_ms: int
    end_ms: int


def name_of(start_ms: int) -> str:
    """Below the camera's folder."""
    digits = f"{start_ms:013d}"
    return f"{digits[:FOLDER_DIGITS]}/{digits}{SUFFIX}"


def pieces(folder: Path, from_ms: int = 0, to_ms: int = 10**13) -> Iterator[Piece]:
    """A camera's pieces of known time that overlap a span, in order."""
    for start_ms in _starts(folder, from_ms - LONGEST_PIECE_MS, to_ms):
        piece = find_piece(folder, start_ms)
        if piece is not None and piece.end_ms > from_ms:
            yield piece


def find_piece(folder: Path, start_ms: int) -> Piece | None:
    """The piece of a camera that begins then; None when there is none (any more)."""
    return _piece(folder / name_of(start_ms), start_ms)


def spans(folder: Path, from_ms: int, to_ms: int) -> list[Span]:
    """When each of the pieces that overlap a span of time begins and ends, in order.

    Names are enough for a piece that another one follows at once; only what a gap follows is looked
    up. So gaps that are shorter than `USUAL_PIECE_MS` are not seen.
    """
    starts = list(_starts(folder, from_ms - LONGEST_PIECE_MS, to_ms))
    found = []
    for start_ms, next_ms in pairwise([*starts, 10**13]):
        if next_ms - start_ms <= USUAL_PIECE_MS:
            end_ms = next_ms
        else:
            piece = find_piece(folder, start_ms)
            if piece is None:
                continue
            end_ms = min(piece.end_ms, next_ms)
        if end_ms > from_ms:
            found.append(Span(start_ms, end_ms))
    return found


def days(folder: Path) -> list[dt.date]:
    """The days, where the box stands, on which pieces of a camera begin, in order; of most folders
    their names say it."""
    found = set()
    for name in _names(folder):
        if not _FOLDER.fullmatch(name):
            continue
        begin_ms = int(name) * FOLDER_MS
        first, last = _day(begin_ms), _day(begin_ms + FOLDER_MS - 1)
        if first == last:
            found.add(first)
        else:
            found |= {_day(start) for start in _starts(folder, begin_ms, begin_ms + FOLDER_MS)}
    return sorted(found)


def count_whole_bytes(path: Path) -> int:
    """How much of a piece can be played: up to the end of its last whole fragment. What follows is
    being written, or was when the recorder was killed; players stumble over it.

    Boxes of ISO/IEC 14496-12, 4.2. Raises OSError.
    """
    at = whole = 0
    with path.open("rb") as file:
        size_bytes = os.fstat(file.fileno()).st_size
        while at < size_bytes:
            file.seek(at)
            head = file.read(_BOX.size)
            if len(head) < _BOX.size:
                break
            length, kind = _BOX.unpack(head)
            at += length
            if length < _BOX.size or at > size_bytes:
                break
            if kind != b"moof":  # its pictures stand in the next box
                whole = at
    return whole


def all_pieces(folder: Path) -> Iterator[Piece]:
    """Every piece of a camera, those of unknown time first."""
    for file in sorted(_names(folder / UNKNOWN)):
        if file.endswith(SUFFIX):
            piece = _piece(folder / UNKNOWN / file, 0)
            if piece is not None:
                yield piece
    yield from pieces(folder)


def _starts(folder: Path, from_ms: int, to_ms: int) -> Iterator[int]:
    """When a camera's pieces begin that begin within a span, in order; no file is opened."""
    first, last = from_ms // FOLDER_MS, to_ms // FOLDER_MS
    for name in sorted(_names(folder)):
        if not _FOLDER.fullmatch(name) or not first <= int(name) <= last:
            continue
        for file in sorted(_names(folder / name)):
            found = _NAME.fullmatch(file)
            if found and file.startswith(name) and from_ms <= int(found[1]) < to_ms:
                yield int(found[1])


def _day(at_ms: int) -> dt.date:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).astimezone().date()


def _piece(path: Path, start_ms: int) -> Piece | None:
    try:
        status = path.stat()
    except OSError:
        return None  # deleted meanwhile
    end_ms = max(start_ms, status.st_mtime_ns // 1_000_000)
    if start_ms:
        end_ms = min(end_ms, start_ms + LONGEST_PIECE_MS)
    return Piece(path, start_ms, end_ms, status.st_size)


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 # names are enough, and there are many
    except OSError:
        return []
