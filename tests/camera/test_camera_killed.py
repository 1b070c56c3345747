"""The whole camera room is killed at once, as a power cut ends it: what was announced is kept, what
was recorded lacks two seconds at most, and it takes up again."""

import asyncio
import time
from pathlib import Path

import av
import pytest

from appliance.bus.messages.camera import CameraEvent
from appliance.camera import queries
from appliance.camera.footage.cutting import PRE_ROLL_MS
from appliance.camera.footage.recordings import pieces
from tests.broker_fixture import Broker
from tests.camera.page import Page
from tests.camera.room import recorded_until_ms, table
from tests.camera.rtsp import Server
from tests.camera.street import film_against
from tests.camera.street_process import street_process

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]
LOST_MS = 2_000


def kept(folder: Path) -> dict[str, queries.Event]:
    """Events in the database, as the page reads them."""
    with queries.opened(folder) as reader:
        return {each.id: each for each in queries.events(reader)}


async def is_written_down(folder: Path) -> None:
    """Returns as soon as an event that is open is in the database: it is just being announced."""
    async with asyncio.timeout(60):
        while not any(each.open for each in kept(folder).values()):  # noqa: ASYNC110 # a database
            await asyncio.sleep(0.002)


def shown_until_ms(folder: Path, event: queries.Event, killed_ms: float) -> float:
    """When the last picture before the kill was taken that the clip shows, ms since 1970."""
    from_ms = event.start_ms - PRE_ROLL_MS
    (first, *_) = pieces(folder / queries.RECORDINGS / event.camera, from_ms)
    with av.open(str(folder / event.clip)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    # It begins with the key frame, one a second, before what was asked for.
    begin_ms = first.start_ms + max(0, from_ms - first.start_ms) // 1000 * 1000
    return max(begin_ms + at_s * 1000 for at_s in times if begin_ms + at_s * 1000 <= killed_ms)


async def is_told_again(page: Page, identifier: str, what: str) -> CameraEvent:
    while True:
        event = await page.next_event(what)
        if event.id == identifier:
            return event


async def test_a_kill_loses_two_seconds_at_most_and_no_announced_event(
    broker: Broker, server: Server, learned: bytes, tmp_path: Path
) -> None:
    film, folder = film_against(tmp_path / "against.mp4"), broker.paths.camera
    recordings = folder / queries.RECORDINGS / "street"
    settings = table("Street", server.address("main"), str(film))
    async with street_process(broker, settings, learned) as (process, page):
        await page.next_state(recording=True)
        for moment in ("written", "open", "close"):
            if moment == "written":
                await is_written_down(folder)
            else:
                await page.next_event(moment)
            killed_ms = time.time() * 1000
            process.kill()
            assert killed_ms - recorded_until_ms(recordings) < LOST_MS
            before = kept(folder)
            assert {each.id for each in page.told} <= before.keys()
            latest = max(before.values(), key=lambda each: each.number)
            assert latest.open == (moment != "close")

            process.start()
            if latest.open:
                closed = await is_told_again(page, latest.id, "close")
                assert (closed.cause, closed.sentence) == (latest.cause, latest.sentence)
            await page.next_state(recording=True)
            await is_told_again(page, latest.id, "clip")
            after = kept(folder)[latest.id]
            assert not after.open
            wanted_ms = min(killed_ms, after.end_ms) - LOST_MS
            assert shown_until_ms(folder, after, killed_ms) >= wanted_ms
            if latest.open:
                assert killed_ms - after.end_ms < LOST_MS
        await page.next_event("open")
        assert process.stop() == 0
    events = kept(folder)
    assert {each.id for each in page.told} <= events.keys()
    assert not any(each.open for each in events.values())
