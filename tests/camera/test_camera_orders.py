"""What the page and Home Assistant may ask of the camera room, and what they see of it."""

import asyncio
import time

import aiomqtt
import pytest

from appliance.bus.errors import Refused
from appliance.bus.messages.camera import (
    ArmCamera,
    CameraEvent,
    CameraState,
    JudgeEvent,
    TakeSnapshot,
)
from appliance.bus.names import control_name, discovery_name, topic_name
from appliance.bus.topics import (
    ARM_CAMERA,
    CAMERA_STATE,
    HOUSEHOLD,
    JUDGE_EVENT,
    SWITCH_ARMED,
    TAKE_SNAPSHOT,
)
from tests.broker_fixture import Broker
from tests.camera.room import in_room, unusual

pytestmark = pytest.mark.anyio


async def test_a_camera_is_disarmed_and_stays_so(broker: Broker, front: str) -> None:
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True)
        live = room.camera("front_door")
        live.hear(unusual(time.monotonic()))
        await room.until(CameraEvent, event_type="open")
        await room.page.ask(ARM_CAMERA, ArmCamera(camera="front_door", armed=False))
        await room.until(CameraEvent, event_type="close")
        await room.until(CameraState, armed=False)
        assert len([each for each in room.heard if isinstance(each, CameraEvent)]) == 2
        live.hear(unusual(time.monotonic()))
        assert live.tracker.event is None
    async with in_room(broker, front) as room:
        await room.until(CameraState, armed=False)
        async with broker.client_of(HOUSEHOLD) as home_assistant:
            await home_assistant.publish(control_name(broker.box, SWITCH_ARMED), "front_door ON")
            await room.until(CameraState, armed=True)


async def test_a_camera_shows_what_it_sees_now(broker: Broker, front: str) -> None:
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True)
        await asyncio.sleep(0.2)
        taken = await room.page.ask(TAKE_SNAPSHOT, TakeSnapshot(camera="front_door"))
        picture = (broker.paths.camera_pictures / taken.file).read_bytes()
        assert picture.startswith(b"\xff\xd8\xff")
        assert [each.name for each in broker.paths.camera_pictures.iterdir()] == [taken.file]
        with pytest.raises(Refused, match="no camera"):
            await room.page.ask(TAKE_SNAPSHOT, TakeSnapshot(camera="nobody"))
        with pytest.raises(Refused, match="no such event"):
            await room.page.ask(JUDGE_EVENT, JudgeEvent(id="0" * 16, verdict="normal"))


async def test_home_assistant_gets_a_device_a_camera_until_it_is_taken_out(
    broker: Broker, front: str
) -> None:
    name = discovery_name(broker.box, "camera", "front_door")
    state = topic_name(broker.box, CAMERA_STATE, "camera", "front_door")

    async def retained() -> dict[str, bytes]:
        async with broker.client() as client:
            await client.subscribe("#", qos=1)
            await client.publish("end", b"", qos=1)
            found: dict[str, bytes] = {}
            async for message in client.messages:
                if message.topic.value == "end":
                    return found
                found[message.topic.value] = bytes(message.payload)
        raise aiomqtt.MqttError("the connection was lost")

    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True)
        found = await retained()
        assert b'"via_device"' in found[name]
        assert b'"image_topic"' in found[name]
        assert state in found
    async with in_room(broker, "") as room:
        await asyncio.sleep(0.5)
        found = await retained()
        assert name not in found
        assert state not in found
        assert room.findings() == []
