"""One stream of a camera for good: its child is started again whenever it ends, with back-off."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from appliance.camera.children import protocol
from appliance.camera.children.source_child import Hear, SourceChild, Spawn
from appliance.camera.errors import SourceFailed
from appliance.camera.streams.address import redact

BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Waits before a stream is tried again; the last one for ever."""
LAST_WORDS_LIMIT_S = 3.0
"""How long a child may take to finish its recording and to say what was learned."""
STEADY_S = 30.0
"""A stream that lasted as long begins anew with the first wait."""

logger = logging.getLogger(__name__)


class Feed:
    """Knows how its stream is. In the loop; `run` is a task."""

    def __init__(
        self,
        name: str,
        start: Callable[[], protocol.Start],
        hear: Hear,
        clock: Callable[[], float],
        *,
        spawn: Spawn,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`name` is for logs; `start` is asked for at each start; `clock` is monotonic."""
        self.name = name
        self.online = False
        self.failure: SourceFailed | None = None
        """Why it is not, or was not before it came back."""
        self.opened: protocol.Opened | None = None
        self.alive: protocol.Alive | None = None
        self.losses = 0
        self._start = start
        self._hear = hear
        self._clock = clock
        self._spawn = spawn
        self._changed = changed
        self._child: SourceChild | None = None
        self._childless = asyncio.Event()
        self._childless.set()
        self._stopped = False
        self.lost_s: float | None = clock()
        """When it was lost, on the clock; None while it is online."""

    @property
    def pid(self) -> int | None:
        return None if self._child is None else self._child.pid

    def tell(self, order: protocol.Order) -> bool:
        """Whether there is a child that was told."""
        if self._child is None or not self.online:
            return False
        self._child.tell(order)
        return True

    async def stop(self) -> None:
        """Ends the child for good, as `renew` does."""
        self._stopped = True
        await self.renew()

    async def renew(self) -> None:
        """Ends the child after it has finished its recording and said what it has learned; another
        one is started soon. One that takes too long is left."""
        if self._child is None:
            return
        self._child.tell(protocol.Stop())
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_LIMIT_S):
                await self._childless.wait()

    async def run(self) -> None:
        """Until it is stopped."""
        attempt = 0
        while not self._stopped:
            begin_s = self._clock()
            start = self._start()
            self._child = SourceChild(start, self._spawn)
            self._childless.clear()
            try:
                await self._child.run(self._take)
            except SourceFailed as error:
                self._lose(SourceFailed(redact(start.url), error.reason, error.mend))
            finally:
                self._child = None
                self._childless.set()
            if self._stopped:
                break
            if self._clock() - begin_s > STEADY_S:
                attempt = 0
            await asyncio.sleep(BACK_OFF_S[min(attempt, len(BACK_OFF_S) - 1)])
            attempt += 1

    def _take(self, report: protocol.Report) -> None:
        if isinstance(report, protocol.Opened):
            self.opened = report
        elif isinstance(report, protocol.Alive):
            before, self.alive = self.alive, report
            if not self.online:
                self.online, self.lost_s = True, None
                logger.info("stream is there", extra={"stream": self.name})
                self._changed()
            elif before is not None and _state(before) != _state(report):
                self._changed()
        self._hear(report)

    def _lose(self, failure: SourceFailed) -> None:
        if self.online or self.failure is None or self.failure.reason != failure.reason:
            logger.warning("stream lost", extra={"stream": self.name, "reason": failure.reason})
        if self.online:
            self.losses += 1
            self.lost_s = self._clock()
        self.online, self.failure, self.alive = False, failure, None
        self._changed()


def _state(alive: protocol.Alive) -> tuple[bool, str, bool]:
    return alive.recording, alive.paused, alive.frozen
