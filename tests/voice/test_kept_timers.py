"""Timers that outlive the service."""

import asyncio
from pathlib import Path

import pytest

from appliance.bus.messages.voice import Say, TimerEvent
from appliance.bus.topics import (
    SAY,
)
from tests.broker_fixture import Broker
from tests.voice.room import LIMIT_S, in_room

pytestmark = pytest.mark.anyio


async def test_a_timer_outlives_the_service(broker: Broker, tmp_path: Path) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.page.ask(SAY, Say(text="set a timer for two seconds"))
        file = broker.paths.voice / "timers.json"
        async with asyncio.timeout(LIMIT_S):
            while not file.exists():  # noqa: ASYNC110 # it is a file
                await asyncio.sleep(0.01)
    async with in_room(broker, tmp_path, "") as room:
        assert (await room.until(TimerEvent, event_type="ended")).length_s == 2
