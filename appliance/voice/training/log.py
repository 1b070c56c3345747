"""The training log: only when the household turns it on, what was said to the box is kept, to be
listened to and deleted."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from appliance.bus.messages.training import TrainingState
from appliance.service.clock import Clock
from appliance.voice.dialogue.outcome import Outcome
from appliance.voice.training.store import TrainingStore

WAITING_LIMIT = 4
"""Utterances that may wait for the disk; one more is not kept."""
EXPIRY_S = 3600.0

logger = logging.getLogger(__name__)


class TrainingLog:
    """In the loop; `run` is a task."""

    def __init__(
        self,
        store: TrainingStore,
        clock: Clock,
        on_change: Callable[[TrainingState], None],
        *,
        enabled: bool,
    ) -> None:
        self.failure: str = ""
        """Why the last utterance was not kept; empty when it was."""
        self._store = store
        self._clock = clock
        self._on_change = on_change
        self._enabled = enabled
        self._waiting: list[Outcome] = []
        self._news = asyncio.Event()
        self._disk = asyncio.Lock()

    def keep(self, outcome: Outcome) -> None:
        """Keeps what was heard, if the household wants it."""
        heard = outcome.said is not None and outcome.said.samples is not None
        if self._enabled and heard and len(self._waiting) < WAITING_LIMIT:
            self._waiting.append(outcome)
            self._news.set()

    async def delete(self, ids: Iterable[str] | None) -> None:
        """None deletes all, and what waits to be kept. Returns when it is done. Raises OSError."""
        if ids is None:
            self._waiting.clear()
        async with self._disk:
            try:
                await asyncio.to_thread(self._store.delete, ids)
            finally:
                await self._tell()

    async def run(self) -> None:
        """Keeps what waits and deletes what is too old, for ever."""
        await self._expire()
        kept = await asyncio.to_thread(self._store.count)
        if kept.recordings and not self._enabled:
            logger.info(
                "the training log is off, its recordings remain until they are deleted",
                extra={"recordings": kept.recordings},
            )
        while True:
            try:
                async with asyncio.timeout(EXPIRY_S):
                    await self._news.wait()
            except TimeoutError:
                await self._expire()
            self._news.clear()
            async with self._disk:
                while self._waiting:
                    await self._add(self._waiting.pop(0))

    async def _add(self, outcome: Outcome) -> None:
        if outcome.said is None or outcome.said.samples is None:
            return
        try:
            await asyncio.to_thread(
                self._store.add, outcome, outcome.said.samples, self._clock.now()
            )
        except OSError as error:
            self.failure = error.strerror or "the disk refused"
            logger.warning("not kept", extra={"reason": self.failure})
        else:
            self.failure = ""
        await self._tell()

    async def _expire(self) -> None:
        async with self._disk:
            try:
                await asyncio.to_thread(self._store.expire, self._clock.now())
            except OSError as error:
                logger.warning("old recordings not deleted", extra={"reason": error.strerror or ""})
            await self._tell()

    async def _tell(self) -> None:
        kept = await asyncio.to_thread(self._store.count)
        self._on_change(
            TrainingState(
                enabled=self._enabled, recordings=kept.recordings, size_bytes=kept.size_bytes
            )
        )
