"""Whether the room is heard, and what the household is told when it is not."""

import threading
from pathlib import Path

import pytest

from appliance.bus.errors import Refused
from appliance.bus.messages import listening as messages
from appliance.bus.topics import (
    OPEN_EAR,
    SET_MUTED,
)
from tests.broker_fixture import Broker
from tests.voice.room import LAMP, Room, in_room

pytestmark = pytest.mark.anyio


async def test_what_is_said_while_muted_is_not_heard(room: Room) -> None:
    await room.announce("light", LAMP)
    await room.until(messages.ListeningState, listening=True)
    await room.page.ask(SET_MUTED, messages.SetMuted(muted=True))
    await room.until(messages.ListeningState, muted=True, microphone="muted", listening=False)
    with pytest.raises(Refused, match="not listening"):
        await room.page.ask(OPEN_EAR, messages.OpenEar())
    room.heard.clear()
    await room.page.ask(SET_MUTED, messages.SetMuted(muted=False))
    await room.until(messages.ListeningState, muted=False, listening=True)
    await room.speak("okay nabu", "turn off the lamp")
    assert await room.command() == ("virtual/lamp/set", b"OFF")


async def test_mute_outlives_the_process(
    broker: Broker, tmp_path: Path, models_folder: Path
) -> None:
    broker.paths.models.symlink_to(models_folder)
    async with in_room(broker, tmp_path) as room:
        await room.page.ask(SET_MUTED, messages.SetMuted(muted=True))
    async with in_room(broker, tmp_path) as room:
        await room.until(messages.ListeningState, muted=True, microphone="muted")


async def test_a_microphone_that_is_not_there_is_a_clear_state(
    broker: Broker, tmp_path: Path, models_folder: Path
) -> None:
    broker.paths.models.symlink_to(models_folder)
    async with in_room(broker, tmp_path, str(tmp_path / "gone")) as room:
        await room.until(messages.ListeningState, microphone="failed", listening=False)
        (finding,) = room.findings()
    assert finding.rule == "microphone"
    assert "mkfifo" in finding.mend


async def test_a_model_that_is_not_there_is_a_clear_state(broker: Broker, tmp_path: Path) -> None:
    async with in_room(broker, tmp_path) as room:
        await room.until(messages.ListeningState, listening=False)
        (finding,) = room.findings()
    assert finding.rule == "recognition"
    assert "appliance models" in finding.mend


async def test_a_device_outside_the_roots_is_named(broker: Broker, tmp_path: Path) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.announce("light", LAMP | {"command_topic": "elsewhere/lamp/set"})
        (finding,) = room.findings()
    assert finding.rule == "device_roots"
    assert "elsewhere" in finding.message


async def test_no_thread_is_left_behind(
    broker: Broker, tmp_path: Path, models_folder: Path
) -> None:
    broker.paths.models.symlink_to(models_folder)
    async with in_room(broker, tmp_path) as room:
        await room.until(messages.ListeningState, listening=True)
    assert not [thread for thread in threading.enumerate() if "ears" in thread.name]
