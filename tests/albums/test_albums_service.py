"""Albums on the bus: its state, its events, and its answers to the page."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from appliance.albums import albums, queries
from appliance.albums.service import AlbumsService
from appliance.bus.client import Bus
from appliance.bus.errors import Refused
from appliance.bus.messages import albums as messages
from appliance.bus.messages.base import Message
from appliance.bus.topics import (
    ALBUMS_STATE,
    ASSIGN_FACE,
    DISCARD_QUARANTINED,
    FORGET_PERSON,
    IDENTIFY,
    LIBRARY_CHANGED,
    MAKE_PREVIEW,
    MERGE_PEOPLE,
    NAME_PERSON,
    PHOTO_IMPORTED,
    REMOVE_FACE,
    RETRY_QUARANTINED,
    SEPARATE_PEOPLE,
    SET_GROUPING,
    UNDO,
)
from appliance.service.clock import SystemClock
from appliance.service.health import Facts, examine
from appliance.service.heartbeat import Heartbeat
from appliance.service.paths import Paths
from appliance.service.process import Context
from appliance.service.tasks import Tasks
from tests.albums.painted import PaintedFaces, canvas, drop, paint
from tests.broker_fixture import Broker, running

pytestmark = pytest.mark.anyio
LIMIT_S = 20.0
RED, GREEN = 0, 1


@dataclass
class Running:
    """The service, and the page's side of the bus."""

    paths: Paths
    page: Bus
    service: AlbumsService
    models: PaintedFaces
    heard: list[Message] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def hear(self, message: Message, _: str) -> None:
        async with self.news:
            self.heard.append(message)
            self.news.notify_all()

    async def until(self, kind: type[Message], **facts: object) -> Message:
        """The newest message of this kind as soon as it says this."""

        def newest() -> Message | None:
            for message in reversed(self.heard):
                if isinstance(message, kind):
                    so = all(getattr(message, name) == value for name, value in facts.items())
                    return message if so else None
            return None

        async with self.news:
            await asyncio.wait_for(self.news.wait_for(lambda: newest() is not None), LIMIT_S)
        found = newest()
        assert found is not None
        return found


