"""When, on the clock of the box, a picture of a stream was taken."""

from collections.abc import Callable

DRIFT = 1e-3
"""How fast the clocks of camera and box may part, seconds a second."""


class Alignment:
    """Of one stream."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` is monotonic, in seconds."""
        self._clock = clock
        self._offset_s: float | None = None
        """From the stream's time to the box's."""
        self._aligned_s = 0.0

    def add(self, time_s: float) -> None:
        """A picture of that time of the stream is there. Packets come late, never early: the least
        delay is the nearest to the truth."""
        now_s = self._clock()
        offset_s = now_s - time_s
        if self._offset_s is not None:
            drift_s = DRIFT * (now_s - self._aligned_s)
            offset_s = min(offset_s, self._offset_s + drift_s)
        self._offset_s, self._aligned_s = offset_s, now_s

    def at(self, time_s: float) -> float:
        """When that time of the stream was on the clock; now, before the first picture came."""
        return self._clock() if self._offset_s is None else time_s + self._offset_s
