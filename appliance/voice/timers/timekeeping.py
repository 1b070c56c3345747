"""Says when timers end, and keeps them over restarts."""

import asyncio
import logging
from collections.abc import Callable

import msgspec

from appliance.service.clock import Clock
from appliance.voice.language.replies import Replies
from appliance.voice.timers.file import TimerFile
from appliance.voice.timers.timers import Timer, Timers

CLOCK_POLL_S = 10.0
"""How often the time of day is asked for while timers need it."""
PUNCTUAL_S = 60.0
"""A timer that ended longer ago than this was missed."""
NEWS_S = 900.0
"""What was missed longer ago than this is told on the bus and not said aloud."""

OnEnd = Callable[[Timer, bool, str, bool], None]
"""Timer, whether it was missed, the sentence for it, whether to say it aloud."""

logger = logging.getLogger(__name__)


class Timekeeping:
    """In the loop; `run` is a task."""

    def __init__(
        self, timers: Timers, file: TimerFile, replies: Replies, clock: Clock, on_end: OnEnd
    ) -> None:
        self._timers = timers
        self._file = file
        self._replies = replies
        self._clock = clock
        self._on_end = on_end
        self._changed = asyncio.Event()
        self._unsaved = False
        self._undated = False
        """Whether ends on the disk lack the time of day."""
        timers.on_change = self._change

    async def restore(self) -> None:
        """Takes up the timers of an earlier process; before `run`, and before new ones start."""
        try:
            found = await asyncio.to_thread(
                self._file.read, self._clock.monotonic(), self._clock.now()
            )
        except (OSError, msgspec.MsgspecError):
            logger.warning("timers cannot be read")
            return
        self._timers.restore(found)
        self._undated = bool(found)

    async def run(self) -> None:
        """For ever."""
        while True:
            self._changed.clear()
            now = self._clock.now()
            if now is not None and (self._timers.correct(now) or self._undated):
                self._unsaved = True
            for timer in self._timers.take_ended():
                self._end(timer)
                self._unsaved = True
            if self._unsaved:
                await self._save()
            try:
                async with asyncio.timeout(self._wait_s()):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _change(self) -> None:
        self._unsaved = True
        self._changed.set()

    def _wait_s(self) -> float | None:
        next_s = self._timers.next_end_s()
        if next_s is None:
            return None
        left_s = max(0.0, next_s - self._clock.monotonic())
        return min(left_s, CLOCK_POLL_S) if self._undated else left_s

    def _end(self, timer: Timer) -> None:
        late_s = self._clock.monotonic() - timer.ends_s
        missed = late_s > PUNCTUAL_S
        key = "timer_missed" if missed else "timer_ended"
        text = self._replies.say(key, length=self._replies.length(timer.length_s))
        self._on_end(timer, missed, text, late_s <= NEWS_S)

    async def _save(self) -> None:
        now = self._clock.now()
        self._unsaved, self._undated = False, now is None
        try:
            await asyncio.to_thread(
                self._file.write, self._timers.all, self._clock.monotonic(), now
            )
        except OSError as error:
            logger.warning("timers are not remembered", extra={"reason": error.strerror or ""})
