"""The hour of the week at which a picture was taken, by the household's clocks."""

import time
from collections.abc import Callable
from datetime import timedelta

from appliance.camera.usual.hours import DAY_HOURS
from appliance.service.clock import Clock


class WeekClock:
    """Of one stream, in the time zone of the box."""

    def __init__(self, clock: Clock, at: Callable[[float], float]) -> None:
        """`at` gives the monotonic time of the clock, in seconds, for a picture's own."""
        self._clock = clock
        self._at = at
        time.tzset()  # reads the zone, while this process may still read any file

    def hour_of(self, time_s: float) -> int | None:
        """0-167 at a picture's time, the first hour of Monday is 0; None while the time of day is
        unknown. The hour that comes twice when summer time ends is one."""
        now = self._clock.now()
        if now is None:
            return None
        ago_s = self._clock.monotonic() - self._at(time_s)
        local = (now - timedelta(seconds=ago_s)).astimezone()
        return local.weekday() * DAY_HOURS + local.hour
