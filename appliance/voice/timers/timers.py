"""Kitchen timers, on a clock that nobody sets."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

TIMER_LIMIT = 20
LONGEST_S = 100 * 3600.0


@dataclass
class Timer:
    """One that runs or is paused."""

    length_s: float
    ends_s: float
    """On the clock; while paused, what remains is kept in `remaining_s`."""
    remaining_s: float | None = None
    ends_at: datetime | None = None
    """What an earlier boot of the box said about its end, until the time of day is known."""

    def left_s(self, now_s: float) -> float:
        return self.ends_s - now_s if self.remaining_s is None else self.remaining_s


class Timers:
    """Commands without a name mean the timer that ends first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` is monotonic."""
        self.on_change: Callable[[], None] = lambda: None
        """Called when a timer was started, changed or cancelled."""
        self._clock = clock
        self._timers: list[Timer] = []

    @property
    def all(self) -> tuple[Timer, ...]:
        return tuple(self._timers)

    def restore(self, timers: Iterable[Timer]) -> None:
        """Adds those of an earlier process."""
        self._timers.extend(timers)

    def start(self, length_s: float) -> bool:
        """False when there are too many, or it is too long."""
        if len(self._timers) >= TIMER_LIMIT or not 0 < length_s <= LONGEST_S:
            return False
        self._timers.append(Timer(length_s, self._clock() + length_s))
        self.on_change()
        return True

    def left_s(self) -> float | None:
        """What remains of the first; None when there is none."""
        timer = self._first()
        return None if timer is None else max(0.0, timer.left_s(self._clock()))

    def cancel(self) -> bool:
        timer = self._first()
        if timer is not None:
            self._timers.remove(timer)
            self.on_change()
        return timer is not None

    def change(self, by_s: float) -> bool:
        """Makes the first longer or shorter; false when there is none."""
        timer = self._first()
        if timer is None:
            return False
        if timer.remaining_s is None:
            timer.ends_s += by_s
        else:
            timer.remaining_s += by_s
        if timer.ends_at is not None:
            timer.ends_at += timedelta(seconds=by_s)
        self.on_change()
        return True

    def pause(self) -> bool:
        """False when none runs."""
        timer = self._first(paused=False)
        if timer is not None:
            timer.remaining_s = timer.left_s(self._clock())
            timer.ends_at = None
            self.on_change()
        return timer is not None

    def resume(self) -> bool:
        """False when none is paused."""
        timer = self._first(paused=True)
        if timer is not None and timer.remaining_s is not None:
            timer.ends_s = self._clock() + timer.remaining_s
            timer.remaining_s = None
            self.on_change()
        return timer is not None

    def correct(self, now: datetime) -> bool:
        """Takes the ends that an earlier boot noted, now that the time of day is known; whether
        there were any."""
        waiting = [timer for timer in self._timers if timer.ends_at is not None]
        for timer in waiting:
            if timer.ends_at is not None:
                timer.ends_s = self._clock() + (timer.ends_at - now).total_seconds()
                timer.ends_at = None
        return bool(waiting)

    def next_end_s(self) -> float | None:
        """When the next one ends, on the clock; None when none runs."""
        return min((each.ends_s for each in self._timers if each.remaining_s is None), default=None)

    def take_ended(self) -> list[Timer]:
        """Those that have ended since the last call."""
        now_s = self._clock()
        ended = [each for each in self._timers if each.remaining_s is None and each.ends_s <= now_s]
        self._timers = [each for each in self._timers if each not in ended]
        return ended

    def _first(self, *, paused: bool | None = None) -> Timer | None:
        now_s = self._clock()
        found = [
            each
            for each in self._timers
            if paused is None or (each.remaining_s is not None) is paused
        ]
        return min(found, key=lambda each: each.left_s(now_s), default=None)
