"""Nothing is carried out late when the broker was away."""

import asyncio
from pathlib import Path

import pytest

from appliance.bus.messages import listening as messages
from appliance.bus.messages.voice import CommandEvent, Say
from appliance.bus.topics import (
    HOUSEHOLD,
    SAY,
)
from tests.broker_fixture import Broker
from tests.voice.room import LAMP, LIMIT_S, Room, in_room

pytestmark = pytest.mark.anyio


async def test_while_the_broker_is_away_nothing_is_done_and_nothing_told_later(room: Room) -> None:
    await room.announce("light", LAMP)
    await room.until(messages.ListeningState, listening=True)
    room.broker.suspend()
    try:
        await room.speak("okay nabu", "turn on the lamp")
        async with asyncio.timeout(LIMIT_S):
            while room.service.outcomes == 0:  # noqa: ASYNC110 # the service has no event for it
                await asyncio.sleep(0.02)
        room.broker.kill()
    finally:
        room.broker.resume()
    room.broker.start()
    async with room.broker.client_of(HOUSEHOLD) as devices:
        await devices.subscribe("virtual/+/set", qos=1)
        await asyncio.wait_for(room.page.connected.wait(), LIMIT_S)
        await asyncio.wait_for(room.voice.connected.wait(), LIMIT_S)
        reply = await room.page.ask(SAY, Say(text="turn off the lamp"))
        assert reply.kind == "done"
        message = await asyncio.wait_for(anext(devices.messages), LIMIT_S)
        assert message.payload == b"OFF"
        await room.until(CommandEvent, source="typed")
    assert [each.text for each in room.heard if isinstance(each, CommandEvent)] == [
        "turn off the lamp"
    ]


async def test_a_broker_that_hangs_is_given_no_command_that_it_would_carry_out_later(
    broker: Broker, tmp_path: Path
) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.announce("light", LAMP)
        conversation = room.service.conversation
        broker.suspend()
        try:
            reply = await conversation.say("turn on the lamp")
        finally:
            broker.resume()
        assert reply.kind == "refused"
        await room.page.ask(SAY, Say(text="turn off the lamp"))
        assert await room.command() == ("virtual/lamp/set", b"OFF")
