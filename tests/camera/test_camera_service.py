"""The camera room with real cameras on the network and a real broker."""

import asyncio
import logging
import time

import pytest

from appliance.bus.messages.camera import CameraEvent, CameraState
from appliance.bus.names import topic_name
from appliance.bus.topics import CAMERA_PICTURE
from appliance.camera import queries
from appliance.camera.children import protocol
from appliance.camera.footage import cutting
from appliance.camera.footage.recordings import all_pieces
from appliance.camera.service import CameraService
from appliance.service.memory import pss_bytes, tree_pss_bytes
from tests.broker_fixture import Broker
from tests.camera.conftest import PASSWORD
from tests.camera.process import CameraProcess
from tests.camera.room import command_of, count, in_room, length_s, more_pieces, table, unusual
from tests.camera.rtsp import Server

pytestmark = pytest.mark.anyio
BUDGET_MB = CameraService.budget_mb
ROOM_MB = 60.0
"""Of the process that the test itself is here."""


async def test_two_cameras_are_recorded_and_watched_within_the_budget(
    broker: Broker, server: Server, front: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with in_room(broker, front + table("Yard", server.address("hevc"))) as room:
        for key in ("front_door", "yard"):
            await room.until(CameraState, camera=key, online=True, recording=True)
            await more_pieces(room.folder / "recordings" / key, 2)
        assert room.findings() == []
        spawner = room.service._spawner.pid
        sizes = [pss_bytes(pid) / 1e6 for pid in (spawner, *room.children())]
        commands = [command_of(pid) for pid in room.children()]
        assert len(commands) == 4
        codecs = {live.recorder.opened.codec for live in room.service.room.cameras.values()}
    assert codecs == {"h264", "hevc"}
    assert sum(sizes) < BUDGET_MB - ROOM_MB
    for text in (*commands, caplog.text, repr(room.heard)):
        assert PASSWORD not in text
    for key in ("front_door", "yard"):
        first = next(iter(all_pieces(room.folder / "recordings" / key)))
        assert length_s(first.path) > 1.0


@pytest.mark.parametrize("names", [("main", "main"), ("main", "hevc")])
async def test_two_cameras_without_a_smaller_stream_stay_within_the_budget(
    broker: Broker, large_server: Server, names: tuple[str, str]
) -> None:
    """1920x1080 is decoded in full; the highest sum of all processes counts."""
    keys = ("front", "yard")
    settings = "".join(
        table(key, large_server.address(name)) for key, name in zip(keys, names, strict=True)
    )
    process, folder = CameraProcess(broker, settings), broker.paths.camera / queries.RECORDINGS
    process.start()
    try:
        most_mb = 0.0
        async with asyncio.timeout(60):
            while any(count(folder / key) < 3 for key in keys):
                most_mb = max(most_mb, tree_pss_bytes(process.pid) / 1e6)
                await asyncio.sleep(0.2)  # what is watched are processes
    finally:
        process.end()
    assert 150 < most_mb < BUDGET_MB


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
