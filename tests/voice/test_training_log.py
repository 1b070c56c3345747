"""What is kept of what was said, by a running service."""

from pathlib import Path

import pytest

from appliance.bus.messages.training import DeleteRecordings, TrainingState
from appliance.bus.messages.voice import CommandEvent
from appliance.bus.topics import (
    DELETE_RECORDINGS,
)
from appliance.voice import queries
from tests.broker_fixture import Broker
from tests.voice.room import LAMP, Room, in_room

pytestmark = pytest.mark.anyio


async def test_nothing_is_recorded_unless_the_household_wants_it(room: Room) -> None:
    await room.announce("light", LAMP)
    await room.until(TrainingState, enabled=False, recordings=0)
    await room.speak("okay nabu", "turn on the lamp")
    await room.until(CommandEvent, event_type="done")
    assert not (room.broker.paths.voice / queries.FOLDER).exists()


async def test_recordings_are_kept_listed_and_deleted_also_after_the_log_was_switched_off(
    broker: Broker, tmp_path: Path, models_folder: Path
) -> None:
    broker.paths.models.symlink_to(models_folder)
    voice = broker.paths.voice
    async with in_room(broker, tmp_path, training_log=True) as room:
        await room.announce("light", LAMP)
        await room.speak("okay nabu", "turn on the lamp")
        await room.until(TrainingState, enabled=True, recordings=1)
    (recording,) = queries.recordings(voice)
    assert recording.text == "turn on the lamp"
    assert recording.kind in {"done", "asked"}  # a synthetic voice may leave a doubt
    assert 0.8 < recording.length_s < 4
    async with in_room(broker, tmp_path, "", training_log=False) as room:
        await room.until(TrainingState, enabled=False, recordings=1)
        await room.page.ask(DELETE_RECORDINGS, DeleteRecordings(ids=[recording.id]))
        await room.until(TrainingState, enabled=False, recordings=0)
    assert list((voice / queries.FOLDER).iterdir()) == []
