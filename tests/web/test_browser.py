"""The page in a real Chromium: what scripts do, and what a screen reader would meet."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, BrowserContext, Route, async_playwright, expect
from playwright.async_api import Page as Tab

from appliance.bus.client import Bus
from appliance.bus.messages.albums import ForgetPerson, MergePeople, NamePerson
from appliance.bus.messages.base import Failure
from appliance.bus.messages.voice import Say
from tests.broker_fixture import Broker, running
from tests.web import household as sample
from tests.web import pictures
from tests.web.household import Household
from tests.web.neighbour import Neighbour
from tests.web.test_web_process import Process, web
from tests.web.voice_neighbour import VoiceNeighbour, record, vocabulary

__all__ = ["web"]

pytestmark = pytest.mark.anyio

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
LIMIT_MS = 20_000
expect.set_options(timeout=LIMIT_MS)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
VIEWS = (
    "/", "/?skip=8-9", "/photos", "/photos/2", "/photos/day/none", "/people", "/people?q=nobody",
    "/people/1", "/people/8", "/people/1/merge", "/people/8/same/1", "/people/1/forget", "/upload",
    "/cameras", "/voice", "/voice/vocabulary", "/voice/vocabulary?q=nobody", "/voice/recordings",
    "/voice/recordings/delete", "/voice/recordings/00000003-00000003/delete",
    "/activity", "/quarantine", "/quarantine/1/discard", "/models", "/settings", "/grouping/stop",
    "/health", "/more", "/nothing",
)  # fmt: skip

SMALL_TARGETS = """() => {
  const exempt = "p, dd, h3, .skip, .drop, .row .words, .choice";  // in text, or a row
  return [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
    .filter((element) => element.checkVisibility() && !element.closest(exempt))
    .filter((element) => {
      const { width, height } = element.getBoundingClientRect();
      return Math.min(width, height) < 43.5;
    })
    .map((element) => element.outerHTML.slice(0, 100));
}"""

HOSTILE_NAMES = (
    "<script>alert(1)</script>", "💡🔥👩‍👩‍👧", "W" * 100, "a b " * 25,
    "مصباح \u202elive\u202d", "'\"><b>",
)  # fmt: skip

if not CHROMIUM.exists():
    pytest.skip(f"{CHROMIUM} is not there (Debian package chromium)", allow_module_level=True)


@dataclass
class Box:
    """The page, its neighbour, and a browser in front of it."""

    url: str
    household: Household
    neighbour: Neighbour
    speaker: VoiceNeighbour
    bus: Bus
    browser: Browser
    troubles: list[str]
    """What the browser complained about: policy violations, errors of scripts."""

    async def tab(self, **options: Any) -> Tab:
        context: BrowserContext = await self.browser.new_context(
            **({"viewport": DESK, "reduced_motion": "reduce"} | options)
        )
        context.set_default_timeout(LIMIT_MS)
        tab = await context.new_page()
        tab.on("pageerror", lambda error: self.troubles.append(str(error)))
        tab.on("console", self._note)
        return tab

    def _note(self, message: Any) -> None:
        if message.type == "error" and "404" not in message.text:
            self.troubles.append(message.text)


@asynccontextmanager
async def started(broker: Broker, process: Process, photos: int = 14) -> AsyncIterator[Box]:
    household = sample.move_in(broker.paths, photos)
    bus = broker.bus("albums")
    neighbour = Neighbour(bus, household.database, broker.paths)
    ears = broker.bus("voice")
    speaker = VoiceNeighbour(ears, broker.paths.voice)
    async with running(bus, ears), async_playwright() as playwright:
        await neighbour.say_hello()
        await speaker.say_hello()
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS, timeout=60_000
        )
        box = Box(await process.url(), household, neighbour, speaker, bus, browser, [])
        yield box
        await browser.close()
        assert box.troubles == []
    household.database.close()


async def talk(box: Box) -> None:
    """Sentences that came in, with names that nobody would choose, and one that waits for an
    answer; it returns when the page has heard them."""
    for name in HOSTILE_NAMES:
        await box.speaker.hear(
            f"turn on {name}", f"Done: {name} on.", intent="HassTurnOn", name=name
        )
    await box.speaker.hear("", "Sorry, I do not know that sentence.", "not_understood")
    await box.speaker.hear(
        "unlock the front door", "Shall I unlock Front door?", "asked", intent="HassTurnOff"
    )
    for number, name in enumerate(HOSTILE_NAMES, 1):
        record(box.household.paths.voice, number, text=f"turn on {name}", reply=f"Done: {name} on.")
    await box.speaker.tell_kept()
    box.speaker.vocabulary = vocabulary(devices=70, names=HOSTILE_NAMES)
    tab = await box.tab()
    await tab.goto(f"{box.url}voice")
    await expect(tab.get_by_text("Shall I unlock Front door?")).to_be_visible()
    await tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_no_view_stands_in_anybodys_way(
    broker: Broker, web: Process, size: dict[str, int], scheme: str
) -> None:
    async with started(broker, web) as box:
        tab = await box.tab(viewport=size, color_scheme=scheme)
        found = []
        await talk(box)
        for path in VIEWS:
            await tab.goto(f"{box.url}{path.removeprefix('/')}")
            for summary in await tab.locator(".turn summary").all():
                await summary.click()
            results = await Axe().run(tab)
            found += [
                (path, violation["id"], [node["html"][:120] for node in violation["nodes"][:3]])
                for violation in results.response["violations"]
                if violation["impact"] in {"serious", "critical"}
            ]
            wide = await tab.evaluate("document.documentElement.scrollWidth > innerWidth")
            if wide:
                found.append((path, "scrolls sideways", []))
        assert found == []


async def test_naming_merging_and_undoing_by_mouse(broker: Broker, web: Process) -> None:
    async with started(broker, web) as box:
        tab = await box.tab()
        await tab.goto(box.url)
        await tab.get_by_role("button", name="Yes").click()
        await expect(tab.get_by_role("status").get_by_text("Put together.")).to_be_visible()
        assert MergePeople(person=8, other=9) in box.neighbour.asked
        await expect(tab.get_by_role("heading", name="Who is this?")).to_be_visible()
        await tab.get_by_role("button", name="Undo").click()
        await expect(tab.get_by_text("Undone.")).to_be_visible()
        await tab.goto(f"{box.url}people/7")
        await tab.get_by_label("Name").fill("Gül")
        await tab.get_by_role("button", name="Save").click()
        await expect(tab.get_by_role("heading", name="Gül")).to_be_visible()
        assert NamePerson(person=7, name="Gül") in box.neighbour.asked


async def test_forgetting_is_asked_once_and_is_final(broker: Broker, web: Process) -> None:
    async with started(broker, web) as box:
        tab = await box.tab()
        await tab.goto(f"{box.url}people/1")
        await tab.get_by_role("link", name="Forget this person").click()
        dialog = tab.get_by_role("dialog")
        await dialog.get_by_role("link", name="Cancel").click()
        await expect(dialog).to_be_hidden()
        assert box.neighbour.asked == []
        await tab.get_by_role("link", name="Forget this person").click()
        await dialog.get_by_role("button", name="Forget").click()
        await expect(tab.get_by_text("Forgotten, for good.")).to_be_visible()
        await expect(tab.get_by_role("button", name="Undo")).to_have_count(0)
        assert box.neighbour.asked == [ForgetPerson(person=1)]


async def test_a_service_that_goes_shows_without_reading_the_page_again(
    broker: Broker, web: Process
) -> None:
    async with started(broker, web) as box:
        tab = await box.tab()
        await tab.goto(box.url)
        await expect(tab.locator("#services")).to_contain_text("All well")
        client = broker.client_of("albums")
        async with client:
            await client.publish(f"{broker.root}/albums/availability", "offline", 1, True)
        await expect(tab.get_by_text("Sorting photos has stopped.")).to_be_visible(timeout=5000)
        await expect(tab.locator("#services")).to_contain_text("Away")


async def test_the_page_says_when_the_box_is_gone_and_when_it_is_back(
    broker: Broker, web: Process
) -> None:
    async with started(broker, web) as box:
        tab = await box.tab()
        await tab.goto(box.url)
        await expect(tab.locator("#services")).to_contain_text("All well")
        web.process.kill()
        await asyncio.to_thread(web.process.wait)
        await expect(tab.get_by_text("No contact with the box.")).to_be_visible()
        again = Process(broker.paths)
        try:
            await expect(tab.get_by_text("No contact with the box.")).to_be_hidden()
        finally:
            await asyncio.to_thread(again.stop)
        box.troubles.clear()  # the browser logs each attempt to reconnect


async def test_files_arrive_with_their_progress(
    broker: Broker, web: Process, tmp_path: Path
) -> None:
    files = []
    for number in range(3):
        file = tmp_path / f"IMG_{number}.jpg"
        pictures.landscape(number, 160, 120).save(file)
        files.append(str(file))
    async with started(broker, web, photos=3) as box:
        tab = await box.tab(viewport=PHONE)
        await tab.goto(f"{box.url}upload")
        await tab.get_by_label("Choose photos").set_input_files(files)
        await expect(tab.get_by_text("All done.")).to_be_visible()
        await expect(tab.get_by_text("Arrived.")).to_have_count(3)
    assert len(list(broker.paths.uploads.iterdir())) == 3


async def test_the_timeline_keeps_its_height_and_fills_where_one_looks(
    broker: Broker, web: Process
) -> None:
    async with started(broker, web, photos=3) as box:
        sample.add_days(broker.paths, box.household.database, days=400, photos=40)
        tab = await box.tab()
        await tab.goto(f"{box.url}photos")
        height = await tab.evaluate("document.documentElement.scrollHeight")
        assert height > 100_000
        last = tab.locator(".block").last
        assert await last.locator("img").count() == 0
        await tab.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        await expect(last.locator("img").first).to_be_visible()
        assert await tab.evaluate("document.documentElement.scrollHeight") == height
        await tab.evaluate("scrollTo(0, document.documentElement.scrollHeight / 2)")
        await expect(last.locator("img")).to_have_count(0)


async def test_a_photo_is_left_and_passed_by_keys(broker: Broker, web: Process) -> None:
    async with started(broker, web) as box:
        tab = await box.tab()
        await tab.goto(f"{box.url}photos/2")
        await tab.keyboard.press("ArrowRight")
        await tab.wait_for_url("**/photos/3")
        await tab.keyboard.press("ArrowLeft")
        await tab.wait_for_url("**/photos/2")
        await tab.locator(".face-box").first.click()
        await expect(tab.get_by_label("It is somebody else").first).to_be_focused()
        await tab.goto(f"{box.url}photos/2")
        await tab.keyboard.press("Escape")
        await tab.wait_for_url("**/photos#*")
        await tab.keyboard.press("/")
        await expect(tab.get_by_label("Search people").first).to_be_focused()


async def test_everything_is_said_without_javascript(broker: Broker, web: Process) -> None:
    async with started(broker, web) as box:
        tab = await box.tab(java_script_enabled=False)
        await tab.goto(box.url)
        await tab.get_by_role("button", name="No", exact=True).click()
        await expect(tab.get_by_text("Noted: two different people.")).to_be_visible()
        await tab.get_by_role("link", name="Photos", exact=True).first.click()
        await tab.locator(".day a").first.click()
        await expect(tab.locator(".grid img").first).to_be_visible()
        await tab.goto(f"{box.url}people/1")
        await tab.get_by_role("link", name="Forget this person").click()
        await tab.get_by_role("button", name="Forget").click()
        await expect(tab.get_by_text("Forgotten, for good.")).to_be_visible()


async def test_the_first_photo_appears_on_an_empty_home_by_itself(
    broker: Broker, web: Process
) -> None:
    async with started(broker, web, photos=0) as box:
        tab = await box.tab()
        await tab.goto(box.url)
        await expect(tab.get_by_text("Bring your first photos")).to_be_visible()
        image = pictures.landscape(1, 160, 120)
        sample.add_photo(broker.paths, box.household.database, image, "first.jpg", "2026-11-23")
        await box.neighbour.say_hello()
        await expect(tab.get_by_role("heading", name="Just in")).to_be_visible()
        await tab.goto(f"{box.url}photos")
        image = pictures.landscape(2, 160, 120)
        sample.add_photo(broker.paths, box.household.database, image, "second.jpg", "2026-11-22")
        await box.neighbour.say_hello()
        await expect(tab.locator(".tile")).to_have_count(2)


async def test_a_session_that_is_over_leads_to_the_login(broker: Broker, web: Process) -> None:
    async with started(broker, web, photos=3) as box:
        tab = await box.tab()
        await tab.goto(f"{box.url}settings")
        await tab.get_by_label("New password").fill("correct horse")
        await tab.get_by_role("button", name="Save the password").click()
        await expect(tab.get_by_text("The password is set.")).to_be_visible()
        await tab.goto("about:blank")  # or the settings would lead to the login, too
        await tab.context.clear_cookies()
        await tab.goto(f"{box.url}people")
        await expect(tab.get_by_role("heading", name="Welcome home")).to_be_visible()
        await expect(tab).to_have_url(f"{box.url}login?next=/people")
        await tab.get_by_label("Password").fill("correct horse")
        await tab.get_by_role("button", name="Log in").click()
        await expect(tab).to_have_url(f"{box.url}people")


@pytest.mark.parametrize("failure", ["an error", "no connection"])
async def test_an_answer_that_cannot_be_given_is_said_and_the_question_stays(
    broker: Broker, web: Process, failure: str
) -> None:
    async with started(broker, web) as box:
        tab = await box.tab()
        await tab.goto(box.url)

        async def fail(route: Route) -> None:
            if failure == "an error":
                await route.fulfill(status=500, body="no")
            else:
                await route.abort()

        await tab.route("**/merge", fail)
        await tab.get_by_role("button", name="Yes").click()
        await expect(tab.get_by_text("That did not work.")).to_be_visible()
        await expect(tab.get_by_role("button", name="Yes")).to_be_visible()
        box.troubles.clear()  # the browser logs the failure that the test made


async def test_on_a_phone_everything_is_large_enough_to_touch(broker: Broker, web: Process) -> None:
    async with started(broker, web) as box:
        tab = await box.tab(viewport=PHONE)
        small = []
        await talk(box)
        for path in VIEWS:
            await tab.goto(f"{box.url}{path.removeprefix('/')}")
            small += [(path, found) for found in await tab.evaluate(SMALL_TARGETS)]
        assert small == []


async def test_a_command_is_typed_answered_and_stays_on_the_page(
    broker: Broker, web: Process
) -> None:
    async with started(broker, web, photos=1) as box:
        tab = await box.tab()
        await tab.goto(f"{box.url}voice")
        line = tab.get_by_label("Type a command")
        await line.fill("unlock the front door")
        await line.press("Enter")
        await expect(tab.get_by_text("Shall I unlock Front door?")).to_be_visible()
        await expect(line).to_have_value("")
        await expect(line).to_be_focused()
        await tab.get_by_role("button", name="Yes").click()
        await expect(tab.get_by_text("Done: Front door unlocked.")).to_be_visible()
        await expect(tab.get_by_role("button", name="Yes")).to_have_count(0)
        assert box.speaker.asked == [Say(text="unlock the front door"), Say(text="yes")]


async def test_what_is_said_appears_while_somebody_types_and_looks_at_figures(
    broker: Broker, web: Process
) -> None:
    async with started(broker, web, photos=1) as box:
        tab = await box.tab()
        await tab.goto(f"{box.url}voice")
        await box.speaker.hear("stop", "Stopped.", "answered", intent="ApplianceStop")
        await tab.get_by_text("Stopped.").wait_for()
        await tab.locator(".turn summary").click()
        await tab.get_by_label("Type a command").fill("turn on the")
        await box.speaker.hear("undo that", "Put back: Lamp.", intent="ApplianceUndo")
        await expect(tab.get_by_text("Put back: Lamp.")).to_be_visible()
        await expect(tab.locator("#how-1").get_by_text("0 is perfect")).to_be_visible()
        await expect(tab.get_by_label("Type a command")).to_have_value("turn on the")


async def test_muting_and_pushing_to_talk_show_at_once(broker: Broker, web: Process) -> None:
    async with started(broker, web, photos=1) as box:
        tab = await box.tab()
        await tab.goto(f"{box.url}voice")
        await tab.get_by_role("button", name="Listen now").click()
        await expect(tab.get_by_role("heading", name="Speak now")).to_be_visible()
        await tab.get_by_role("button", name="Mute").click()
        await expect(tab.get_by_role("heading", name="Muted")).to_be_visible()
        await expect(tab.get_by_role("button", name="Listen now")).to_have_count(0)
        await tab.get_by_role("button", name="Unmute").click()
        await expect(tab.get_by_role("heading", name="Listening for “Okay Nabu”")).to_be_visible()


async def test_commands_are_typed_and_muted_without_javascript(
    broker: Broker, web: Process
) -> None:
    async with started(broker, web, photos=1) as box:
        tab = await box.tab(java_script_enabled=False)
        await tab.goto(f"{box.url}voice")
        await tab.get_by_label("Type a command").fill("unlock the front door")
        await tab.get_by_role("button", name="Send").click()
        await expect(tab.get_by_text("Shall I unlock Front door?")).to_be_visible()
        await tab.get_by_role("button", name="No", exact=True).click()
        await expect(tab.get_by_text("All right, I leave it.")).to_be_visible()
        await tab.get_by_role("button", name="Mute").click()
        await expect(tab.get_by_role("heading", name="Muted")).to_be_visible()


async def test_what_could_not_be_sent_stays_in_the_line(broker: Broker, web: Process) -> None:
    async with started(broker, web, photos=1) as box:
        box.speaker.refusal = Failure(
            code="busy", message="Too much is asked at once.", mend="Wait."
        )
        tab = await box.tab()
        await tab.goto(f"{box.url}voice")
        await tab.get_by_label("Type a command").fill("turn on the lamp")
        await tab.get_by_role("button", name="Send").click()
        await expect(
            tab.get_by_role("alert").get_by_text("Too much is asked at once. Wait.")
        ).to_be_visible()
        await expect(tab.get_by_label("Type a command")).to_have_value("turn on the lamp")


async def test_a_recording_is_played_and_deleted(broker: Broker, web: Process) -> None:
    async with started(broker, web, photos=1) as box:
        record(broker.paths.voice, 1)
        record(broker.paths.voice, 2, text="stop", reply="Stopped.")
        await box.speaker.tell_kept()
        tab = await box.tab()
        await tab.goto(f"{box.url}voice")
        await tab.get_by_role("link", name="Recordings").click()
        length_s = await tab.locator("audio").first.evaluate(
            "(audio) => new Promise((done) => { audio.preload = 'auto';"
            " audio.onloadedmetadata = () => done(audio.duration); audio.load(); })"
        )
        assert length_s == 1
        await tab.get_by_role("link", name="Delete: stop").click()
        await tab.get_by_role("button", name="Delete").click()
        await expect(tab.get_by_text("The recording is deleted.")).to_be_visible()
        await expect(tab.locator("audio")).to_have_count(1)
        await tab.get_by_role("link", name="Delete all").click()
        await expect(tab.get_by_role("heading", name="Delete 1 recording?")).to_be_visible()
        await tab.get_by_role("button", name="Delete all").click()
        await expect(tab.get_by_role("heading", name="No recordings")).to_be_visible()
