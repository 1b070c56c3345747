"""Timers end once, also over restarts, reboots and with a clock that is wrong at first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.voice.language.replies import Replies
from appliance.voice.timers.file import FILE, TimerFile
from appliance.voice.timers.timekeeping import Timekeeping
from appliance.voice.timers.timers import LONGEST_S, Timer, Timers

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LIMIT_S = 10.0


class Box:
    """A box that can be switched off; its clock stands until it is moved."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.boot = "1"
        self.now_s = 500.0
        self.time: datetime | None = NOON
        self.ended: asyncio.Queue[tuple[float, bool, bool]] = asyncio.Queue()

    def now(self) -> datetime | None:
        return self.time

    def monotonic(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        if self.time is not None:
            self.time += timedelta(seconds=seconds)

    def reboot(self, off_s: float, *, clock: bool = True) -> None:
        """`clock`: whether the time is known at once afterwards."""
        assert self.time is not None
        self.boot += "1"
        self.now_s = 3.0
        self.time = self.time + timedelta(seconds=off_s) if clock else None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Timers]:
        timers = Timers(self.monotonic)

        def on_end(timer: Timer, missed: bool, text: str, aloud: bool) -> None:
            assert text
            self.ended.put_nowait((timer.length_s, missed, aloud))

        keeping = Timekeeping(timers, TimerFile(self.folder, self.boot), Replies(), self, on_end)
        await keeping.restore()
        task = asyncio.create_task(keeping.run())
        try:
            yield timers
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def saved(self, count: int) -> None:
        """So many timers are on the disk."""
        file = TimerFile(self.folder, self.boot)
        async with asyncio.timeout(LIMIT_S):
            while True:
                with suppress(msgspec.MsgspecError):
                    if len(file.read(self.now_s, self.time)) == count:
                        return
                await asyncio.sleep(0.01)

    async def next(self) -> tuple[float, bool, bool]:
        return await asyncio.wait_for(self.ended.get(), LIMIT_S)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "voice")


async def test_a_timer_that_ends_is_told_once(box: Box) -> None:
    async with box.running() as timers:
        timers.start(0.05)
        box.wait(0.05)
        assert await box.next() == (0.05, False, True)
        await box.saved(0)
    async with box.running():
        pass
    assert box.ended.empty()


async def test_a_restart_forgets_no_timer_and_moves_none(box: Box) -> None:
    async with box.running() as timers:
        timers.start(300)
        await box.saved(1)
    box.wait(120)
    async with box.running() as timers:
        assert timers.left_s() == pytest.approx(180)


async def test_a_clock_that_is_set_between_two_processes_moves_no_timer(box: Box) -> None:
    async with box.running() as timers:
        timers.start(300)
        await box.saved(1)
    box.time = NOON + timedelta(days=900)
    async with box.running() as timers:
        assert timers.left_s() == pytest.approx(300)


async def test_after_a_power_cut_a_timer_ends_when_it_should(box: Box) -> None:
    async with box.running() as timers:
        timers.start(300)
        await box.saved(1)
    box.reboot(100)
    async with box.running() as timers:
        assert timers.left_s() == pytest.approx(200)


@pytest.mark.parametrize(("late_s", "missed", "aloud"), [(30, False, True), (200, True, True)])
async def test_a_timer_that_ended_without_power_is_told(
    box: Box, late_s: float, missed: bool, aloud: bool
) -> None:
    async with box.running() as timers:
        timers.start(300)
        await box.saved(1)
    box.reboot(300 + late_s)
    async with box.running():
        assert await box.next() == (300, missed, aloud)


async def test_what_was_missed_long_ago_is_not_said_aloud(box: Box) -> None:
    async with box.running() as timers:
        timers.start(300)
        await box.saved(1)
    box.reboot(8 * 3600)
    async with box.running():
        assert await box.next() == (300, True, False)


async def test_while_the_time_is_unknown_a_timer_runs_on_and_is_then_corrected(box: Box) -> None:
    async with box.running() as timers:
        timers.start(300)
        await box.saved(1)
    box.reboot(100, clock=False)
    async with box.running() as timers:
        assert timers.left_s() == pytest.approx(300)
        timers.correct(NOON + timedelta(seconds=100))
        assert timers.left_s() == pytest.approx(200)


async def test_a_second_cut_before_the_time_is_known_forgets_nothing(box: Box) -> None:
    async with box.running() as timers:
        timers.start(300)
        await box.saved(1)
    box.reboot(100, clock=False)
    async with box.running() as timers:
        timers.start(9000)
        await box.saved(2)
    box.boot, box.time = "another", NOON + timedelta(seconds=200)
    async with box.running() as timers:
        assert timers.left_s() == pytest.approx(100)


async def test_a_paused_timer_stays_paused(box: Box) -> None:
    async with box.running() as timers:
        timers.start(300)
        timers.pause()
        await box.saved(1)
    box.reboot(10_000)
    async with box.running() as timers:
        assert timers.left_s() == pytest.approx(300)
        assert timers.resume()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"boot":"1","timers":[],"version":2}'])
async def test_a_damaged_file_costs_its_timers_and_nothing_else(box: Box, content: bytes) -> None:
    box.folder.mkdir()
    (box.folder / FILE).write_bytes(content)
    async with box.running() as timers:
        assert timers.left_s() is None
        timers.start(300)
        await box.saved(1)


@given(
    lengths=st.lists(st.floats(1, LONGEST_S), max_size=5),
    off_s=st.floats(0, 2 * LONGEST_S),
)
def test_what_is_written_is_read_whatever_time_has_passed(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[float], off_s: float
) -> None:
    folder = tmp_path_factory.mktemp("timers")
    written = [Timer(length, 500.0 + length) for length in lengths]
    TimerFile(folder, "1").write(written, 500.0, NOON)
    read = TimerFile(folder, "2").read(3.0, NOON + timedelta(seconds=off_s))
    expected = [length - off_s for length in lengths]
    assert [timer.left_s(3.0) for timer in read] == pytest.approx(expected, abs=0.01)
