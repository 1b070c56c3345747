"""What is kept and what goes: by age, then by how dull it is, so that the disk never fills up."""

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from appliance.camera.events.journal import Journal
from appliance.camera.events.tracker import OPEN_SCORE
from appliance.camera.footage.recordings import Piece, all_pieces
from appliance.camera.queries import CLIPS, RECORDINGS, SNAPSHOTS, Event, Minute

MINUTE_MS = 60_000
DAY_MS = 86_400_000
FRESH_MS = 10 * MINUTE_MS
"""What is younger is not looked at for dullness: clips are still cut from it."""
UNKEPT_MS = 5 * MINUTE_MS
"""How long recordings are there at all when only clips are kept."""
SLACK = 0.95
"""Of what is allowed, what is left: room for what is written until the next time."""
EVENTS_AT_ONCE = 50


@dataclass(frozen=True)
class Limits:
    days: int
    event_days: int
    size_bytes: int
    """Of recordings, clips and snapshots together."""
    reserve_bytes: int
    """What the disk shall have free; less than that makes room here."""
    keep_recordings: bool = True


@dataclass(frozen=True)
class Kept:
    """How much there is after all that went."""

    recordings_bytes: int
    clips_bytes: int
    oldest_ms: int | None
    """Of the recordings."""
    deleted: int
    """Files that went this time."""


class Retention:
    """Only the room's own files go. To be called now and then, in a thread."""

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        limits: Limits,
        free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        self._folder = folder
        self._journal = journal
        self._limits = limits
        self._free_bytes = free_bytes

    def enforce(self, now_ms: int | None, needed_from_ms: int | None = None) -> Kept:
        """`now_ms` is None while the time is unknown: then only sizes count. Pieces that overlap
        what is younger than `needed_from_ms` stay: an open event's clip is cut from them."""
        deleted = 0
        if now_ms is not None:
            with suppress(OSError, sqlite3.OperationalError):  # room for it is made below
                deleted += self._forget_old_events(now_ms - self._limits.event_days * DAY_MS)
                self._journal.delete_minutes(now_ms - self._limits.days * DAY_MS)
        pieces = self._pieces()
        if now_ms is not None:
            kept_ms = self._limits.days * DAY_MS if self._limits.keep_recordings else UNKEPT_MS
            oldest_ms = now_ms - kept_ms
            if needed_from_ms is not None:
                oldest_ms = min(oldest_ms, needed_from_ms)
            old = [piece for _, piece in pieces if piece.known and piece.end_ms < oldest_ms]
            deleted += _delete(piece.path for piece in old)
            gone = {piece.path for piece in old}
            pieces = [each for each in pieces if each[1].path not in gone]
        size_bytes = sum(piece.size_bytes for _, piece in pieces)
        clips_bytes = self._clips_bytes()
        excess_bytes = self._excess(size_bytes + clips_bytes)
        if excess_bytes > 0:
            fresh_ms = None if now_ms is None else now_ms - FRESH_MS
            going = self._dullest(pieces, excess_bytes, fresh_ms)
            deleted += _delete(piece.path for piece in going)
            freed_bytes = sum(piece.size_bytes for piece in going)
            size_bytes -= freed_bytes
            if freed_bytes < excess_bytes:
                gone_bytes, count = self._drop_clips(excess_bytes - freed_bytes)
                clips_bytes -= gone_bytes
                deleted += count
            gone = {piece.path for piece in going}
            pieces = [each for each in pieces if each[1].path not in gone]
        self._remove_empty_folders()
        starts = [piece.start_ms for _, piece in pieces if piece.known]
        return Kept(size_bytes, clips_bytes, min(starts, default=None), deleted)

    def _excess(self, used_bytes: int) -> int:
        excess_bytes = 0
        if used_bytes > self._limits.size_bytes:
            excess_bytes = used_bytes - int(self._limits.size_bytes * SLACK)
        missing_bytes = self._limits.reserve_bytes - self._free_bytes(self._folder)
        if missing_bytes > 0:
            excess_bytes = max(excess_bytes, missing_bytes + self._limits.reserve_bytes // 10)
        return min(excess_bytes, used_bytes)

    def _pieces(self) -> list[tuple[str, Piece]]:
        return [
            (folder.name, piece)
            for folder in _folders(self._folder / RECORDINGS)
            for piece in all_pieces(folder)
        ]

    def _dullest(
        self, pieces: Sequence[tuple[str, Piece]], excess_bytes: int, fresh_ms: int | None
    ) -> list[Piece]:
        """Nothing moved and nobody was there before something moved or somebody sat still, before
        something was unusual; each the oldest first."""
        lively = {camera: self._lively(camera) for camera in {each for each, _ in pieces}}
        ranked = sorted(
            (
                (_liveliness(piece, lively[camera]), piece.start_ms, piece)
                for camera, piece in pieces
                if fresh_ms is None or piece.end_ms < fresh_ms
            ),
            key=lambda each: each[:2],
        )
        going: list[Piece] = []
        freed_bytes = 0
        for _, _, piece in ranked:
            if freed_bytes >= excess_bytes:
                break
            going.append(piece)
            freed_bytes += piece.size_bytes
        return going

    def _lively(self, camera: str) -> dict[int, Minute]:
        """Empty where the database cannot be opened for want of room: then the oldest go first."""
        with suppress(OSError, sqlite3.OperationalError):
            return self._journal.lively(camera)
        return {}

    def _drop_clips(self, excess_bytes: int) -> tuple[int, int]:
        """Bytes and files; the events stay, without their clips."""
        freed_bytes = count = 0
        while freed_bytes < excess_bytes:
            events = self._journal.dullest_events(EVENTS_AT_ONCE)
            if not events:
                break
            for event in events:
                if freed_bytes >= excess_bytes:
                    break
                path = self._folder / event.clip
                with suppress(OSError):
                    freed_bytes += path.stat().st_size
                count += _delete([path])  # first: a full disk takes nothing more before
                self._journal.set_clip(event.id, "")
        return freed_bytes, count

    def _forget_old_events(self, before_ms: int) -> int:
        """Files first: nobody would find them any more once their rows are gone."""
        events = self._journal.old_events(before_ms)
        deleted = _delete(path for event in events for path in self._files(event))
        self._journal.delete_events([event.id for event in events])
        return deleted

    def _files(self, event: Event) -> list[Path]:
        return [self._folder / file for file in (event.clip, event.snapshot) if file]

    def _clips_bytes(self) -> int:
        total = 0
        for name in (CLIPS, SNAPSHOTS):
            with suppress(OSError):
                for path in (self._folder / name).iterdir():
                    with suppress(OSError):
                        total += path.stat().st_size
        return total

    def _remove_empty_folders(self) -> None:
        for camera in _folders(self._folder / RECORDINGS):
            for folder in _folders(camera):
                with suppress(OSError):  # not empty
                    folder.rmdir()


def _liveliness(piece: Piece, lively: dict[int, Minute]) -> int:
    """0: nothing moved, nobody was there; 1: one of both; 2: something was unusual around then."""
    rank = 0
    first = piece.start_ms - piece.start_ms % MINUTE_MS
    for start_ms in range(first, piece.end_ms + 1, MINUTE_MS):
        minute = lively.get(start_ms)
        if minute is not None:
            alive = minute.moving_s > 0 or minute.present_s > 0
            rank = max(rank, 2 if minute.score >= OPEN_SCORE else 1 if alive else 0)
    return rank


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []


def _delete(paths: Iterable[Path]) -> int:
    count = 0
    for path in paths:
        with suppress(OSError):
            path.unlink()
            count += 1
    return count
