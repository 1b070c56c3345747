"""The camera room with real cameras on the network and a real broker."""

import logging
import os
import time

import pytest

from appliance.bus.messages.camera import CameraEvent, CameraState
from appliance.bus.names import topic_name
from appliance.bus.topics import CAMERA_PICTURE
from appliance.camera import queries
from appliance.camera.children import protocol
from appliance.camera.footage import cutting
from appliance.camera.footage.recordings import all_pieces
from appliance.service.memory import pss_bytes
from tests.broker_fixture import Broker
from tests.camera.conftest import PASSWORD
from tests.camera.room import command_of, in_room, length_s, more_pieces, table, unusual
from tests.camera.rtsp import Server

pytestmark = pytest.mark.anyio
BUDGET_MB = 350.0


async def test_two_cameras_are_recorded_and_watched_within_the_budget(
    broker: Broker, server: Server, front: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with in_room(broker, front + table("Yard", server.address("hevc"))) as room:
        for key in ("front_door", "yard"):
            await room.until(CameraState, camera=key, online=True, recording=True)
            await more_pieces(room.folder / "recordings" / key, 2)
        assert room.findings() == []
        sizes = [pss_bytes(pid) / 1e6 for pid in (os.getpid(), *room.children())]
        commands = [command_of(pid) for pid in room.children()]
        assert len(commands) == 4
        codecs = {live.recorder.opened.codec for live in room.service.room.cameras.values()}
    assert codecs == {"h264", "hevc"}
    assert sum(sizes[1:]) < BUDGET_MB - 60
    for text in (*commands, caplog.text, repr(room.heard)):
        assert PASSWORD not in text
    for key in ("front_door", "yard"):
        first = next(iter(all_pieces(room.folder / "recordings" / key)))
        assert length_s(first.path) > 1.0


async def test_what_is_unusual_is_an_event_with_a_picture_and_a_clip(
    broker: Broker, front: str
) -> None:
    async with in_room(broker, front) as room, broker.client() as home_assistant:
        await home_assistant.subscribe(
            topic_name(broker.box, CAMERA_PICTURE, "camera", "front_door")
        )
        await room.until(CameraState, online=True, recording=True)
        live = room.camera("front_door")
        await more_pieces(room.folder / "recordings" / "front_door", 3)
        begin_s = time.monotonic()
        live.hear(protocol.Snapshot(begin_s, b"\xff\xd8\xff picture"))
        live.hear(unusual(begin_s))
        opened = await room.until(CameraEvent, event_type="open")
        state = await room.until(CameraState, anomaly=True)
        assert "Faster" in state.sentence
        live.hear(unusual(begin_s + 1.0, 0.95))
        closed = await room.until(CameraEvent, event_type="close")
        clip = await room.until(CameraEvent, event_type="clip")
        assert {opened.id, closed.id, clip.id} == {opened.id}
        await room.until(CameraState, anomaly=False)
        async for message in home_assistant.messages:
            assert message.payload == b"\xff\xd8\xff picture"
            break
        with queries.opened(room.folder) as reader:
            (event,) = queries.events(reader)
            assert queries.events(reader, queries.Filter(camera="front_door", kind="person"))
            assert queries.events(reader, queries.Filter(kind="vehicle")) == []
    assert (event.id, event.score, event.cause, event.open) == (opened.id, 0.95, "speed", False)
    assert (room.folder / event.snapshot).read_bytes() == b"\xff\xd8\xff picture"
    wanted_s = (event.end_ms - event.start_ms + cutting.PRE_ROLL_MS + cutting.POST_ROLL_MS) / 1000
    assert wanted_s - 1.0 < length_s(room.folder / event.clip) < wanted_s + 2.0