@pytest.fixture
async def running_albums(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    models = PaintedFaces()
    monkeypatch.setattr(albums, "FaceModels", lambda *_, **__: models)
    bus, page, clock = broker.bus("albums"), broker.bus("web"), SystemClock()
    tasks = Tasks(lambda: None)
    service = AlbumsService()
    box = Running(broker.paths, page, service, models)
    for topic in (ALBUMS_STATE, PHOTO_IMPORTED, LIBRARY_CHANGED):
        page.on(topic, box.hear)  # type: ignore[misc] # topics of several messages
    context = Context(broker.paths, bus, clock, tasks, Heartbeat(clock.monotonic), broker.box)
    await service.start(context)
    async with running(bus, page):
        yield box
        await service.stop()
    await tasks.cancel()
    assert tasks.failure is None


async def two_people(box: Running) -> tuple[int, int]:
    await box.page.ask(SET_GROUPING, messages.SetGrouping(agreed=True))
    drop(box.paths.inbox, "photo.jpg", paint([RED, GREEN]))
    await box.until(messages.AlbumsState, photos=1, people=2)
    reader = queries.open_library(box.paths.albums)
    red, green = (face.person for face in queries.faces_of_photo(reader, 1))
    reader.close()
    assert red is not None
    assert green is not None
    return red, green


async def test_a_dropped_photo_is_announced(running_albums: Running) -> None:
    box = running_albums
    await box.page.ask(SET_GROUPING, messages.SetGrouping(agreed=True))
    drop(box.paths.inbox, "photo.jpg", paint([RED]))
    event = await box.until(messages.PhotoImported)
    assert isinstance(event, messages.PhotoImported)
    assert (event.event_type, event.photo, event.faces, event.people) == ("imported", 1, 1, [1])
    await box.until(messages.AlbumsState, photos=1, people=1, faces=1, pending=0, grouping=True)


async def test_an_upload_goes_the_same_way(running_albums: Running) -> None:
    box = running_albums
    writing = drop(box.paths.uploads, ".writing-1", paint([RED]))
    writing.rename(box.paths.uploads / f"{'0' * 32}-IMG_20240131_123456.jpg")
    await box.until(messages.AlbumsState, photos=1)
    assert (box.paths.library / "2024/01/IMG_20240131_123456.jpg").exists()


async def test_a_broken_file_is_announced_without_its_name(running_albums: Running) -> None:
    box = running_albums
    drop(box.paths.inbox, "private name.jpg", b"no picture at all")
    event = await box.until(messages.PhotoImported, event_type="quarantined")
    assert isinstance(event, messages.PhotoImported)
    assert event.reason
    assert "private" not in event.reason
    await box.until(messages.AlbumsState, quarantined=1)


async def test_photos_are_searched_once_the_household_agrees(running_albums: Running) -> None:
    box = running_albums
    drop(box.paths.inbox, "photo.jpg", paint([RED]))
    await box.until(messages.AlbumsState, photos=1, faces=0)
    await box.page.ask(SET_GROUPING, messages.SetGrouping(agreed=True))
    await box.until(messages.AlbumsState, photos=1, faces=1, people=1)


async def test_the_page_names_merges_undoes_and_forgets(running_albums: Running) -> None:
    box = running_albums
    red, green = await two_people(box)
    named = await box.page.ask(NAME_PERSON, messages.NamePerson(person=red, name="Rosa"))
    assert named.entry is not None
    merged = await box.page.ask(MERGE_PEOPLE, messages.MergePeople(person=red, other=green))
    await box.until(messages.AlbumsState, people=1)
    assert merged.entry is not None
    await box.page.ask(UNDO, messages.UndoEntry(entry=merged.entry))
    await box.until(messages.AlbumsState, people=2)
    await box.page.ask(SEPARATE_PEOPLE, messages.SeparatePeople(person=red, other=green))
    await box.page.ask(REMOVE_FACE, messages.RemoveFace(face=1))
    await box.until(messages.AlbumsState, unknown_faces=1)
    await box.page.ask(ASSIGN_FACE, messages.AssignFace(face=1, person=None, name="Nora"))
    await box.until(messages.AlbumsState, unknown_faces=0)
    await box.page.ask(FORGET_PERSON, messages.ForgetPerson(person=green))
    await box.until(messages.AlbumsState, faces=1)
    await box.until(messages.LibraryChanged)


async def test_a_decision_says_whom_it_concerns(running_albums: Running) -> None:
    box = running_albums
    red, _ = await two_people(box)
    await box.page.ask(NAME_PERSON, messages.NamePerson(person=red, name="Rosa"))
    await box.until(messages.LibraryChanged, people=[red])


async def test_an_impossible_wish_is_refused_with_a_word_and_a_sentence(
    running_albums: Running,
) -> None:
    box = running_albums
    with pytest.raises(Refused) as refused:
        await box.page.ask(NAME_PERSON, messages.NamePerson(person=99, name="Rosa"))
    assert refused.value.failure.code == "unknown_person"
    assert refused.value.failure.mend


async def test_who_is_on_a_crop(running_albums: Running) -> None:
    box = running_albums
    red, _ = await two_people(box)
    await box.page.ask(NAME_PERSON, messages.NamePerson(person=red, name="Rosa"))
    answer = await box.page.ask(IDENTIFY, messages.Identify(image=png([RED])), LIMIT_S)
    assert (answer.person, answer.name) == (red, "Rosa")
    assert answer.score > 0.6
    stranger = await box.page.ask(IDENTIFY, messages.Identify(image=png([2])), LIMIT_S)
    assert (stranger.person, stranger.name) == (None, None)


def png(people: list[int]) -> bytes:
    data = io.BytesIO()
    canvas(people).save(data, "PNG")
    return data.getvalue()


@pytest.mark.parametrize(
    ("agreed", "image", "code"),
    [
        (False, png([RED]), "grouping_off"),
        (True, png([]), "unreadable"),
        (True, b"no picture", "unreadable"),
    ],
)
async def test_a_crop_that_cannot_be_identified_is_refused(
    running_albums: Running, agreed: bool, image: bytes, code: str
) -> None:
    box = running_albums
    await box.page.ask(SET_GROUPING, messages.SetGrouping(agreed=agreed))
    with pytest.raises(Refused) as refused:
        await box.page.ask(IDENTIFY, messages.Identify(image=image), LIMIT_S)
    assert refused.value.failure.code == code


async def test_a_preview_is_made_for_the_page(running_albums: Running) -> None:
    box = running_albums
    drop(box.paths.inbox, "photo.jpg", paint(size=(2000, 1000)))
    await box.until(messages.AlbumsState, photos=1)
    ready = await box.page.ask(MAKE_PREVIEW, messages.MakePreview(photo=1), LIMIT_S)
    assert (box.paths.albums / ready.file).stat().st_size > 0
    with pytest.raises(Refused) as refused:
        await box.page.ask(MAKE_PREVIEW, messages.MakePreview(photo=2))
    assert refused.value.failure.code == "unknown_photo"


async def test_a_file_set_aside_can_be_retried_and_discarded(running_albums: Running) -> None:
    box = running_albums
    drop(box.paths.inbox, "photo.jpg", b"no picture at all")
    await box.until(messages.AlbumsState, quarantined=1)
    box.heard.clear()
    await box.page.ask(RETRY_QUARANTINED, messages.RetryQuarantined(item=1))
    await box.until(messages.PhotoImported, event_type="quarantined")
    await box.page.ask(DISCARD_QUARANTINED, messages.DiscardQuarantined(item=1))
    await box.until(messages.AlbumsState, quarantined=0)
    with pytest.raises(Refused) as refused:
        await box.page.ask(DISCARD_QUARANTINED, messages.DiscardQuarantined(item=1))
    assert refused.value.failure.code == "unknown_item"


async def test_home_assistant_hears_of_the_device(running_albums: Running, broker: Broker) -> None:
    await running_albums.until(messages.AlbumsState)
    async with broker.client() as client:
        await client.subscribe(f"homeassistant/device/{broker.box}_albums/config")
        message = await asyncio.wait_for(anext(client.messages), LIMIT_S)
    components = json.loads(message.payload)["cmps"]
    assert {"photos", "people", "unknown_faces", "pending", "quarantined"} <= components.keys()
    assert components["import"]["event_types"] == ["imported", "duplicate", "quarantined"]


async def test_a_missing_model_is_a_finding_with_its_mend(running_albums: Running) -> None:
    box = running_albums
    box.models.present = False
    await box.page.ask(SET_GROUPING, messages.SetGrouping(agreed=True))
    drop(box.paths.inbox, "photo.jpg", paint([RED]))
    await box.until(messages.AlbumsState, photos=1)
    facts = Facts("albums", box.paths, SystemClock().now(), 10.0, 250.0, 0.0)
    findings = {finding.rule: finding for finding in examine(facts, box.service.checks())}
    assert findings["face_models"].mend == "paint it"
    box.models.present = True
    await box.until(messages.AlbumsState, faces=1)
    assert "face_models" not in {f.rule for f in examine(facts, box.service.checks())}
