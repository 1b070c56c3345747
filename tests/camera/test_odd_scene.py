"""Somebody goes against everybody: through the camera's process to the bus, the database, Home
Assistant and back."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from appliance.bus.messages.camera import CameraEvent
from appliance.camera import queries
from appliance.camera.events.journal import Journal
from appliance.camera.footage.cutting import POST_ROLL_MS, PRE_ROLL_MS
from appliance.camera.seeing.marking import COLOUR
from tests.broker_fixture import Broker
from tests.camera.home_assistant import watching
from tests.camera.room import table
from tests.camera.street import film_against
from tests.camera.street_process import street_process

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]


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
        street_process(broker, table("Street", str(film)), learned) as (_, page),
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
    async with street_process(broker, table("Street", str(film)), learned) as (_, page):
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
