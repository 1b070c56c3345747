"""The pictures of the documentation: the page on a household made by code.

python -m tests.web.screenshots docs/screenshots
"""

import asyncio
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from datetime import time as clock
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.async_api import async_playwright

from appliance.bus.messages.albums import PhotoImported
from appliance.bus.topics import PHOTO_IMPORTED
from appliance.service.paths import Paths
from tests.broker_fixture import Broker, running
from tests.web import camera_neighbour
from tests.web import household as sample
from tests.web.camera_neighbour import CameraNeighbour
from tests.web.neighbour import Neighbour
from tests.web.test_browser import ARGUMENTS, CHROMIUM, DESK, PHONE
from tests.web.test_web_process import Process
from tests.web.voice_neighbour import VoiceNeighbour, vocabulary

VIEWS = {
    "home": "", "photos": "photos", "photo": "photos/13", "people": "people", "person": "people/1",
    "cameras": "cameras", "camera": "", "learned": "", "recordings": "",
    "sighting": "", "voice": "voice", "vocabulary": "voice/vocabulary", "upload": "upload",
    "activity": "activity", "health": "health", "settings": "settings",
}  # fmt: skip
TAKES = (("desk", DESK, "light"), ("desk", DESK, "dark"), ("phone", PHONE, "light"),
         ("phone", PHONE, "dark"))  # fmt: skip
PHOTOS = 96
PIECE_S = 10
HOUR_MS = 3_600_000
SETTLE_MS = 700


async def take_all(folder: Path, home: Path) -> None:
    """Starts the page in `home` and writes a picture of each view into `folder`."""
    broker = Broker(Paths(home / "data", home / "run"))
    broker.start()
    household = sample.move_in(broker.paths, PHOTOS, small=False)
    bus = broker.bus("albums")
    neighbour = Neighbour(bus, household.database, broker.paths)
    ears = broker.bus("voice")
    speaker = VoiceNeighbour(ears, broker.paths.voice)
    speaker.vocabulary = vocabulary(unknown=("⚡⚡",))
    now_ms = round(time.time() * 1000)
    seen = camera_neighbour.move_in(broker.paths, now_ms, films=True)
    eyes = broker.bus("camera")
    watcher = CameraNeighbour(eyes, broker.paths.camera)
    process = Process(broker.paths)
    try:
        async with running(bus, ears, eyes):
            url = await process.url()
            await neighbour.say_hello()
            await speaker.say_hello()
            await watcher.say_hello()
            await watcher.tell("front_door", motion=True)
            await watcher.tell("drive", armed=False)
            await asyncio.sleep(1)  # the page's own health
            for photo in (3, 2, 1):
                people = list(range(1, photo + 1))
                event = PhotoImported(event_type="imported", photo=photo, people=people)
                await bus.publish(PHOTO_IMPORTED, event)
            await talk(speaker)
            day = date.today() - timedelta(days=1)  # noqa: DTZ011 # a whole one, where the box stands
            begin_ms = round(datetime.combine(day, clock()).astimezone().timestamp() * 1000)
            record_day(broker.paths.camera, begin_ms)
            paths = {
                "camera": f"cameras/front_door?day={day}",
                "learned": f"cameras/front_door?day={day}",
                "recordings": f"cameras/front_door/recordings?at={begin_ms + 13 * HOUR_MS}",
                "sighting": f"cameras/front_door/events/{seen[0]}",
            }
            await photograph(url, folder, VIEWS | paths)
    finally:
        process.stop()
        broker.stop()
        household.database.close()


def record_day(folder: Path, begin_ms: int) -> None:
    """All day but for two hours of the night and a morning without power."""
    gaps = ((2.0, 4.0), (10.03, 11.5))
    starts_ms = range(begin_ms, begin_ms + 24 * HOUR_MS, PIECE_S * 1000)
    kept = [
        at_ms
        for at_ms in starts_ms
        if not any(first <= (at_ms - begin_ms) / HOUR_MS < last for first, last in gaps)
    ]
    camera_neighbour.record(folder, "front_door", kept, PIECE_S)


async def talk(speaker: VoiceNeighbour) -> None:
    """What was said to the box today."""
    await speaker.hear("turn on the coffee machine", "Coffee machine is unavailable.", "refused",
                       intent="HassTurnOn", name="Coffee machine")  # fmt: skip
    await speaker.hear("", "Sorry, I do not know that sentence.", "not_understood")
    await speaker.hear("set the reading lamp to 40 percent", "Done: Reading lamp at 40 percent.",
                       intent="HassLightSet", name="Reading lamp", brightness="40")  # fmt: skip
    await speaker.hear("is the front door locked", "No, Front door is unlocked.", "answered",
                       typed=True, intent="HassGetState", name="Front door")  # fmt: skip
    await speaker.hear("turn off all the lights", "Done: 6 devices off.",
                       intent="HassTurnOff", domain="light")  # fmt: skip
    await speaker.hear("unlock the front door", "Shall I unlock Front door?", "asked",
                       intent="HassTurnOff", name="Front door")  # fmt: skip


async def photograph(url: str, folder: Path, views: dict[str, str]) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, size, scheme in TAKES:
            context = await browser.new_context(
                viewport={"width": size["width"], "height": size["height"]},
                color_scheme="dark" if scheme == "dark" else "light",
                device_scale_factor=1.5,
                reduced_motion="reduce",
            )
            tab = await context.new_page()
            for view, path in views.items():
                await tab.goto(f"{url}{path}")
                if view == "learned":
                    await tab.get_by_role("radio", name="How fast").check(force=True)
                await tab.wait_for_timeout(SETTLE_MS)
                if view == "photo":
                    await tab.locator(".picture").hover()
                picture = Image.open(BytesIO(await tab.screenshot()))
                picture.save(folder / f"{view}-{name}-{scheme}.webp", quality=84, method=6)
            await context.close()
        await browser.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        asyncio.run(take_all(target, Path(temporary)))
