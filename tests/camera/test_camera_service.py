"""The camera room with real cameras on the network, a real broker, and what befalls them."""

import asyncio
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import aiomqtt
import av
import pytest

from appliance.bus.client import Bus
from appliance.bus.errors import Refused
from appliance.bus.messages.albums import Identify, Identity
from appliance.bus.messages.base import Failure, Message
from appliance.bus.messages.camera import (
    ArmCamera,
    CameraEvent,
    CameraState,
    JudgeEvent,
    TakeSnapshot,
)
from appliance.bus.names import control_name, discovery_name, topic_name
from appliance.bus.topics import (
    ARM_CAMERA,
    CAMERA_EVENT,
    CAMERA_PICTURE,
    CAMERA_STATE,
    HOUSEHOLD,
    IDENTIFY,
    JUDGE_EVENT,
    SWITCH_ARMED,
    TAKE_SNAPSHOT,
)
from appliance.camera import health, queries
from appliance.camera.children import feed, protocol
from appliance.camera.footage import cutting
from appliance.camera.footage.recordings import all_pieces
from appliance.camera.live import Live
from appliance.camera.service import CameraService
from appliance.service.clock import SystemClock
from appliance.service.health import Facts, Finding, examine
from appliance.service.heartbeat import Heartbeat
from appliance.service.memory import pss_bytes
from appliance.service.process import Context
from appliance.service.tasks import Tasks
from tests.broker_fixture import Broker, running
from tests.camera.conftest import PASSWORD
from tests.camera.rtsp import Server, Wire

pytestmark = pytest.mark.anyio
LIMIT_S = 30.0
BUDGET_MB = 350.0
M = TypeVar("M", bound=Message)


@dataclass
class Room:
    """A running service and the page."""

    broker: Broker
    service: CameraService
    page: Bus
    heard: list[Message] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def camera(self, key: str) -> Live:
        return self.service.room.cameras[key]

    @property
    def folder(self) -> Path:
        return self.broker.paths.camera

    async def hear(self, message: Message, _: str) -> None:
        async with self.news:
            self.heard.append(message)
            self.news.notify_all()

    async def until(self, kind: type[M], limit_s: float = LIMIT_S, **facts: object) -> M:
        """The first message of this kind from now on, or the last one of that camera's, that says
        this."""

        def find() -> M | None:
            for message in reversed(self.heard):
                if isinstance(message, kind) and all(
                    getattr(message, name) == value for name, value in facts.items()
                ):
                    return message
            return None

        async with self.news:
            await asyncio.wait_for(self.news.wait_for(lambda: find() is not None), limit_s)
        return find()

    def findings(self) -> list[Finding]:
        facts = Facts("camera", self.broker.paths, None, 0.0, 350.0, 0.0)
        ours = examine(facts, self.service.checks())
        return [
            finding
            for finding in ours
            if finding.rule.startswith("camera") and finding.rule != "camera_models"
        ]

    def children(self) -> list[int]:
        return [
            each.pid
            for live in self.service.room.cameras.values()
            for each in live.feeds
            if each.pid is not None
        ]


