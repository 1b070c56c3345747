"""A camera room that runs inside a test, with real children, and the page's side of its bus."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import av

from appliance.bus.client import Bus
from appliance.bus.messages.base import Message
from appliance.bus.topics import CAMERA_EVENT, CAMERA_STATE
from appliance.camera.children import protocol
from appliance.camera.footage.recordings import all_pieces
from appliance.camera.live import Live
from appliance.camera.service import CameraService
from appliance.service.clock import SystemClock
from appliance.service.health import Facts, Finding, examine
from appliance.service.heartbeat import Heartbeat
from appliance.service.process import Context
from appliance.service.tasks import Tasks
from tests.broker_fixture import Broker, running

LIMIT_S = 30.0
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


def recorded_until_ms(folder: Path) -> float:
    """When the last picture of a camera's recording was taken, ms since 1970. The last piece may
    have been opened a moment ago and be empty still."""
    for piece in reversed(list(all_pieces(folder))):
        with suppress(av.FFmpegError):
            return piece.start_ms + length_s(piece.path) * 1000
    return 0.0


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text()


def count(folder: Path) -> int:
    return len(list(all_pieces(folder)))


async def more_pieces(folder: Path, number: int) -> None:
    """Returns when there are so many more."""
    before = count(folder)
    await eventually(lambda: count(folder) >= before + number)
