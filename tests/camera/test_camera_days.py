"""Simulated days: what the room keeps on the disk and in memory stays within its bounds.

Recordings, events, clips, the database and what is learned are real; the clock goes as fast as they
can be made.
"""

import asyncio
import gc
import os
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import msgspec
import pytest

from appliance.camera import queries
from appliance.camera.children import protocol
from appliance.camera.children.opening import open_analysis
from appliance.camera.events.journal import Journal
from appliance.camera.footage.recorder import Recorder, Written
from appliance.camera.live import Live
from appliance.camera.retention import Limits, Retention
from appliance.camera.room import Room, Told
from appliance.camera.settings import Camera
from appliance.camera.streams.decoding import read_file
from appliance.service import allocator
from tests.camera.room import unusual
from tests.camera.scenes import encode, paint, walkers
from tests.camera.street import film_against

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]
DAYS = 7
WARM_DAYS = 3
"""After these the bounds are reached, and nothing grows any more."""
KEPT_DAYS = 2
SIZE_BYTES = 8_000_000
DATABASE_BYTES = 5_000_000
"""With its log, which SQLite writes back at 1000 pages of 4 KiB."""
GROWTH_BYTES = 4_000_000
"""What allocator and database cache may keep; a picture that stays of each event is more."""
EVERY_MINUTES = 5
EVENT_EVERY_HOURS = 4
CLIP_LIMIT_S = 30.0
VISIT_EVERY_S = 1_200.0
VISITS = 144


class FastClock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return self.passed_s

    @property
    def now_ms(self) -> int:
        return round(self.now().timestamp() * 1000)


@dataclass
class Yard:
    """A camera's room without the camera."""

    folder: Path
    film: Path
    clock: FastClock
    room: Room
    live: Live
    retention: Retention

    def record(self) -> None:
        """A piece of ten seconds, which ends now."""
        self.clock.passed_s -= 10
        folder = self.folder / queries.RECORDINGS / self.live.key
        written: list[Written] = []
        with av.open(str(self.film)) as container:
            video = container.streams.video[0]
            recorder = Recorder(folder, video, self.clock, written.append)
            for packet in container.demux(video):
                if packet.size:
                    recorder.add(packet)
            recorder.close()
        self.clock.passed_s += 10
        os.utime(written[0].path, (self.clock.now_ms / 1000,) * 2)

    async def see(self) -> None:
        """Something moves; now and then it is unusual, and a clip is made of it."""
        self.live.tick(self.clock.now_ms)
        at_s = self.clock.monotonic()
        self.live.hear(msgspec.structs.replace(unusual(at_s), score=0.2))
        if self.clock.passed_s % (EVENT_EVERY_HOURS * 3600) < EVERY_MINUTES * 60:
            self.live.hear(protocol.Snapshot(at_s, b"\xff\xd8" + os.urandom(20_000)))
            self.live.hear(unusual(at_s))
            self.clock.passed_s += 6
            self.live.tick(self.clock.now_ms)
            self.clock.passed_s += 10
        await self.room.drain()
        self.room.closed.set()

    def kept_bytes(self) -> int:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return sum(path.stat().st_size for path in files)


@pytest.fixture(autouse=True)
def _as_in_the_service() -> None:
    allocator.return_memory_early()


def used_bytes() -> int:
    """What this process alone has in memory, whoever else has its libraries there."""
    gc.collect()
    allocator.trim()
    text = Path("/proc/self/smaps_rollup").read_text("ascii")
    return int(re.search(r"^Anonymous:\s+(\d+) kB$", text, re.MULTILINE)[1]) * 1024


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_a_week_of_a_camera_stays_within_disk_and_memory(tmp_path: Path) -> None:
    folder, clock = tmp_path / "camera", FastClock()
    journal = Journal(folder)
    told: list[Told] = []
    clips = asyncio.Event()

    async def tell(what: Told, _: queries.Event) -> None:
        told.append(what)
        if what == "clip":
            clips.set()

    async def show(_: str, __: bytes) -> None:
        return

    room = Room(folder, journal, clock, tell, show)
    live = Live(
        Camera(name="Yard", url="/film.mp4"),
        armed=True,
        clock=clock.monotonic,
        changed=lambda: None,
        happened=room.happened,
        pictured=room.pictured,
        heard=lambda *_: None,
    )
    room.cameras = {live.key: live}
    limits = Limits(KEPT_DAYS, KEPT_DAYS, SIZE_BYTES, 0)
    film = encode(tmp_path / "film.mp4", paint(10, walkers(10)))
    yard = Yard(folder, film, clock, room, live, Retention(folder, journal, limits))
    tasks = [asyncio.create_task(room.run()), asyncio.create_task(room.cut_clips())]
    descriptors, used, database = 0, 0, 0
    try:
        for day in range(DAYS):
            while clock.passed_s < (day + 1) * 86_400:
                clock.passed_s += EVERY_MINUTES * 60
                yard.record()
                clips.clear()
                before = len(told)
                await yard.see()
                if len(told) > before:
                    await asyncio.wait_for(clips.wait(), CLIP_LIMIT_S)
                if clock.passed_s % 3600 < EVERY_MINUTES * 60:
                    yard.retention.enforce(clock.now_ms, room.open_since_ms())
                    assert yard.kept_bytes() < SIZE_BYTES + DATABASE_BYTES
            if day + 1 == WARM_DAYS:
                descriptors, used = open_files(), used_bytes()
                database = (folder / queries.DATABASE).stat().st_size
        assert used_bytes() - used < GROWTH_BYTES
        assert open_files() <= descriptors
        assert (folder / queries.DATABASE).stat().st_size <= database * 1.2
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        journal.close()
    events = told.count("open")
    assert events == told.count("close") == told.count("clip") >= DAYS * 24 / EVENT_EVERY_HOURS - 1
    with queries.opened(folder) as reader:
        assert 0 < queries.count(reader).events <= KEPT_DAYS * 24 / EVENT_EVERY_HOURS + 1


def test_what_is_learned_in_two_days_stays_within_memory(tmp_path: Path) -> None:
    """Somebody crosses the street three times an hour, each time as never before."""
    film = film_against(tmp_path / "against.mp4")
    analysis = open_analysis(b"", 1.0, None)
    used, learned_bytes = 0, 0
    for number in range(VISITS):
        for picture in read_file(film):
            analysis.add(replace(picture, time_s=picture.time_s + number * VISIT_EVERY_S))
        if number + 1 == VISITS // 3:
            used, learned_bytes = used_bytes(), len(analysis.state())
    assert used_bytes() - used < GROWTH_BYTES
    assert len(analysis.state()) < max(100_000, 2 * learned_bytes)
