"""What is said aloud."""

import asyncio
import shutil
from pathlib import Path

import pytest

from appliance.bus.messages.voice import CommandEvent, Say, TimerEvent
from appliance.bus.topics import (
    SAY,
)
from tests.broker_fixture import Broker
from tests.voice.room import DOOR, LAMP, LIMIT_S, in_room, written

pytestmark = pytest.mark.anyio


needs_speech = pytest.mark.skipif(
    shutil.which("aplay") is None or shutil.which("espeak-ng") is None,
    reason="alsa-utils and espeak-ng are needed",
)


@needs_speech
async def test_a_question_is_said_aloud_before_the_ear_opens_for_the_answer(
    broker: Broker, tmp_path: Path, models_folder: Path
) -> None:
    broker.paths.models.symlink_to(models_folder)
    spoken = tmp_path / "spoken.raw"
    speaker = f"file:FILE={spoken},FORMAT=raw"
    async with in_room(broker, tmp_path, speaker=speaker) as room:
        await room.announce("lock", DOOR)
        await room.speak("okay nabu", "unlock the front door")
        await room.until(CommandEvent, event_type="asked")
        await written(spoken)
        async with asyncio.timeout(LIMIT_S):
            while not room.ear_open:  # noqa: ASYNC110 # the service has no event for it
                await asyncio.sleep(0.02)
        await room.speak("yes")
        assert await room.command() == ("virtual/door/set", b"UNLOCK")
        assert room.findings() == []


@needs_speech
async def test_a_reply_that_cannot_be_said_is_a_clear_state(
    broker: Broker, tmp_path: Path, models_folder: Path
) -> None:
    broker.paths.models.symlink_to(models_folder)
    async with in_room(broker, tmp_path, speaker="hw:CARD=Nowhere") as room:
        await room.announce("light", LAMP)
        await room.speak("okay nabu", "turn on the lamp")
        assert await room.command() == ("virtual/lamp/set", b"ON")
        async with asyncio.timeout(LIMIT_S):
            while not (findings := room.findings()):  # noqa: ASYNC110 # nor for this
                await asyncio.sleep(0.02)
    assert [finding.rule for finding in findings] == ["speaker"]
    assert "aplay -L" in findings[0].mend


@needs_speech
async def test_a_timer_that_ends_is_said_and_told(broker: Broker, tmp_path: Path) -> None:
    spoken = tmp_path / "spoken.raw"
    speaker = f"file:FILE={spoken},FORMAT=raw"
    async with in_room(broker, tmp_path, "", speaker=speaker) as room:
        await room.page.ask(SAY, Say(text="set a timer for one second"))
        event = await room.until(TimerEvent, event_type="ended")
        assert event.text == "The timer of 1 second has ended."
        await written(spoken)
