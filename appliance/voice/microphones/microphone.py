"""A microphone as one endless stream of frames, whatever becomes of its source.

Sources are peers: a sound card, a pipe, a file. The microphone opens its source again when that
fails, closes it while muted, and never lets old sound pile up before a listener that is late.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Literal, Protocol

from appliance.service.clock import Clock
from appliance.voice.audio.sound import FRAME_MS, Frame, Framer
from appliance.voice.errors import MicrophoneFailed

State = Literal["opening", "capturing", "muted", "failed", "ended"]

STALL_S = 2.0
"""A live source that gives nothing for so long is opened again: a card that is pulled out does not
always end the program that reads it."""
RETRY_S = (0.25, 0.5, 1.0, 2.0)
"""Waits between attempts to open a source; the last one for ever."""
BACKLOG_FRAMES = 2000 // FRAME_MS
"""Sound that waits for the listener: no command older than 2 s is carried out anyway."""


class Source(Protocol):
    """Where sound comes from."""

    name: str
    """What the settings call it."""
    live: bool
    """Whether its sound is lost when nobody takes it; any other source waits for its listener."""

    def listen(self) -> AsyncGenerator[bytes, None]:
        """16 kHz mono little endian 16 bit samples, in pieces of any length.

        Ends with the source; closing it frees the device. Raises MicrophoneFailed.
        """


class Microphone:
    """One source; `frames` has one listener. In the loop."""

    def __init__(
        self,
        source: Source,
        clock: Clock,
        on_change: Callable[[], None] = lambda: None,
        *,
        muted: bool = False,
        stall_s: float = STALL_S,
        retry_s: tuple[float, ...] = RETRY_S,
    ) -> None:
        """`on_change` is called whenever `state` has changed."""
        self.state: State = "muted" if muted else "opening"
        self.failure: MicrophoneFailed | None = None
        """Why there is no sound, while `state` is `failed`."""
        self.dropped_frames = 0
        """Frames that were lost since the listener was late."""
        self._source = source
        self._clock = clock
        self._on_change = on_change
        self._stall_s = stall_s
        self._retry_s = retry_s
        self._muted = muted
        self._switched = asyncio.Event()
        self._waiting: asyncio.Queue[Frame | None] = asyncio.Queue(BACKLOG_FRAMES)

    @property
    def muted(self) -> bool:
        return self._muted

    def mute(self, muted: bool) -> None:
        """Stops or starts capturing at the device; what was captured and not heard is forgotten."""
        if muted != self._muted:
            self._muted = muted
            self._switched.set()
            if muted:
                self._forget()

    async def frames(self) -> AsyncGenerator[Frame, None]:
        """Frames for ever, or until a source that has an end has ended."""
        supervising = asyncio.create_task(self._supervise())
        try:
            while (frame := await self._waiting.get()) is not None:
                yield frame
            await supervising
        finally:
            supervising.cancel()
            await asyncio.gather(supervising, return_exceptions=True)

    async def _supervise(self) -> None:
        attempt = 0
        while True:
            self._switched.clear()
            if self._muted:
                self._change("muted")
                await self._switched.wait()
                attempt = 0
                continue
            try:
                ended = await self._unless_switched(self._capture())
                if ended:
                    self._change("ended")
                    await self._waiting.put(None)
                    return
            except MicrophoneFailed as failure:
                attempt = 0 if self.state == "capturing" else attempt + 1
                self._change("failed", failure)
                pause_s = self._retry_s[min(attempt, len(self._retry_s) - 1)]
                await self._unless_switched(asyncio.sleep(pause_s))

    async def _unless_switched(self, work: Coroutine[Any, Any, None]) -> bool:
        """Whether `work` came to its end before somebody muted the microphone."""
        working = asyncio.ensure_future(work)
        switched = asyncio.ensure_future(self._switched.wait())
        try:
            await asyncio.wait({working, switched}, return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
                return True
            return False
        finally:
            for task in (working, switched):
                task.cancel()
            await asyncio.gather(working, switched, return_exceptions=True)

    async def _capture(self) -> None:
        """From opening the source to its end. Raises MicrophoneFailed."""
        framer = Framer()
        async with contextlib.aclosing(self._source.listen()) as chunks:
            while True:
                try:
                    async with asyncio.timeout(self._stall_s):
                        chunk = await anext(chunks, None)
                except TimeoutError as error:
                    raise MicrophoneFailed(
                        self._source.name, "it has fallen silent", "plug it in again"
                    ) from error
                if chunk is None:
                    return
                self._change("capturing")
                heard_at_s = self._clock.monotonic()
                for samples in framer.cut(chunk):
                    await self._offer(Frame(samples, heard_at_s))

    async def _offer(self, frame: Frame) -> None:
        if self._source.live and self._waiting.full():
            self._waiting.get_nowait()
            self.dropped_frames += 1
        await self._waiting.put(frame)

    def _forget(self) -> None:
        while not self._waiting.empty():
            self._waiting.get_nowait()

    def _change(self, state: State, failure: MicrophoneFailed | None = None) -> None:
        before = (self.state, str(self.failure))
        self.state, self.failure = state, failure
        if before != (state, str(failure)):
            self._on_change()
