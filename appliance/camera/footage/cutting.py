"""Clips of events, cut in a process of their own and put into place durably."""

import asyncio
import errno
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from appliance.camera.box import Box
from appliance.camera.footage.recordings import Piece
from appliance.service.durable import TEMPORARY_PREFIX, make_folder, move_file

NO_ROOM = 4
"""What the child ends with when the disk is full."""
CHILD = "appliance.camera.footage.clip_child"
LIMIT_S = 60.0
STILL_LIMIT_BYTES = 1_900_000
"""Less than what `albums/identify` takes."""
PRE_ROLL_MS = POST_ROLL_MS = 5_000


async def cut_clip(pieces: Sequence[Piece], from_ms: int, to_ms: int, target: Path) -> bool:
    """Whether there is a clip now; not when nothing was recorded, or what was cannot be read.

    Raises OSError when the disk does not take it.
    """
    if not pieces:
        return False
    return await asyncio.to_thread(_cut, pieces, from_ms, to_ms, target)


async def take_still(pieces: Sequence[Piece], at_ms: int, place: Box) -> bytes | None:
    """A JPEG of a place at that moment; None when nothing was recorded, or it cannot be read.

    Raises OSError.
    """
    return await asyncio.to_thread(_take_still, pieces, at_ms, place) if pieces else None


def _take_still(pieces: Sequence[Piece], at_ms: int, place: Box) -> bytes | None:
    descriptor = os.memfd_create("still", os.MFD_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        box = f"{place.x},{place.y},{place.width},{place.height}"
        if not _run(descriptor, ["still", str(at_ms), box], pieces):
            return None
        file.seek(0)
        return file.read(STILL_LIMIT_BYTES) or None


def _run(descriptor: int, words: list[str], pieces: Sequence[Piece]) -> bool:
    """Whether the child has written what was asked for. Raises OSError when the disk is full."""
    try:
        done = subprocess.run(  # noqa: S603 # our own interpreter and module
            [
                *(sys.executable, "-m", CHILD, str(descriptor), *words),
                *(f"{piece.start_ms}:{piece.path}" for piece in pieces),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(descriptor,),
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    if done.returncode == NO_ROOM:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return done.returncode == 0


def _cut(pieces: Sequence[Piece], from_ms: int, to_ms: int, target: Path) -> bool:
    make_folder(target.parent)
    temporary = target.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
    try:
        if not _run(descriptor, ["clip", str(from_ms), str(to_ms)], pieces):
            return False
        if os.fstat(descriptor).st_size == 0:
            return False
        move_file(temporary, target)
        return True
    finally:
        os.close(descriptor)
        temporary.unlink(missing_ok=True)
