"""Recordings as they lie in their folder: whoever lists it knows what there is.

    <camera>/<first seven digits of the start: 17 minutes>/<start, ms since 1970>.mp4

A file is a piece of some ten seconds that plays by itself (fragmented MP4) and may be read while it
is written. It ends when it was written last, which is its own time of change; so nothing is lost
with a database, and a process that is killed leaves nothing to mend. While the time is unknown,
pieces are called `unknown-<number>.mp4` in a folder `unknown`.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SUFFIX = ".mp4"
UNKNOWN = "unknown"
FOLDER_DIGITS = 7
"""Of the 13 digits of a start: a folder holds 10^6 ms."""
FOLDER_MS = 10 ** (13 - FOLDER_DIGITS)
LONGEST_PIECE_MS = 120_000
_NAME = re.compile(r"(\d{13})\.mp4")
_FOLDER = re.compile(r"\d{7}")


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


def name_of(start_ms: int) -> str:
    """Below the camera's folder."""
    digits = f"{start_ms:013d}"
    return f"{digits[:FOLDER_DIGITS]}/{digits}{SUFFIX}"


def pieces(folder: Path, from_ms: int = 0, to_ms: int = 10**13) -> Iterator[Piece]:
    """A camera's pieces of known time that overlap a span, in order."""
    first = (from_ms - LONGEST_PIECE_MS) // FOLDER_MS
    last = to_ms // FOLDER_MS
    for name in sorted(_names(folder)):
        if not _FOLDER.fullmatch(name) or not first <= int(name) <= last:
            continue
        for file in sorted(_names(folder / name)):
            found = _NAME.fullmatch(file)
            if found is None or int(found[1]) >= to_ms:
                continue
            piece = _piece(folder / name / file, int(found[1]))
            if piece is not None and piece.end_ms > from_ms:
                yield piece


def all_pieces(folder: Path) -> Iterator[Piece]:
    """Every piece of a camera, those of unknown time first."""
    for file in sorted(_names(folder / UNKNOWN)):
        if file.endswith(SUFFIX):
            piece = _piece(folder / UNKNOWN / file, 0)
            if piece is not None:
                yield piece
    yield from pieces(folder)


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
