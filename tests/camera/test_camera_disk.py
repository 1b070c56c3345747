"""A disk that is full silences nobody."""

import time

import pytest

from appliance.bus.messages.camera import CameraEvent, CameraState
from appliance.camera import queries
from tests.broker_fixture import Broker
from tests.camera.room import count, eventually, in_room, unusual

pytestmark = pytest.mark.anyio


async def test_a_full_disk_pauses_recording_and_events_go_on(broker: Broker, front: str) -> None:
    async with in_room(broker, front, reserve_bytes=1 << 60) as room:
        await room.until(CameraState, online=True, recording=False)
        await eventually(room.findings)
        (finding,) = room.findings()
        assert (finding.rule, finding.mend[:9]) == ("camera_recording", "make room")
        assert "Front door is not recorded: the disk is nearly full." in finding.message
        room.camera("front_door").hear(unusual(time.monotonic()))
        opened = await room.until(CameraEvent, event_type="open")
        await room.until(CameraEvent, event_type="close")
        with queries.opened(room.folder) as reader:
            assert queries.find_event(reader, opened.id).clip == ""
        assert count(room.folder / "recordings" / "front_door") == 0
