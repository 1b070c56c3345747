"""Somebody who speaks to the box: the wake word, a command, and an ear for what came of it.

`python -m appliance.demo speak` speaks the sentences of the demo once and ends.
"""

import asyncio
import functools
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from appliance.bus.client import Bus
from appliance.bus.messages.listening import EarEvent, ListeningState
from appliance.bus.messages.voice import CommandEvent
from appliance.bus.topics import COMMAND_EVENT, DEMO, EAR_EVENT, LISTENING_STATE, OBSERVER
from appliance.demo.errors import DemoError, NobodyListens
from appliance.demo.speech import pause, play, speak
from appliance.service import broker, log
from appliance.service.paths import Paths

READY_LIMIT_S = 60.0
SETTLE_S = 4.0
"""Voice learns the names of the home's devices within it, once it listens."""
OUTCOME_LIMIT_S = 12.0
"""The ear closes by itself after 6 s; recognising takes less than one."""
REPLY_LIMIT_S = 3.0
BREATH_S = 0.3
BETWEEN_S = 2.0
AFTER_WAKE_WORD_S = 0.4

ANSWER = "yes"
SENTENCES = (
    "turn on the kitchen lamp",
    "set the floor lamp to forty percent",
    "which lights are on",
    "set a timer for one minute",
    "unlock the front door",
    ANSWER,
)
"""The last but one is asked about, and the last is the answer: it needs no wake word."""

Heard = Literal["understood", "not_understood", "nothing_said", "not_noticed"]
"""The last: the wake word was not."""


@dataclass(frozen=True)
class Outcome:
    """What came of something that was spoken."""

    heard: Heard
    command: CommandEvent | None = None
    """What voice understood, did and replied."""


logger = logging.getLogger(__name__)


class Speaker:
    """Registers itself on the bus of the observer. In the loop."""

    def __init__(self, bus: Bus, pipe: Path) -> None:
        """`pipe` is the named pipe that voice listens to."""
        self._pipe = pipe
        self._state: ListeningState | None = None
        self._changed = asyncio.Event()
        self._ends: asyncio.Queue[Heard] = asyncio.Queue()
        bus.on(LISTENING_STATE, self._take_state)
        self._commands: asyncio.Queue[CommandEvent] = asyncio.Queue()
        bus.on(EAR_EVENT, self._take_event)
        bus.on(COMMAND_EVENT, self._take_command)

    async def wait(self, limit_s: float) -> None:
        """Until somebody listens. Raises NobodyListens."""
        try:
            async with asyncio.timeout(limit_s):
                while self._state is None or not self._state.listening:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise NobodyListens("voice is muted, not ready or not there") from None

    async def say(self, text: str, *, wake_word: bool = True) -> Outcome:
        """Speaks, in real time, and waits for what voice makes of it; after `wait`.

        Raises NoVoice and NobodyListens.
        """
        sounds = [pause(BREATH_S)]
        if wake_word:
            if self._state is None or self._state.wake_word == "none":
                raise NobodyListens("no wake word is set (voice.wake_word)")
            words = self._state.wake_word.replace("_", " ")
            sounds += [await asyncio.to_thread(speak, words), pause(AFTER_WAKE_WORD_S)]
        sounds.append(await asyncio.to_thread(speak, text))
        for news in (self._ends, self._commands):
            while not news.empty():
                news.get_nowait()
        await asyncio.to_thread(play, sounds, self._pipe)
        return await self._outcome()

    async def _outcome(self) -> Outcome:
        heard: Heard = "not_noticed"
        try:
            async with asyncio.timeout(OUTCOME_LIMIT_S):
                heard = await self._ends.get()
            if heard != "understood":
                return Outcome(heard)
            async with asyncio.timeout(REPLY_LIMIT_S):
                return Outcome(heard, await self._commands.get())
        except TimeoutError:
            return Outcome(heard)

    async def _take_state(self, message: ListeningState, _: str) -> None:
        self._state = message
        self._changed.set()

    async def _take_event(self, message: EarEvent, _: str) -> None:
        if message.event_type != "woken" and message.event_type != "pushed":
            self._ends.put_nowait(message.event_type)

    async def _take_command(self, message: CommandEvent, _: str) -> None:
        if message.source == "spoken":
            self._commands.put_nowait(message)


async def demonstrate(speaker: Speaker, sentences: Sequence[str] = SENTENCES) -> None:
    """Speaks the sentences, each twice at most. Raises NoVoice and NobodyListens."""
    await speaker.wait(READY_LIMIT_S)
    await asyncio.sleep(SETTLE_S)
    for sentence in sentences:
        for _ in range(2):
            heard = (await speaker.say(sentence, wake_word=sentence != ANSWER)).heard
            logger.info("said to the box", extra={"sentence": sentence, "heard": heard})
            await asyncio.sleep(BETWEEN_S)
            if heard == "understood" or sentence == ANSWER:
                break


async def _run(paths: Paths) -> None:
    bus = Bus(functools.partial(broker.locate, paths, OBSERVER), OBSERVER, broker.box_id(paths))
    speaker = Speaker(bus, paths.demo_microphone)
    running = asyncio.create_task(bus.run())
    try:
        await demonstrate(speaker)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def main() -> int:
    log.configure(DEMO)
    try:
        asyncio.run(_run(Paths.from_environment()))
    except DemoError as error:
        logger.warning("the demo stays silent", extra={"reason": str(error), "mend": error.mend})
        return 1
    return 0
