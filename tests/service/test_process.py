"""The life of a service process: alone, without a broker, and supervised beside a real one."""

import asyncio
import contextlib
import functools
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import IO

import pytest

from appliance.bus.client import Bus
from appliance.bus.messages.service import Availability, Health, SettingsChanged
from appliance.bus.topics import AVAILABILITY, HEALTH, SETTINGS_CHANGED
from appliance.service import broker
from appliance.service.keeper import IMAGE_PYTHON
from appliance.service.process import EXIT_CONFIGURATION
from tests.service.supervised import PROGRAMS, Supervised, wait_for

UNITS = Path(__file__).parents[2] / "systemd"
ROOM = PROGRAMS / "room.py"


class Alone:
    """The test's service started from a terminal, its standard error in a pipe."""

    def __init__(self, folder: Path) -> None:
        self.journal = folder / "journal"
        self.data = folder / "data"
        self.settings = self.data / "config" / "appliance.toml"
        self.settings.parent.mkdir(parents=True)
        self.process: subprocess.Popen[str] | None = None

    def start(self, behaviour: str = "", extra: Mapping[str, str] = {}) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "APPLIANCE_DATA": str(self.data),
            "JOURNAL": str(self.journal),
            "BEHAVIOUR": behaviour,
            **extra,
        }
        self.process = subprocess.Popen(
            [sys.executable, str(ROOM)], env=environment, stderr=subprocess.PIPE, text=True
        )
        return self.process

    def error_stream(self) -> IO[str]:
        assert self.process is not None
        assert self.process.stderr is not None
        return self.process.stderr

    def read_until(self, text: str) -> str:
        for line in self.error_stream():
            if text in line:
                return line
        raise AssertionError(f"ended without a word of: {text}")


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    alone = Alone(tmp_path)
    yield alone
    if alone.process is not None:
        alone.process.kill()
        alone.process.wait()
        alone.error_stream().close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_starts_and_stops_without_a_broker(alone: Alone, number: signal.Signals) -> None:
    process = alone.start()
    alone.read_until("event=started")
    process.send_signal(number)
    assert process.wait(30) == 0
    assert alone.journal.read_text() == "start with 1 threads\nstop\n"


def test_a_stop_during_the_start_is_obeyed(alone: Alone) -> None:
    process = alone.start("slow start")
    wait_for("its start", alone.journal.exists)
    process.terminate()
    assert process.wait(30) == 0
    assert alone.journal.read_text().endswith("stop\n")


def test_tasks_that_never_end_are_cancelled(alone: Alone) -> None:
    process = alone.start("endless stop")
    alone.read_until("event=started")
    process.terminate()
    assert process.wait(30) == 0


def test_a_task_that_fails_ends_the_process_after_its_stop(alone: Alone) -> None:
    process = alone.start("failing task")
    line = alone.read_until("service failed")
    assert process.wait(30) == 1
    assert "error=ValueError" in line
    assert "Anna" not in line
    assert alone.journal.read_text().endswith("stop\n")


def test_a_wrong_setting_is_one_line_and_status_78(alone: Alone) -> None:
    alone.settings.write_text("[albums]\n\nthreads = 9\n")
    process = alone.start()
    _, text = process.communicate(timeout=10)
    assert process.returncode == EXIT_CONFIGURATION
    assert text.count("\n") == 1
    assert "appliance.toml, line 3: albums.threads" in text
    assert "appliance settings check" in text


def test_the_time_being_unknown_stops_nobody(alone: Alone) -> None:
    process = alone.start("1970")
    alone.read_until("event=started")
    process.terminate()
    assert process.wait(30) == 0


@pytest.fixture
def box(supervised: Supervised) -> Supervised:
    """The real broker's unit and the test's service, under the supervisor."""
    text = (UNITS / "appliance-broker.service").read_text()
    (supervised.units / "appliance-broker.service").write_text(text)
    return supervised


def write_room(box: Supervised, behaviour: str = "", service: str = "WatchdogSec=30") -> None:
    box.write_unit(
        "albums",
        start=f"{IMAGE_PYTHON} {ROOM}",
        unit="After=appliance-broker.service",
        service=f'Environment=JOURNAL={box.journal} "BEHAVIOUR={behaviour}"\n{service}',
    )


