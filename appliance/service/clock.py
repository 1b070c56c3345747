"""Time as the box knows it: durations always, the time of day only once something has set the
clock."""

import time
from datetime import UTC, datetime
from typing import Protocol

BUILD_DATE = datetime(2026, 11, 1, tzinfo=UTC)
"""Moved at each release. A box without a clock chip boots in 1970 or at the last shutdown of its
image; no time before this date can be true."""


class Clock(Protocol):
    """What domain code takes instead of calling the system's clock."""

    def now(self) -> datetime | None:
        """The time in UTC; None while it is unknown."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary instant, never going back: for durations."""


def timestamp(moment: datetime | None) -> str:
    """`2026-11-23T17:00:00Z`, text that sorts as time does; '' for a time that is unknown."""
    return (
        moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        if moment
        else ""
    )


class SystemClock:
    """The clock of the machine."""

    def __init__(self, earliest: datetime = BUILD_DATE) -> None:
        self._earliest = earliest

    def now(self) -> datetime | None:
        now = datetime.now(UTC)
        return now if now >= self._earliest else None

    def monotonic(self) -> float:
        return time.monotonic()
