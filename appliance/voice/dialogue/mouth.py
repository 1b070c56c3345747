"""What is said aloud, one sentence after the other, nothing late, and never against a person who
speaks.

Half duplex: while the box speaks, only the wake word is listened for, so its own words are no
command; the wake word ends the sentence at once (barge-in).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from appliance.voice.audio.sound import Samples
from appliance.voice.dialogue.conversation import Reply
from appliance.voice.errors import SpeakerFailed
from appliance.voice.speakers.speaker import Speaker

REPLY_LIFE_S = 3.0
"""A reply that could not be begun by then answers nothing any more."""
NOTICE_LIFE_S = 120.0
"""The same of a notice, such as that of a timer."""
NOTICES_LIMIT = 8
ECHO_S = 0.2
"""How long the room still sounds before the ear opens for an answer."""
HOLD_S = 16.0
"""The longest time for which an open ear keeps us silent: longer than an ear stays open."""

SpokenReplies = Literal["all", "questions", "none"]
Synthesize = Callable[[str], Awaitable[Samples]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Line:
    text: str
    until_s: float
    is_reply: bool
    then: Callable[[], None] | None = None
    """Called when it has been said, or cannot be."""


class Mouth:
    """In the loop; `run` is a task."""

    def __init__(
        self,
        speaker: Speaker | None,
        synthesize: Synthesize,
        clock: Callable[[], float],
        spoken: SpokenReplies = "all",
    ) -> None:
        """`clock` is monotonic. Without a speaker nothing is said and nothing fails."""
        self.failure: SpeakerFailed | None = None
        """Why the last sentence was not said."""
        self.dropped = 0
        """Sentences that were not said since their time was over."""
        self._speaker = speaker if spoken != "none" else None
        self._synthesize = synthesize
        self._clock = clock
        self._spoken = spoken
        self._waiting: deque[_Line] = deque()
        self._news = asyncio.Event()
        self._held_until_s = 0.0
        self._saying: asyncio.Task[None] | None = None

    @property
    def speaking(self) -> bool:
        return self._saying is not None

    def reply(self, reply: Reply, then: Callable[[], None] | None = None) -> None:
        """Says a reply to somebody who has spoken; it takes the place of earlier ones that wait.

        `then` is called when it has been said, at once when it is not to be, and never when it is
        cut short.
        """
        self.release()
        self._waiting = deque(line for line in self._waiting if not line.is_reply)
        if self._speaker is None or not self._is_spoken(reply):
            if then is not None:
                then()
            return
        self._waiting.appendleft(_Line(reply.text, self._clock() + REPLY_LIFE_S, True, then))
        self._news.set()

    def announce(self, text: str) -> None:
        """Says something that nobody has asked for, when nobody is speaking."""
        if self._speaker is None or len(self._waiting) >= NOTICES_LIMIT:
            return
        self._waiting.append(_Line(text, self._clock() + NOTICE_LIFE_S, False))
        self._news.set()

    def hush(self) -> None:
        """Somebody is about to speak: silence, now and until `release`."""
        self._held_until_s = self._clock() + HOLD_S
        self._waiting = deque(line for line in self._waiting if not line.is_reply)
        if self._saying is not None:
            self._saying.cancel()

    def release(self) -> None:
        """Nobody is being listened to any more."""
        self._held_until_s = 0.0
        self._news.set()

    async def run(self) -> None:
        """Says what is to be said, for ever."""
        while True:
            await self._wait()
            while self._waiting and not self._held:
                await self._say(self._waiting.popleft())

    @property
    def _held(self) -> bool:
        return self._clock() < self._held_until_s

    async def _wait(self) -> None:
        """Until there is something to say and nobody to listen to."""
        while not self._waiting or self._held:
            self._news.clear()
            wait_s = self._held_until_s - self._clock() if self._waiting else None
            try:
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
            except TimeoutError:
                return

    async def _say(self, line: _Line) -> None:
        if self._clock() > line.until_s:
            self.dropped += 1
        else:
            self._saying = saying = asyncio.create_task(self._speak(line.text), name="speech")
            try:
                await asyncio.wait({saying})
            finally:
                self._saying = None
                saying.cancel()
                await asyncio.gather(saying, return_exceptions=True)
            if saying.cancelled():
                return
            saying.result()
        if line.then is not None:
            self._held_until_s = self._clock() + HOLD_S
            line.then()

    async def _speak(self, text: str) -> None:
        if self._speaker is None:
            return
        try:
            await self._speaker.play(await self._synthesize(text))
            await asyncio.sleep(ECHO_S)
        except SpeakerFailed as failure:
            if self.failure is None:
                logger.warning("not spoken", extra={"speaker": failure.source})
            self.failure = failure
        else:
            self.failure = None

    def _is_spoken(self, reply: Reply) -> bool:
        return self._spoken == "all" or reply.kind in {"asked", "answered"}
