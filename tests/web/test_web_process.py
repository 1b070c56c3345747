"""The process of the page, with a real broker and a neighbour in the place of albums."""

import asyncio
import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from appliance.bus.messages.albums import NamePerson
from appliance.camera.footage.recordings import name_of
from appliance.service.paths import Paths
from appliance.web.passwords import PasswordFile
from tests.broker_fixture import Broker, free_port, running
from tests.web import household as sample
from tests.web.camera_neighbour import journal_of
from tests.web.neighbour import Neighbour

pytestmark = pytest.mark.anyio
LIMIT_S = 30.0
BUDGET_KB = 40_000
START_MS = 1_795_000_000_000
LEAVE_S = 10.0
"""What a stop may take: a download under way gets three seconds."""


class Process:
    """`python -m appliance.web` on the folders of a broker."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.process = subprocess.Popen(
            [sys.executable, "-m", "appliance.web"],
            env=os.environ
            | {"APPLIANCE_DATA": str(paths.data), "APPLIANCE_RUNTIME": str(paths.runtime)},
            stderr=subprocess.PIPE,
        )

    async def url(self) -> str:
        """Where it is, once it says so."""
        file = self.paths.runtime / "web" / "address.json"
        async with asyncio.timeout(LIMIT_S):
            while not file.exists():
                assert self.process.poll() is None
                await asyncio.sleep(0.05)
        return str(json.loads(file.read_bytes())["url"])

    def stop(self) -> tuple[int, str]:
        """Its exit status and what it logged."""
        self.process.send_signal(signal.SIGTERM)
        _, log = self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode, log.decode()


@pytest.fixture
def web(broker: Broker) -> Iterator[Process]:
    settings = broker.paths.settings_file
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f"[web]\nport = {free_port()}\n")
    process = Process(broker.paths)
    yield process
    process.process.kill()
    process.process.communicate()


@asynccontextmanager
async def listening(client: httpx.AsyncClient) -> AsyncIterator[AsyncIterator[str]]:
    """The names of the events."""

    async def names(response: httpx.Response) -> AsyncIterator[str]:
        async for line in response.aiter_lines():
            if line.startswith("event: "):
                yield line[7:]

    async with client.stream("GET", "/events") as response:
        stream = names(response)
        yield stream
        await stream.aclose()  # type: ignore[attr-defined]


async def until(stream: AsyncIterator[str], name: str, limit_s: float = LIMIT_S) -> None:
    async with asyncio.timeout(limit_s):
        async for found in stream:
            if found == name:
                return


def read_pss_kb(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


def browser(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=url,
        headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
        timeout=LIMIT_S,
    )


async def test_a_name_given_on_the_page_reaches_albums_and_comes_back(
    broker: Broker, web: Process
) -> None:
    household = sample.move_in(broker.paths, photos=9)
    bus = broker.bus("albums")
    neighbour = Neighbour(bus, household.database, broker.paths)
    async with running(bus), browser(await web.url()) as client, listening(client) as events:
        await neighbour.say_hello()
        await until(events, "library")
        answer = await client.post("/people/7/name", data={"name": "Gül"})
        assert answer.status_code == 303
        assert neighbour.asked == [NamePerson(person=7, name="Gül")]
        text = (await client.get(answer.headers["location"])).text
        assert "Saved: Gül" in text
        await until(events, "library")
        assert "Gül" in (await client.get("/people")).text
    household.database.close()


async def test_a_service_that_goes_shows_on_the_page_within_seconds(
    broker: Broker, web: Process
) -> None:
    household = sample.move_in(broker.paths, photos=3)
    bus = broker.bus("albums")
    neighbour = Neighbour(bus, household.database, broker.paths)
    async with browser(await web.url()) as client, listening(client) as events:
        async with running(bus):
            await neighbour.say_hello()
            await until(events, "library")
        await until(events, "services", 5)
        text = (await client.get("/")).text
        assert "Sorting photos has stopped" in text
        assert (await client.get("/photos/1/thumbnail")).status_code == 200
    household.database.close()


async def test_a_broker_that_goes_is_said_and_photos_are_shown(
    broker: Broker, web: Process
) -> None:
    household = sample.move_in(broker.paths, photos=3)
    async with browser(await web.url()) as client, listening(client) as events:
        await until(events, "services")
        broker.kill()
        async with asyncio.timeout(LIMIT_S):
            while "cannot talk to each other" not in (await client.get("/")).text:
                await until(events, "services")
        assert (await client.get("/photos/1/preview")).status_code == 200
        broker.start()
        async with asyncio.timeout(LIMIT_S):
            while "cannot talk to each other" in (await client.get("/")).text:
                await until(events, "services")
    household.database.close()


async def test_the_process_stays_within_its_memory_with_50_000_photos_after_every_view(
    broker: Broker, web: Process
) -> None:
    household = sample.move_in(broker.paths, photos=12)
    sample.add_days(broker.paths, household.database, days=2500, photos=20)
    async with browser(await web.url()) as client:
        for path in ("/", "/photos", "/photos/1", "/people", "/people/1", "/activity", "/models",
                     "/settings", "/health", "/upload"):  # fmt: skip
            assert (await client.get(path)).status_code == 200
        for photo in range(1, 13):
            await client.get(f"/photos/{photo}/preview")
    pss_kb = read_pss_kb(web.process.pid)
    assert pss_kb * 1.024 < BUDGET_KB
    household.database.close()


async def test_it_stops_cleanly_with_browsers_connected_and_logs_no_faces_or_names(
    broker: Broker, web: Process
) -> None:
    household = sample.move_in(broker.paths, photos=3)
    async with browser(await web.url()) as client, listening(client) as events:
        await until(events, "hello")
        await client.get("/people/1")
        status, log = await asyncio.to_thread(web.stop)
    assert status == 0
    assert "Ada" not in log
    assert "Traceback" not in log
    household.database.close()


def write_lan(paths: Paths) -> None:
    paths.settings_file.parent.mkdir(parents=True, exist_ok=True)
    paths.settings_file.write_text(f'[web]\nlisten = "lan"\nport = {free_port()}\n')


async def answers_elsewhere(url: str) -> bool:
    """Whether an address that is not 127.0.0.1 is listened to."""
    port = url.rstrip("/").rpartition(":")[2]
    try:
        _, writer = await asyncio.open_connection("127.0.0.2", int(port))
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def test_without_a_password_the_lan_stays_out_and_health_says_why(broker: Broker) -> None:
    write_lan(broker.paths)
    process = Process(broker.paths)
    try:
        url = await process.url()
        assert not await answers_elsewhere(url)
        async with browser(url) as client, listening(client) as events:
            async with asyncio.timeout(LIMIT_S):
                while "it has no password" not in (await client.get("/health")).text:
                    await until(events, "services")
    finally:
        await asyncio.to_thread(process.stop)


async def test_with_a_password_the_lan_comes_in(broker: Broker) -> None:
    write_lan(broker.paths)
    PasswordFile(broker.paths.config / "web" / "password").set("correct horse")
    process = Process(broker.paths)
    try:
        url = await process.url()
        assert ".local:" in url
        assert await answers_elsewhere(url)
    finally:
        await asyncio.to_thread(process.stop)


async def test_a_changed_setting_ends_the_process_so_that_it_is_started_anew(
    broker: Broker, web: Process
) -> None:
    form = {
        "listen": "loopback", "port": "18480", "host_names": "", "theme": "dark",
        "session_days": "30", "upload_limit_mb": "200", "upload_reserve_mb": "500",
    }  # fmt: skip
    async with browser(await web.url()) as client, listening(client) as events:
        while "cannot talk to each other" in (await client.get("/")).text:
            await until(events, "services")
        assert (await client.post("/settings/web", data=form)).status_code == 303
        status = await asyncio.to_thread(web.process.wait, LIMIT_S)
    assert status == 0


async def test_it_ends_soon_though_a_recording_is_half_loaded(broker: Broker, web: Process) -> None:
    folder = broker.paths.camera
    with journal_of(folder) as journal:
        journal.replace_cameras({"front_door": "Front door"})
    path = folder / "recordings" / "front_door" / name_of(START_MS)
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.write(struct.pack(">I4s", 64_000_000, b"mdat"))
        file.truncate(64_000_000)
    async with browser(await web.url()) as client, asyncio.timeout(LIMIT_S):
        address = f"/cameras/front_door/recordings/{START_MS}.mp4"
        async with client.stream("GET", address) as response:
            await anext(response.aiter_raw())  # and no more
            begun_s = time.monotonic()
            status, _ = await asyncio.to_thread(web.stop)
    assert status == 0
    assert time.monotonic() - begun_s < LEAVE_S
