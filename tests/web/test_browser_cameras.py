"""Cameras in a real Chromium: live pictures, the strip of a day, film, a word on an event."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page as Tab
from playwright.async_api import expect

from appliance.bus.messages.base import Failure
from appliance.bus.messages.camera import ArmCamera, JudgeEvent, TakeSnapshot
from appliance.camera import queries
from tests.broker_fixture import Broker, running
from tests.web import camera_neighbour
from tests.web.camera_neighbour import ODDS, RUNNER, CameraNeighbour, Odd, add, journal_of
from tests.web.camera_pictures import Thing
from tests.web.test_browser import DESK, HOSTILE_NAMES, PHONE, SMALL_TARGETS, Box, started
from tests.web.test_web_process import Process, web

__all__ = ["web"]

pytestmark = pytest.mark.anyio

VIEWS = (
    "", "cameras", "cameras/front_door", "cameras/drive", "cameras/c2",
    "cameras/c2/recordings",
    "cameras/front_door?kind=bicycle", "cameras/front_door/events/0",
)  # fmt: skip


def now_ms() -> int:
    return round(time.time() * 1000)


@asynccontextmanager
async def watched(
    broker: Broker, process: Process, *, films: bool = False
) -> AsyncIterator[tuple[Box, CameraNeighbour, list[str]]]:
    """A household with cameras; the ids of what they saw, the newest first."""
    seen = camera_neighbour.move_in(broker.paths, now_ms(), films=films)
    bus = broker.bus("camera")
    watcher = CameraNeighbour(bus, broker.paths.camera)
    async with running(bus), started(broker, process, photos=1) as box:
        await watcher.say_hello()
        tab = await box.tab()
        await tab.goto(f"{box.url}cameras")
        await expect(tab.get_by_text("Watching", exact=True)).to_have_count(3)
        await tab.close()
        yield box, watcher, seen


def pictures_asked(watcher: CameraNeighbour) -> int:
    return sum(isinstance(each, TakeSnapshot) for each in watcher.asked)


async def until_another_picture(tab: Tab, before: str) -> str:
    image = tab.locator("#live-picture img")
    await expect(image).not_to_have_attribute("src", before)
    return str(await image.get_attribute("src"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_no_view_of_cameras_stands_in_anybodys_way(
    broker: Broker, web: Process, size: dict[str, int], scheme: str
) -> None:
    async with watched(broker, web) as (box, watcher, seen):
        with journal_of(broker.paths.camera) as journal:
            journal.replace_cameras(
                camera_neighbour.CAMERAS | {f"c{n}": name for n, name in enumerate(HOSTILE_NAMES)}
            )
            for number, name in enumerate(HOSTILE_NAMES):
                add(journal, broker.paths.camera, now_ms(),
                    Odd("front_door", number, "person", "speed", name * 3, who=name))  # fmt: skip
        await watcher.tell("drive", online=False, problem="Drive gives no pictures.")
        tab = await box.tab(viewport=size, color_scheme=scheme)
        found = []
        for path in (*VIEWS, f"cameras/front_door/events/{seen[0]}"):
            await tab.goto(f"{box.url}{path}")
            for summary in await tab.locator(".panel summary").all():
                await summary.click()
            results = await Axe().run(tab)
            found += [
                (path, violation["id"], [node["html"][:120] for node in violation["nodes"][:3]])
                for violation in results.response["violations"]
                if violation["impact"] in {"serious", "critical"}
            ]
            if await tab.evaluate("document.documentElement.scrollWidth > innerWidth"):
                found.append((path, "scrolls sideways", []))
            if size is PHONE:
                found += [(path, small, []) for small in await tab.evaluate(SMALL_TARGETS)]
        assert found == []


async def test_the_picture_of_now_comes_again_while_somebody_looks(
    broker: Broker, web: Process
) -> None:
    async with watched(broker, web) as (box, watcher, _):
        tab = await box.tab()
        await tab.goto(f"{box.url}cameras/front_door")
        first = await until_another_picture(tab, "/cameras/front_door/picture")
        await until_another_picture(tab, first)
        assert pictures_asked(watcher) >= 2
        await tab.evaluate(
            "Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })"
        )
        await tab.wait_for_timeout(500)  # what is under way comes to its end
        asked = pictures_asked(watcher)
        await tab.wait_for_timeout(2500)
        assert pictures_asked(watcher) == asked


async def test_pictures_that_do_not_come_are_said_to_be_late_until_they_do(
    broker: Broker, web: Process
) -> None:
    async with watched(broker, web) as (box, watcher, _):
        tab = await box.tab()
        await tab.goto(f"{box.url}cameras/front_door")
        await until_another_picture(tab, "/cameras/front_door/picture")
        watcher.refusal = Failure(code="away", message="The camera gives no pictures now.")
        await expect(tab.get_by_text("The picture is late")).to_be_visible()
        watcher.refusal = None
        await expect(tab.get_by_text("The picture is late")).to_be_hidden()
        box.troubles.clear()  # the browser logs each picture that did not come


async def test_how_a_camera_is_changes_under_the_eyes(broker: Broker, web: Process) -> None:
    async with watched(broker, web) as (box, watcher, _):
        tab = await box.tab()
        await tab.goto(f"{box.url}cameras")
        await tab.get_by_role("button", name="Stop watching Garden").click()
        await expect(tab.get_by_text("Garden is not watched.")).to_be_visible()
        await expect(tab.get_by_role("button", name="Watch Garden", exact=True)).to_be_visible()
        assert ArmCamera(camera="garden", armed=False) in watcher.asked
        await watcher.tell("drive", online=False, problem="Drive gives no pictures: no answer.")
        await expect(tab.get_by_text("Not there since Today")).to_be_visible()
        await expect(tab.get_by_text("Drive gives no pictures: no answer.")).to_be_visible()


async def test_what_is_seen_appears_by_itself(broker: Broker, web: Process) -> None:
    async with watched(broker, web) as (box, watcher, _):
        home, camera = await box.tab(), await box.tab()
        await home.goto(box.url)
        await camera.goto(f"{box.url}cameras/garden")
        fox = replace(RUNNER, camera="garden", minutes_ago=0.1, kind="animal",
                      sentence="An animal where only people pass.",
                      things=(Thing("dog", 0.5, 0.8, 0.2),))  # fmt: skip
        await watcher.see(fox, now_ms(), is_open=True)
        await expect(home.locator("#camera-card").get_by_text(fox.sentence)).to_be_visible()
        await expect(camera.locator("#events").get_by_text(fox.sentence)).to_be_visible()
        await expect(camera.locator("#events .chip.now")).to_be_visible()


async def test_a_film_is_played_and_one_jumps_in_it(broker: Broker, web: Process) -> None:
    async with watched(broker, web, films=True) as (box, _, seen):
        tab = await box.tab()
        await tab.goto(f"{box.url}cameras/front_door/events/{seen[0]}")
        film = tab.locator("video")
        length_s = await film.evaluate(
            "(film) => film.readyState ? film.duration : new Promise((done) =>"
            " film.addEventListener('loadedmetadata', () => done(film.duration)))"
        )
        assert length_s == pytest.approx(6.0, abs=0.3)
        at_s = await film.evaluate(
            "(film) => new Promise((done) => { film.addEventListener('seeked', () =>"
            " done(film.currentTime)); film.currentTime = 4.5; })"
        )
        assert at_s == pytest.approx(4.5, abs=0.2)
        await expect(tab.locator(".unplayable")).to_be_hidden()


async def test_a_film_that_the_browser_cannot_play_can_be_saved(
    broker: Broker, web: Process
) -> None:
    async with watched(broker, web) as (box, _, seen):
        with journal_of(broker.paths.camera) as journal:
            (broker.paths.camera / queries.CLIPS).mkdir()
            (broker.paths.camera / queries.CLIPS / "other.mp4").write_bytes(b"no film" * 999)
            journal.set_clip(seen[0], f"{queries.CLIPS}/other.mp4")
        tab = await box.tab()
        await tab.goto(f"{box.url}cameras/front_door/events/{seen[0]}")
        await expect(tab.get_by_text("This browser cannot play")).to_be_visible()
        await expect(tab.get_by_role("link", name="Save the film")).to_be_visible()


async def test_an_event_is_called_normal_and_that_is_taken_back(
    broker: Broker, web: Process
) -> None:
    async with watched(broker, web) as (box, watcher, seen):
        tab = await box.tab()
        await tab.goto(f"{box.url}cameras/front_door/events/{seen[0]}")
        await tab.get_by_role("button", name="This is normal").click()
        await expect(tab.get_by_text("You said that this is normal.")).to_be_visible()
        await tab.locator("#toasts").get_by_role("button", name="Undo").click()
        await expect(tab.get_by_text("Undone.")).to_be_visible()
        await expect(tab.get_by_role("button", name="This is normal")).to_be_visible()
        judged = [each for each in watcher.asked if isinstance(each, JudgeEvent)]
        assert [each.verdict for each in judged] == ["normal", "none"]


async def test_events_are_left_and_passed_by_keys(broker: Broker, web: Process) -> None:
    async with watched(broker, web) as (box, _, seen):
        of_door = [each for each, odd in zip(seen, ODDS, strict=True) if odd.camera == "front_door"]
        tab = await box.tab()
        await tab.goto(f"{box.url}cameras/front_door/events/{of_door[0]}")
        await tab.keyboard.press("ArrowRight")
        await tab.wait_for_url(f"**/events/{of_door[1]}")
        await tab.keyboard.press("ArrowLeft")
        await tab.wait_for_url(f"**/events/{of_door[0]}")
        await tab.keyboard.press("Escape")
        await tab.wait_for_url("**/cameras/front_door")


async def test_the_strip_of_a_day_is_walked_by_keys(broker: Broker, web: Process) -> None:
    async with watched(broker, web) as (box, _, _seen):
        with journal_of(broker.paths.camera) as journal:
            latest = replace(RUNNER, minutes_ago=0.2, sentence="Just now.")
            newest = add(journal, broker.paths.camera, now_ms(), latest)
        tab = await box.tab()
        await tab.goto(f"{box.url}cameras/front_door")
        strip = tab.get_by_role("slider")
        await strip.focus()
        await tab.keyboard.press("Home")
        await expect(strip).to_have_attribute("aria-valuenow", "0")
        await tab.keyboard.press("PageUp")
        await tab.keyboard.press("ArrowRight")
        await expect(strip).to_have_attribute("aria-valuenow", "65")
        await tab.keyboard.press("End")
        await tab.keyboard.press("ArrowDown")
        await expect(tab.locator(".readout")).to_contain_text("Just now.")
        await tab.keyboard.press("Enter")
        await tab.wait_for_url(f"**/events/{newest}")


async def test_what_was_learned_is_drawn_when_it_is_asked_for(broker: Broker, web: Process) -> None:
    async with watched(broker, web) as (box, _, _seen):
        tab = await box.tab(java_script_enabled=False)
        await tab.goto(f"{box.url}cameras/front_door")
        drawn = tab.locator("svg.drawn.speed")
        await expect(drawn).to_be_hidden()
        await tab.get_by_role("radio", name="How fast").check()
        await expect(drawn).to_be_visible()
        await expect(tab.get_by_text("10 to 20 s")).to_be_visible()


async def test_cameras_are_used_without_javascript(broker: Broker, web: Process) -> None:
    async with watched(broker, web) as (box, _, _seen):
        tab = await box.tab(java_script_enabled=False)
        await tab.goto(f"{box.url}cameras/front_door")
        await tab.get_by_label("Of what").select_option("vehicle")
        await tab.get_by_role("button", name="Show", exact=True).click()
        listed = tab.locator("#events .sighting")
        await expect(listed).to_have_count(1)
        await listed.get_by_role("link").click()
        await tab.get_by_role("button", name="Always tell me").click()
        await expect(tab.get_by_text("You want to be told always")).to_be_visible()
        await tab.get_by_role("button", name="Undo").last.click()
        await expect(tab.get_by_role("button", name="Always tell me")).to_be_visible()
