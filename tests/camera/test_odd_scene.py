"""Somebody goes against everybody: through the camera's process to the bus, the database, Home
Assistant and back."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from appliance.bus.client import Bus
from appliance.bus.messages.base import Message
from appliance.bus.messages.camera import CameraEvent, CameraState, JudgeEvent
from appliance.bus.topics import CAMERA_EVENT, CAMERA_STATE, JUDGE_EVENT
from appliance.camera import queries
from appliance.camera.children.opening import open_detector
from appliance.camera.events.journal import Journal
from appliance.camera.footage.cutting import POST_ROLL_MS, PRE_ROLL_MS
from appliance.camera.seeing.marking import COLOUR
from tests.broker_fixture import Broker, running
from tests.camera.home_assistant import watching
from tests.camera.process import CameraProcess
from tests.camera.street import film_against, film_usual_life, learn

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]
LIMIT_S = 60.0
SETTINGS = '[[camera.cameras]]\nname = "Street"\nurl = "{film}"\n'


class Page:
    """The page's side of the bus: what the room says, in order, from when it was last asked."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._heard: asyncio.Queue[Message] = asyncio.Queue()
        bus.on(CAMERA_STATE, self._hear)
        bus.on(CAMERA_EVENT, self._hear)

    async def _hear(self, message: Message, _: str) -> None:
        self._heard.put_nowait(message)

    async def next_event(self, what: str) -> CameraEvent:
        """The next one of that type."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                message = await self._heard.get()
                if isinstance(message, CameraEvent) and message.event_type == what:
                    return message

    async def one_round(self) -> list[CameraEvent]:
        """What is told while somebody comes and goes once."""
        told: list[CameraEvent] = []
        came = False
        async with asyncio.timeout(LIMIT_S):
            while True:
                message = await self._heard.get()
                if isinstance(message, CameraEvent):
                    told.append(message)
                elif isinstance(message, CameraState):
                    if came and not message.motion and not message.anomaly:
                        return told
                    came |= message.motion

    async def judge(self, identifier: str, verdict: str) -> None:
        await self._bus.ask(JUDGE_EVENT, JudgeEvent(id=identifier, verdict=verdict))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    models = os.environ.get("APPLIANCE_TEST_MODELS")
    film = film_usual_life(tmp_path_factory.mktemp("street") / "usual.mp4")
    return learn(film, open_detector(Path(models)) if models else None)


@asynccontextmanager
async def watched_street(broker: Broker, film: Path, learned: bytes) -> AsyncIterator[Page]:
    """The service, a process of its own, with a camera that has learned the street."""
    folder = broker.paths.camera / queries.LEARNED
    folder.mkdir(parents=True)
    (folder / "street.bin").write_bytes(learned)
    process, bus = CameraProcess(broker, SETTINGS.format(film=film)), broker.bus("web")
    page = Page(bus)
    try:
        async with running(bus):
            process.start()
            yield page
    finally:
        process.end()


def framed(jpeg: bytes) -> tuple[float, float]:
    """The middle of the amber frame around a cause, in fractions of the picture; a street of greys
    has no other colour."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1].astype(int)
    rows, columns = np.nonzero(np.abs(picture - COLOUR).max(axis=2) < 90)
    height, width = picture.shape[:2]
    return (
        (columns.min() + columns.max() + 1) / 2 / width,
        (rows.min() + rows.max() + 1) / 2 / height,
    )


def opened(told: list[CameraEvent]) -> list[str]:
    """The causes of the events that began."""
    return [each.cause for each in told if each.event_type == "open"]


async def test_what_is_odd_is_an_event_everywhere(
    broker: Broker, learned: bytes, tmp_path: Path
) -> None:
    film = film_against(tmp_path / "against.mp4")
    async with (
        watching(broker, "camera", "street") as home,
        watched_street(broker, film, learned) as page,
    ):
        begun = await page.next_event("open")
        assert begun.cause == "direction"
        assert "goes another way" in begun.sentence
        closed = await page.next_event("close")
        await home.until("anomaly", "OFF")
        clip = await page.next_event("clip")
        with queries.opened(broker.paths.camera) as reader:
            event = queries.find_event(reader, begun.id)

    assert begun.id == closed.id == clip.id
    assert event is not None
    assert (event.camera, event.cause, event.open) == ("street", "direction", False)
    assert event.sentence == closed.sentence

    assert home.shown["anomaly"].count("ON") >= 1
    assert closed.sentence in home.shown["sentence"]
    assert home.shown["motion"][0] == "OFF"
    assert "ON" in home.shown["motion"]
    assert {"open", "close", "clip"} <= {each["event_type"] for each in home.shown["event"]}
    assert (
        home.shown["online"][-1] == home.shown["recording"][-1] == home.shown["armed"][-1] == "ON"
    )

    snapshot = (broker.paths.camera / event.snapshot).read_bytes()
    assert home.shown["snapshot"][-1] == snapshot
    journal = Journal(broker.paths.camera)
    assert framed(snapshot) in [
        pytest.approx(each.centre, abs=0.03) for each in journal.way(event.id)
    ]
    journal.close()

    with av.open(str(broker.paths.camera / event.clip)) as container:
        times = [picture.time for picture in container.decode(video=0)]
    least_s = (event.end_ms - event.start_ms + POST_ROLL_MS) / 1000
    # The recording began just before; and a clip begins with a key frame.
    assert least_s - 0.5 < times[-1] - times[0] < least_s + PRE_ROLL_MS / 1000 + 6


async def test_the_household_has_the_last_word(
    broker: Broker, learned: bytes, tmp_path: Path
) -> None:
    film = film_against(tmp_path / "against.mp4")
    async with watched_street(broker, film, learned) as page:
        first = await page.next_event("close")
        assert first.cause == "direction"

        await page.judge(first.id, "always")
        assert opened(await page.one_round()) == ["told"]

        await page.judge(first.id, "none")
        assert opened(await page.one_round()) == ["direction"]

        await page.judge(first.id, "normal")
        assert opened(await page.one_round()) == []

        with queries.opened(broker.paths.camera) as reader:
            assert queries.find_event(reader, first.id).verdict == "normal"
