"""What Home Assistant shows of voice, and may do with it."""

import asyncio
import json
from pathlib import Path

import pytest

from appliance.bus.messages import listening as messages
from appliance.bus.messages.voice import CommandEvent
from appliance.bus.names import control_name
from appliance.bus.topics import (
    SWITCH_MUTE,
    TYPE,
)
from tests.broker_fixture import Broker
from tests.voice.room import DOOR, LAMP, LIMIT_S, Room, in_room

pytestmark = pytest.mark.anyio


async def test_home_assistant_hears_of_the_device(broker: Broker, tmp_path: Path) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.until(messages.ListeningState, microphone="none")
        async with broker.client() as client:
            await client.subscribe(f"homeassistant/device/{broker.box}_voice/config")
            message = await asyncio.wait_for(anext(client.messages), LIMIT_S)
    assert isinstance(message.payload, bytes)
    shown = json.loads(message.payload)["cmps"]
    assert {"listening", "muted", "mute", "type", "ear", "command", "timer"} <= shown.keys()


async def test_home_assistant_types_a_command(broker: Broker, tmp_path: Path) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.announce("light", LAMP)
        await room.devices.publish(control_name(broker.box, TYPE), "turn on the lamp", qos=0)
        assert await room.command() == ("virtual/lamp/set", b"ON")
        event = await room.until(CommandEvent, event_type="done")
    assert (event.source, event.text) == ("typed", "turn on the lamp")


async def test_a_lock_is_asked_about_when_home_assistant_types(
    broker: Broker, tmp_path: Path
) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.announce("lock", DOOR)
        name = control_name(broker.box, TYPE)
        await room.devices.publish(name, "unlock the front door", qos=0)
        await room.until(CommandEvent, event_type="asked")
        await room.devices.publish(name, "yes", qos=0)
        assert await room.command() == ("virtual/door/set", b"UNLOCK")


async def test_home_assistant_mutes_and_unmutes(room: Room) -> None:
    await room.until(messages.ListeningState, listening=True)
    name = control_name(room.broker.box, SWITCH_MUTE)
    await room.devices.publish(name, "maybe", qos=0)
    await room.devices.publish(name, "ON", qos=0)
    await room.until(messages.ListeningState, muted=True, microphone="muted")
    room.heard.clear()
    await room.devices.publish(name, "OFF", qos=0)
    await room.until(messages.ListeningState, muted=False, listening=True)
