"""Server-sent events, and what the page knows of the services."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest

from appliance.bus.messages.albums import AlbumsState, LibraryChanged, PhotoImported
from appliance.bus.messages.service import Availability, Health
from appliance.web.events import Hub
from appliance.web.status import RECENT, Status
from tests.web.conftest import SetClock

pytestmark = pytest.mark.anyio
LIMIT_S = 5.0


async def read(stream: AsyncIterator[str]) -> str:
    """The next event's name."""
    text = await asyncio.wait_for(anext(stream), LIMIT_S)
    return next(line[7:] for line in text.splitlines() if line.startswith("event: "))


async def test_a_browser_is_greeted_and_then_hears_what_changes() -> None:
    hub = Hub(coalesce_s=0)
    async with aclosing(hub.follow()) as stream:
        assert await read(stream) == "hello"
        hub.changed("services")
        assert await read(stream) == "services"


async def test_a_browser_learns_whether_its_page_is_as_things_are() -> None:
    hub = Hub()
    hub.changed("library")
    async with aclosing(hub.follow()) as stream:
        assert f"data: {hub.version}\n" in await anext(stream)


async def test_many_changes_of_a_kind_are_one_event() -> None:
    hub = Hub(coalesce_s=0)
    async with aclosing(hub.follow()) as stream:
        await read(stream)
        for _ in range(100):
            hub.changed("library")
        hub.changed("services")
        assert {await read(stream), await read(stream)} == {"library", "services"}
        hub.changed("library")
        assert await read(stream) == "library"


async def test_a_quiet_connection_is_kept_alive() -> None:
    hub = Hub(heartbeat_s=0.01)
    async with aclosing(hub.follow()) as stream:
        await read(stream)
        assert await read(stream) == "alive"


async def test_what_changed_before_is_no_news() -> None:
    hub = Hub(heartbeat_s=0.01, coalesce_s=0)
    hub.changed("library")
    async with aclosing(hub.follow()) as stream:
        await read(stream)
        assert await read(stream) == "alive"


async def test_closing_ends_every_connection() -> None:
    hub = Hub()
    async with aclosing(hub.follow()) as stream:
        await read(stream)
        ending = asyncio.ensure_future(anext(stream, None))
        await asyncio.sleep(0)
        hub.close()
        assert await asyncio.wait_for(ending, LIMIT_S) is None
    assert hub.followers == 0


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def status(heard: list[str]) -> Status:
    tell: Callable[[str], None] = heard.append
    made = Status(("albums", "web"), SetClock(), tell)
    made.connected = True
    heard.clear()
    return made


def health(state: str) -> Health:
    return Health(
        state=state,  # type: ignore[arg-type]
        pid=1,
        software="0",
        pss_mb=1,
        started_at="",
    )


async def test_a_service_that_goes_is_offline_whatever_it_said_before(
    status: Status, heard: list[str]
) -> None:
    await status.take_availability(Availability.ONLINE, "albums")
    await status.take_health(health("ok"), "albums")
    assert status.services()[0].condition == "ok"
    await status.take_availability(Availability.OFFLINE, "albums")
    assert status.services()[0].condition == "offline"
    assert not status.available("albums")
    assert heard == ["services"] * 3


async def test_the_box_is_as_well_as_its_worst_service(status: Status) -> None:
    for name, state in (("web", "ok"), ("albums", "degraded")):
        await status.take_availability(Availability.ONLINE, name)
        await status.take_health(health(state), name)
    assert status.worst() == "degraded"


async def test_nothing_is_known_without_the_bus(status: Status) -> None:
    await status.take_availability(Availability.ONLINE, "albums")
    await status.take_health(health("ok"), "albums")
    status.connected = False
    assert [service.condition for service in status.services()] == ["unknown", "unknown"]
    assert not status.available("albums")


async def test_what_is_heard_twice_is_told_once(status: Status, heard: list[str]) -> None:
    await status.take_availability(Availability.ONLINE, "albums")
    await status.take_availability(Availability.ONLINE, "albums")
    status.connected = True
    assert heard == ["services"]


async def test_the_library_and_its_events_are_told(status: Status, heard: list[str]) -> None:
    await status.take_albums(
        AlbumsState(
            photos=1, people=0, faces=0, unknown_faces=0, pending=0, quarantined=0, grouping=True
        ),
        "albums",
    )
    await status.take_change(LibraryChanged(), "albums")
    for photo in range(1, RECENT + 5):
        await status.take_import(PhotoImported(event_type="imported", photo=photo), "albums")
    assert status.albums is not None
    assert set(heard) == {"library"}
    assert len(status.imports) == RECENT
    assert status.imports[0].event.photo == RECENT + 4


async def test_a_service_that_the_page_does_not_know_is_ignored(status: Status) -> None:
    await status.take_availability(Availability.ONLINE, "stranger")
    await status.take_health(health("ok"), "stranger")
    assert [service.name for service in status.services()] == ["albums", "web"]
