"""Who is at the door is asked of albums."""

import time

import pytest

from appliance.bus.messages.albums import Identify, Identity
from appliance.bus.messages.base import Failure
from appliance.bus.messages.camera import CameraEvent, CameraState
from appliance.bus.topics import IDENTIFY
from appliance.camera import queries
from tests.broker_fixture import Broker
from tests.camera.room import eventually, in_room, more_pieces, unusual

pytestmark = pytest.mark.anyio


async def test_a_face_is_asked_of_albums_and_no_name_is_kept(broker: Broker, front: str) -> None:
    asked: list[bytes] = []

    async def identify(question: Identify) -> Identity | Failure:
        asked.append(question.image)
        return Identity(person=17, name="Anna", score=0.8)

    albums = broker.bus("albums")
    albums.answer(IDENTIFY, identify)
    async with in_room(broker, front, albums) as room:
        await room.until(CameraState, online=True, recording=True)
        await more_pieces(room.folder / "recordings" / "front_door", 2)
        room.camera("front_door").hear(unusual(time.monotonic()))
        opened = await room.until(CameraEvent, event_type="open")

        def event() -> queries.Event:
            with queries.opened(room.folder) as reader:
                return queries.find_event(reader, opened.id)

        await eventually(lambda: event().who)
        assert queries.person_of(event()) == 17
        told = await room.until(CameraEvent, event_type="close")
    assert told.face == "known"
    assert "Anna" not in repr(room.heard)
    assert asked[0].startswith(b"\xff\xd8\xff")
