"""Recordings in a real Chromium. Each wait has a limit of its own."""

import datetime as dt

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page as Tab
from playwright.async_api import expect

from tests.broker_fixture import Broker
from tests.web.camera_neighbour import CAMERAS, Odd, add, journal_of, record
from tests.web.test_browser import PHONE, SMALL_TARGETS, started
from tests.web.test_web_process import Process, web

__all__ = ["web"]

pytestmark = pytest.mark.anyio

PIECE_MS = 3000
PLAYED_MS = 15_000
"""At most so long until a piece of three seconds is over and the next one is shown."""


def yesterday_at(hour: int, minute: int = 0) -> int:
    """Where the box stands, ms since 1970."""
    day = dt.datetime.now().astimezone().date() - dt.timedelta(days=1)
    moment = dt.datetime.combine(day, dt.time(hour, minute)).astimezone()
    return round(moment.timestamp() * 1000)


async def faults(tab: Tab) -> list[str]:
    results = await Axe().run(tab)
    found = [
        f"{violation['id']}: {violation['nodes'][0]['html'][:120]}"
        for violation in results.response["violations"]
        if violation["impact"] in {"serious", "critical"}
    ]
    if await tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("scrolls sideways")
    return found


async def test_a_day_is_played_over_pieces_and_gaps_and_from_event_to_event(
    broker: Broker, web: Process
) -> None:
    first, last = yesterday_at(10), yesterday_at(11, 30)
    second = first + PIECE_MS
    record(broker.paths.camera, "front_door", (first, second, last), PIECE_MS / 1000)
    odd = Odd("front_door", 0, "person", "speed", "A person runs.", length_s=1)
    with journal_of(broker.paths.camera) as journal:
        journal.replace_cameras(CAMERAS)
        add(journal, broker.paths.camera, second + 1000, odd)
    async with started(broker, web, photos=1) as box:
        tab = await box.tab(viewport=PHONE)
        await tab.goto(f"{box.url}cameras/front_door/recordings?at={first}")
        player, said = tab.locator("#player"), tab.get_by_role("status").locator("visible=true")
        await expect(player).to_have_attribute("data-piece", str(first), timeout=PLAYED_MS)
        await expect(player).to_have_attribute("data-piece", str(second), timeout=PLAYED_MS)
        await expect(player).to_have_attribute("data-piece", str(last), timeout=PLAYED_MS)
        gap = "Nothing was recorded from 10:00 to 11:30."
        await expect(said.get_by_text(gap)).to_be_visible(timeout=PLAYED_MS)
        await expect(said.get_by_text("after 11:30:03.")).to_be_visible(timeout=PLAYED_MS)
        await expect(tab.get_by_role("button", name="Play", exact=True).last).to_be_visible()

        await tab.get_by_role("button", name="Event before").click()
        await expect(said.get_by_text("A person runs.")).to_be_visible(timeout=PLAYED_MS)
        await expect(player).to_have_attribute("data-piece", str(first), timeout=PLAYED_MS)

        strip = tab.get_by_role("slider")
        await strip.focus()
        await tab.keyboard.press("End")
        for _ in range(12):
            await tab.keyboard.press("PageDown")
        await tab.keyboard.press("Enter")  # 11:59
        await expect(said.get_by_text("after 11:30:03.")).to_be_visible(timeout=PLAYED_MS)
        for scheme in ("light", "dark"):
            await tab.emulate_media(color_scheme=scheme)
            assert await faults(tab) == []
        assert await tab.evaluate(SMALL_TARGETS) == []
