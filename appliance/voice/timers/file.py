"""Timers on the disk, so that a restart or a power cut does not burn the cake.

Within one boot the monotonic clock goes on from process to process and timers are exact. After a
reboot the time of day decides; while that is unknown a timer runs on with what was left of it when
it was written down: it may end late, but is not lost.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from appliance.service.durable import make_folder, write_file
from appliance.voice.timers.timers import LONGEST_S, TIMER_LIMIT, Timer

FILE = "timers.json"
VERSION = 1
BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Random for each boot (random(4))."""


class _SavedTimer(msgspec.Struct, frozen=True):
    length_s: float
    left_s: float
    paused: bool
    ends_s: float
    ends_at: datetime | None


class _Saved(msgspec.Struct, frozen=True):
    boot: str
    timers: list[_SavedTimer]
    version: int = VERSION


class TimerFile:
    """One file with all timers."""

    def __init__(self, folder: Path, boot: str) -> None:
        """`boot` is another text after each boot, empty when it is unknown."""
        self._path = folder / FILE
        self._boot = boot

    def write(self, timers: Iterable[Timer], now_s: float, now: datetime | None) -> None:
        """Returns when they are on the disk. Raises OSError."""
        saved = [
            _SavedTimer(
                timer.length_s,
                timer.left_s(now_s),
                timer.remaining_s is not None,
                timer.ends_s,
                _end(timer, now_s, now),
            )
            for timer in timers
        ]
        make_folder(self._path.parent)
        write_file(self._path, msgspec.json.encode(_Saved(self._boot, saved)))

    def read(self, now_s: float, now: datetime | None) -> list[Timer]:
        """Those of an earlier process, on the clock of this one; none when there is no file.

        Raises OSError and msgspec.MsgspecError for a file that is none of ours.
        """
        try:
            saved = msgspec.json.decode(self._path.read_bytes(), type=_Saved)
        except FileNotFoundError:
            return []
        if saved.version != VERSION:
            raise msgspec.ValidationError(f"version {saved.version}")
        same_boot = bool(self._boot) and saved.boot == self._boot
        return [
            self._restored(each, now_s, now, same_boot)
            for each in saved.timers[:TIMER_LIMIT]
            if 0 < each.length_s <= LONGEST_S
        ]

    def _restored(
        self, saved: _SavedTimer, now_s: float, now: datetime | None, same_boot: bool
    ) -> Timer:
        if saved.paused:
            return Timer(saved.length_s, now_s + saved.left_s, saved.left_s)
        if same_boot:
            return Timer(saved.length_s, saved.ends_s)
        if saved.ends_at is not None and now is not None:
            return Timer(saved.length_s, now_s + (saved.ends_at - now).total_seconds())
        return Timer(saved.length_s, now_s + saved.left_s, ends_at=saved.ends_at)


def _end(timer: Timer, now_s: float, now: datetime | None) -> datetime | None:
    if timer.remaining_s is not None:
        return None
    return timer.ends_at if now is None else now + timedelta(seconds=timer.left_s(now_s))


def boot_id(path: Path = BOOT) -> str:
    """Empty where the kernel does not say it."""
    try:
        return path.read_text("ascii").strip()
    except OSError:
        return ""