async def eventually(true: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    async with asyncio.timeout(limit_s):
        while not true():  # noqa: ASYNC110 # what is looked at are files and processes
            await asyncio.sleep(0.05)


@asynccontextmanager
async def in_room(
    broker: Broker, cameras: str, *others: Bus, reserve_bytes: int = 0
) -> AsyncIterator[Room]:
    broker.paths.settings_file.write_text(cameras)
    models = os.environ.get("APPLIANCE_TEST_MODELS")
    if models and not broker.paths.models.exists():
        broker.paths.models.symlink_to(models)
    bus, page, clock = broker.bus("camera"), broker.bus("web"), SystemClock()
    tasks, service = Tasks(lambda: None), CameraService(reserve_bytes=reserve_bytes, piece_s=2.0)
    room = Room(broker, service, page)
    page.on(CAMERA_STATE, room.hear)
    page.on(CAMERA_EVENT, room.hear)
    context = Context(broker.paths, bus, clock, tasks, Heartbeat(clock.monotonic), broker.box)
    try:
        await service.start(context)
        async with running(bus, page, *others):
            yield room
    finally:
        await service.stop()
        await tasks.cancel()
    assert tasks.failure is None


def table(name: str, url: str, sub_url: str = "") -> str:
    sub = f'sub_url = "{sub_url}"\n' if sub_url else ""
    return f'[[camera.cameras]]\nname = "{name}"\nurl = "{url}"\n{sub}'


@pytest.fixture
def front(server: Server) -> str:
    return table("Front door", server.address("main"), server.address("sub"))


def unusual(at_s: float, score: float = 0.9) -> protocol.Seen:
    return protocol.Seen(
        at_s=at_s,
        score=score,
        moving=True,
        kinds=("person",),
        kind="person",
        place=protocol.Place(0.25, 0.25, 0.25, 0.5),
        cause="speed",
        sentence="Faster than anything seen here: 2.4 times.",
    )


def length_s(path: Path) -> float:
    """As a player sees it, by its frames."""
    with av.open(str(path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    return times[-1] - times[0] if times else 0.0


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def count(folder: Path) -> int:
    return len(list(all_pieces(folder)))


async def more_pieces(folder: Path, number: int) -> None:
    """Returns when there are so many more."""
    before = count(folder)
    await eventually(lambda: count(folder) >= before + number)


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
            ends = [each.start_ms + length_s(each.path) * 1000 for each in all_pieces(folder)]
            assert killed_ms - max(ends) < 2_000
            await eventually(lambda: recorder.online and recorder.alive.recording)


async def test_a_camera_is_disarmed_and_stays_so(broker: Broker, front: str) -> None:
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True)
        live = room.camera("front_door")
        live.hear(unusual(time.monotonic()))
        await room.until(CameraEvent, event_type="open")
        await room.page.ask(ARM_CAMERA, ArmCamera(camera="front_door", armed=False))
        await room.until(CameraEvent, event_type="close")
        await room.until(CameraState, armed=False)
        assert len([each for each in room.heard if isinstance(each, CameraEvent)]) == 2
        live.hear(unusual(time.monotonic()))
        assert live.tracker.event is None
    async with in_room(broker, front) as room:
        await room.until(CameraState, armed=False)
        async with broker.client_of(HOUSEHOLD) as home_assistant:
            await home_assistant.publish(control_name(broker.box, SWITCH_ARMED), "front_door ON")
            await room.until(CameraState, armed=True)


async def test_a_camera_shows_what_it_sees_now(broker: Broker, front: str) -> None:
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True)
        await asyncio.sleep(0.2)
        taken = await room.page.ask(TAKE_SNAPSHOT, TakeSnapshot(camera="front_door"))
        picture = (room.folder / taken.file).read_bytes()
        assert picture.startswith(b"\xff\xd8\xff")
        with pytest.raises(Refused, match="no camera"):
            await room.page.ask(TAKE_SNAPSHOT, TakeSnapshot(camera="nobody"))
        with pytest.raises(Refused, match="no such event"):
            await room.page.ask(JUDGE_EVENT, JudgeEvent(id="0" * 16, verdict="normal"))


async def test_home_assistant_gets_a_device_a_camera_until_it_is_taken_out(
    broker: Broker, front: str
) -> None:
    name = discovery_name(broker.box, "camera", "front_door")
    state = topic_name(broker.box, CAMERA_STATE, "camera", "front_door")

    async def retained() -> dict[str, bytes]:
        async with broker.client() as client:
            await client.subscribe("#", qos=1)
            await client.publish("end", b"", qos=1)
            found: dict[str, bytes] = {}
            async for message in client.messages:
                if message.topic.value == "end":
                    return found
                found[message.topic.value] = bytes(message.payload)
        raise aiomqtt.MqttError("the connection was lost")

    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True)
        found = await retained()
        assert b'"via_device"' in found[name]
        assert b'"image_topic"' in found[name]
        assert state in found
    async with in_room(broker, "") as room:
        await asyncio.sleep(0.5)
        found = await retained()
        assert name not in found
        assert state not in found
        assert room.findings() == []


async def test_a_face_is_asked_of_albums_and_no_name_is_kept(broker: Broker, front: str) -> None:
    asked: list[bytes] = []

    async def identify(question: Identify) -> Identity | Failure:
        asked.append(question.image)
        return Identity(person=17, name="Anna", score=0.8)

    albums = broker.bus("albums")
    albums.answer(IDENTIFY, identify)
    async with in_room(broker, front, albums) as room:
        await room.until(CameraState, online=True, recording=True)
        await more_pieces(room.folder / "recordings" / "front_door", 2)
        room.camera("front_door").hear(unusual(time.monotonic()))
        opened = await room.until(CameraEvent, event_type="open")

        def event() -> queries.Event:
            with queries.opened(room.folder) as reader:
                return queries.find_event(reader, opened.id)

        await eventually(lambda: event().who)
        assert queries.person_of(event()) == 17
        told = await room.until(CameraEvent, event_type="close")
    assert told.face == "known"
    assert "Anna" not in repr(room.heard)
    assert asked[0].startswith(b"\xff\xd8\xff")


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
