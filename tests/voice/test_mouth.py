"""What is said aloud: in order, never late, never against a person who speaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from appliance.voice.audio.sound import Samples
from appliance.voice.dialogue.conversation import Reply
from appliance.voice.dialogue.mouth import HOLD_S, NOTICE_LIFE_S, REPLY_LIFE_S, Mouth, SpokenReplies
from appliance.voice.errors import SpeakerFailed

pytestmark = pytest.mark.anyio
LIMIT_S = 10.0
DONE = Reply("done", "Done.")
ASKED = Reply("asked", "Shall I?")
ANSWERED = Reply("answered", "It is noon.")


class Room:
    """A speaker that plays until it is told to go on, and a clock that stands."""

    name = "room"

    def __init__(self, spoken: SpokenReplies = "all", *, instant: bool = True) -> None:
        self.now_s = 0.0
        self.begun: asyncio.Queue[str] = asyncio.Queue()
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.broken = False
        self.go_on = asyncio.Event()
        if instant:
            self.go_on.set()
        self._text = ""
        self.mouth = Mouth(self, self._synthesize, lambda: self.now_s, spoken)

    async def _synthesize(self, text: str) -> Samples:
        self._text = text
        return np.zeros(0, np.int16)

    async def play(self, samples: Samples) -> None:
        assert len(samples) == 0
        if self.broken:
            raise SpeakerFailed(self.name, "unplugged", "plug it in")
        text = self._text
        await self.begun.put(text)
        await self.go_on.wait()
        await self.heard.put(text)

    async def next(self) -> str:
        return await asyncio.wait_for(self.heard.get(), LIMIT_S)


@asynccontextmanager
async def speaking(room: Room) -> AsyncIterator[Room]:
    task = asyncio.create_task(room.mouth.run())
    try:
        yield room
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_reply_is_said_and_then_the_ear_opens() -> None:
    opened = asyncio.Event()
    async with speaking(Room()) as room:
        room.mouth.reply(ASKED, opened.set)
        assert not opened.is_set()
        assert await room.next() == "Shall I?"
        await asyncio.wait_for(opened.wait(), LIMIT_S)


async def test_without_a_speaker_the_ear_opens_at_once() -> None:
    opened = asyncio.Event()
    mouth = Mouth(None, Room()._synthesize, lambda: 0.0)
    mouth.reply(ASKED, opened.set)
    assert opened.is_set()
    assert mouth.failure is None


async def test_a_speaker_that_fails_says_so_and_the_ear_opens_all_the_same() -> None:
    opened = asyncio.Event()
    async with speaking(Room()) as room:
        room.broken = True
        room.mouth.reply(ASKED, opened.set)
        await asyncio.wait_for(opened.wait(), LIMIT_S)
        assert "unplugged" in str(room.mouth.failure)
        room.broken = False
        room.mouth.reply(DONE)
        await room.next()
        room.mouth.reply(ANSWERED)
        await room.next()
        assert room.mouth.failure is None


async def test_the_wake_word_ends_what_is_being_said_and_the_ear_is_left_as_it_is() -> None:
    opened = asyncio.Event()
    async with speaking(Room(instant=False)) as room:
        room.mouth.reply(ASKED, opened.set)
        assert await asyncio.wait_for(room.begun.get(), LIMIT_S) == "Shall I?"
        room.mouth.hush()
        room.go_on.set()
        room.mouth.reply(DONE)
        assert await room.next() == "Done."
    assert not opened.is_set()


async def test_a_reply_takes_the_place_of_one_that_waits() -> None:
    async with speaking(Room(instant=False)) as room:
        room.mouth.reply(ANSWERED)
        await asyncio.wait_for(room.begun.get(), LIMIT_S)
        room.mouth.reply(DONE)
        room.mouth.reply(Reply("done", "Done again."))
        room.go_on.set()
        assert [await room.next(), await room.next()] == ["It is noon.", "Done again."]


async def test_a_reply_whose_time_is_over_is_not_said() -> None:
    async with speaking(Room(instant=False)) as room:
        room.mouth.announce("Timer.")
        await asyncio.wait_for(room.begun.get(), LIMIT_S)
        room.mouth.reply(DONE)
        room.now_s += REPLY_LIFE_S + 0.1
        room.go_on.set()
        room.mouth.announce("Second timer.")
        assert [await room.next(), await room.next()] == ["Timer.", "Second timer."]
        assert room.mouth.dropped == 1


async def test_a_notice_waits_until_nobody_is_listened_to() -> None:
    async with speaking(Room()) as room:
        room.mouth.hush()
        room.mouth.announce("Timer.")
        await asyncio.sleep(0)
        assert room.begun.empty()
        room.mouth.release()
        assert await room.next() == "Timer."


async def test_an_ear_that_never_closes_does_not_silence_the_box_for_ever() -> None:
    async with speaking(Room()) as room:
        room.mouth.hush()
        room.now_s += HOLD_S + 0.1
        room.mouth.announce("Timer.")
        assert await room.next() == "Timer."


async def test_a_notice_whose_time_is_over_is_not_said() -> None:
    async with speaking(Room()) as room:
        room.mouth.hush()
        room.mouth.announce("Timer.")
        room.now_s += NOTICE_LIFE_S + 0.1
        room.mouth.reply(DONE)
        assert await room.next() == "Done."


@pytest.mark.parametrize(
    ("spoken", "texts"),
    [("all", ["Done.", "Shall I?", "Timer."]), ("questions", ["Shall I?", "Timer."])],
)
async def test_what_is_said_is_chosen(spoken: SpokenReplies, texts: list[str]) -> None:
    async with speaking(Room(spoken)) as room:
        said = []
        room.mouth.reply(DONE)
        if spoken == "all":
            said.append(await room.next())
        room.mouth.reply(ASKED)
        said.append(await room.next())
        room.mouth.announce("Timer.")
        room.mouth.release()
        said.append(await room.next())
    assert said == texts


async def test_none_says_nothing_at_all() -> None:
    room = Room("none")
    async with speaking(room):
        room.mouth.reply(ASKED)
        room.mouth.announce("Timer.")
        await asyncio.sleep(0)
    assert room.begun.empty()