class Listener:
    """The bus as web sees it."""

    def __init__(self, box: Supervised) -> None:
        self.bus = Bus(
            functools.partial(broker.locate, box.paths, "web"), "web", broker.box_id(box.paths)
        )
        self.health: list[Health] = []
        self.availability: list[Availability] = []
        self.news = asyncio.Condition()
        self.bus.on(HEALTH, self.take_health)
        self.bus.on(AVAILABILITY, self.take_availability)

    async def take_health(self, message: Health, service: str) -> None:
        if service == "albums":
            self.health.append(message)
            await self.tell()

    async def take_availability(self, message: Availability, service: str) -> None:
        if service == "albums":
            self.availability.append(message)
            await self.tell()

    async def tell(self) -> None:
        async with self.news:
            self.news.notify_all()

    async def until_health(self, state: str) -> Health:
        def last() -> bool:
            return bool(self.health) and self.health[-1].state == state

        async with asyncio.timeout(15), self.news:
            await self.news.wait_for(last)
        return self.health[-1]

    async def until_availability(self, wanted: Availability) -> None:
        async with asyncio.timeout(15), self.news:
            await self.news.wait_for(lambda: wanted in self.availability[-1:])


@contextlib.asynccontextmanager
async def listening(box: Supervised) -> AsyncIterator[Listener]:
    listener = Listener(box)
    running = asyncio.create_task(listener.bus.run())
    try:
        async with asyncio.timeout(15):
            await listener.bus.connected.wait()
        yield listener
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def test_health_is_on_the_bus(box: Supervised) -> None:
    write_room(box, "ailing")
    box.start()
    pid = box.running("albums")

    async def look() -> Health:
        async with listening(box) as listener:
            return await listener.until_health("degraded")

    health = asyncio.run(look())
    assert health.pid == pid
    assert 5 < health.pss_mb < 200
    assert [(reason.rule, reason.mend) for reason in health.reasons] == [("lens", "wipe it")]
    assert "T" in health.started_at


def test_a_killed_service_is_offline_and_online_again_within_five_seconds(box: Supervised) -> None:
    write_room(box, service="RestartSec=1")
    box.start()
    pid = box.running("albums")

    async def look() -> None:
        async with listening(box) as listener:
            await listener.until_availability(Availability.ONLINE)
            os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(5):
                await listener.until_availability(Availability.OFFLINE)
                await listener.until_availability(Availability.ONLINE)

    asyncio.run(look())


def test_changed_settings_start_the_service_anew(box: Supervised) -> None:
    write_room(box)
    box.start()
    pid = box.running("albums")
    box.paths.settings_file.write_text("[albums]\nthreads = 3\n")

    async def tell() -> None:
        async with listening(box) as listener:
            await listener.until_availability(Availability.ONLINE)
            await listener.bus.publish(SETTINGS_CHANGED, SettingsChanged(sections=["web"]))
            await listener.bus.publish(SETTINGS_CHANGED, SettingsChanged(sections=["albums"]))
            await listener.until_availability(Availability.OFFLINE)

    asyncio.run(tell())
    box.running("albums", other_than=pid)
    assert box.notes() == ["start with 1 threads", "stop", "start with 3 threads"]
    assert box.state("albums").result == "exit-code 0"


def test_a_wrong_setting_is_waited_out_and_told(box: Supervised) -> None:
    box.paths.config.mkdir(parents=True)
    box.paths.settings_file.write_text("[albums]\nthreads = 9\n")
    write_room(box)
    box.start()
    pid = box.running("albums")

    async def look() -> Health:
        async with listening(box) as listener:
            return await listener.until_health("failed")

    health = asyncio.run(look())
    assert "line 2: albums.threads" in health.reasons[0].message
    assert box.notes() == ["stop"]
    box.paths.settings_file.write_text("[albums]\nthreads = 4\n")
    box.running("albums", other_than=pid)
    wait_for("its start", lambda: box.notes() == ["stop", "start with 4 threads"])


@pytest.mark.parametrize("part", ["stuck thread", "stuck loop"])
def test_a_stuck_part_ends_by_the_watchdog(box: Supervised, part: str) -> None:
    write_room(box, part, service="WatchdogSec=1")
    box.start()
    box.running("albums")
    wait_for("a new life", lambda: box.state("albums").restarts >= 1)
    assert box.state("albums").result == "watchdog"


def test_a_broker_that_died_does_not_end_the_service(box: Supervised) -> None:
    write_room(box)
    box.start()
    pid = box.running("albums")
    mosquitto = box.running("broker")
    os.kill(mosquitto, signal.SIGKILL)
    box.running("broker", other_than=mosquitto)

    async def look() -> None:
        async with listening(box) as listener:
            await listener.until_availability(Availability.ONLINE)

    asyncio.run(look())
    assert box.running("albums") == pid
