"""What a camera has learned outlives whatever ends its process."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from appliance.bus.messages.camera import CameraEvent, CameraState, JudgeEvent
from appliance.bus.topics import JUDGE_EVENT
from appliance.camera import queries, service
from appliance.camera.children import feed
from appliance.camera.usual.learned import unpack
from appliance.camera.usual.normality import Normality
from appliance.service.health import Finding
from tests.broker_fixture import Broker
from tests.camera.room import Room, eventually, in_room, unusual
from tests.camera.rtsp import Server

pytestmark = pytest.mark.anyio


def kept(broker: Broker) -> Normality:
    """What lies on the disk; nothing learned where nothing was kept."""
    file = broker.paths.camera / queries.LEARNED / "front_door.bin"
    return unpack(file.read_bytes() if file.exists() else b"", 1.0)


def watched_s(broker: Broker) -> float:
    """How much of what was watched is kept."""
    return max(tail.watched_s for tail in kept(broker).tails.values())


def missing_detector(room: Room) -> list[Finding]:
    return [each for check in room.service.checks() for each in check() if "models" in each.rule]


async def test_it_is_kept_at_once_when_the_box_stops(broker: Broker, front: str) -> None:
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True, motion=True)
        assert watched_s(broker) == 0
    assert watched_s(broker) > 0


async def test_the_hour_of_the_week_is_learned(broker: Broker, front: str) -> None:
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True, motion=True)
    hours = kept(broker).hours
    assert hours.current is not None
    assert hours.watched_s[hours.current] > 0


async def test_it_is_kept_when_the_box_stops_while_the_camera_is_silent(
    broker: Broker, server: Server, front: str
) -> None:
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True, motion=True)
        server.freeze()
    assert watched_s(broker) > 0


async def test_it_is_kept_when_the_camera_is_lost(
    broker: Broker, server: Server, front: str
) -> None:
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True, motion=True)
        server.cut()
        await room.until(CameraState, online=False)
        await eventually(lambda: watched_s(broker) > 0)


async def test_a_killed_process_goes_on_where_it_was_kept_last(
    broker: Broker, front: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BACK_OFF_S", (0.1,))
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True, motion=True)
        live = room.camera("front_door")
        live.hear(unusual(time.monotonic()))
        event = await room.until(CameraEvent, event_type="open")
        await room.page.ask(JUDGE_EVENT, JudgeEvent(id=event.id, verdict="always"))
        await eventually(lambda: watched_s(broker) > 0)
        before_s = watched_s(broker)
        os.kill(live.watcher.pid, signal.SIGKILL)
        await room.until(CameraState, online=False)
        room.heard.clear()
        await room.until(CameraState, online=True, motion=True)
    assert watched_s(broker) > before_s
    assert [each.verdict for each in kept(broker).judgements.said] == ["tell"]


async def test_a_detector_that_is_fetched_later_is_taken_up(
    broker: Broker, front: str, models_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "DETECTOR_EVERY_S", 0.2)
    broker.paths.models.mkdir()
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True, motion=True)
        (finding,) = missing_detector(room)
        assert finding.mend == "appliance models fetch"
        room.heard.clear()
        shutil.copytree(models_folder, broker.paths.models, dirs_exist_ok=True)
        await eventually(lambda: room.service._spawner.has_detector)
        assert missing_detector(room) == []
        await room.until(CameraState, online=True)
        assert watched_s(broker) > 0
