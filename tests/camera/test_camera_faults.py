"""What befalls cameras and their processes, each alone: the others never notice."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from appliance.bus.messages.camera import CameraState
from appliance.camera import health
from appliance.camera.children import feed
from tests.broker_fixture import Broker
from tests.camera.conftest import PASSWORD
from tests.camera.room import eventually, in_room, more_pieces, recorded_until_ms, table
from tests.camera.rtsp import Server, Wire

pytestmark = pytest.mark.anyio


async def test_a_camera_that_loses_its_power_is_said_and_comes_back_and_no_other_notices(
    broker: Broker, films: Path, server: Server, front: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE_S", 0.2)
    monkeypatch.setattr(feed, "BACK_OFF_S", (0.3,))
    other = Server(server.port + 1, {"main": f"h264:{films / 'main.h264'}"})
    other.start()
    try:
        async with in_room(broker, front + table("Yard", other.address("main"))) as room:
            for key in ("front_door", "yard"):
                await room.until(CameraState, camera=key, online=True, recording=True)
            room.heard.clear()
            server.cut()
            await room.until(CameraState, camera="front_door", online=False, recording=False)
            await eventually(room.findings)
            (finding,) = room.findings()
            assert finding.rule == "camera_stream"
            assert "Front door gives no pictures" in finding.message
            assert PASSWORD not in finding.message + finding.mend
            server.start()
            await room.until(CameraState, camera="front_door", online=True, recording=True)
            assert room.findings() == []
            assert [each.losses for each in room.camera("yard").feeds] == [0, 0]
            told = [each for each in room.heard if isinstance(each, CameraState)]
            assert all(each.online for each in told if each.camera == "yard")
    finally:
        other.cut()


async def test_a_camera_that_freezes_is_lost_and_tried_again(
    broker: Broker, server: Server, front: str
) -> None:
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True, recording=True)
        server.freeze()
        room.heard.clear()
        await room.until(CameraState, online=False)
        assert room.camera("front_door").recorder.failure.reason == "it does not answer"


async def test_rubbish_on_the_wire_harms_nobody(
    broker: Broker, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BACK_OFF_S", (0.3,))
    async with Wire(server.port).stretched() as wire:
        bad = table("Bad", server.address("main", wire.port), server.address("sub", wire.port))
        async with in_room(broker, bad + table("Good", server.address("main"))) as room:
            for key in ("bad", "good"):
                await room.until(CameraState, camera=key, online=True, recording=True)
            wire.lying = True
            await asyncio.sleep(4)
            wire.lying = False
            room.heard.clear()
            live = room.camera("bad")
            packets = [each.alive.packets if each.alive else 0 for each in live.feeds]
            await eventually(
                lambda: (
                    live.online
                    and all(
                        each.alive is not None and each.alive.packets != before
                        for each, before in zip(live.feeds, packets, strict=True)
                    )
                )
            )
            assert [each.losses for each in room.camera("good").feeds] == [0, 0]


async def test_a_child_that_is_killed_loses_two_seconds_at_most(
    broker: Broker, front: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BACK_OFF_S", (0.1,))
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True, recording=True)
        folder = room.folder / "recordings" / "front_door"
        recorder = room.camera("front_door").recorder
        for _ in range(3):
            await more_pieces(folder, 2)
            os.kill(recorder.pid, signal.SIGKILL)
            killed_ms = time.time() * 1000
            await eventually(lambda: not recorder.online)
            assert killed_ms - recorded_until_ms(folder) < 2_000
            await eventually(lambda: recorder.online and recorder.alive.recording)


async def test_all_cameras_are_back_when_the_process_that_starts_them_is_killed(
    broker: Broker, front: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BACK_OFF_S", (0.3,))
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True, recording=True)
        children = room.children()
        spawner = room.service._spawner.pid
        os.kill(spawner, signal.SIGKILL)
        await eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))
        await room.until(CameraState, online=False)
        room.heard.clear()
        await room.until(CameraState, online=True, recording=True)
        assert room.service._spawner.pid != spawner
