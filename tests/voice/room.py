"""A running voice service among a broker, a page and the devices of a household."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import aiomqtt

from appliance.bus.client import Bus
from appliance.bus.messages.base import Message
from appliance.bus.topics import (
    COMMAND_EVENT,
    EAR_EVENT,
    HOUSEHOLD,
    LISTENING_STATE,
    TIMER_EVENT,
    TRAINING_STATE,
)
from appliance.service.clock import SystemClock
from appliance.service.health import Facts, Finding, examine
from appliance.service.heartbeat import Heartbeat
from appliance.service.process import Context
from appliance.service.tasks import Tasks
from appliance.voice.audio.sound import SAMPLE_RATE_HZ
from appliance.voice.service import VoiceService
from tests.broker_fixture import Broker, running
from tests.voice.speech import say, silence

LIMIT_S = 20.0
PIECE_S = 0.1
PIECE_BYTES = int(PIECE_S * SAMPLE_RATE_HZ) * 2
PACE = 3.0
"""Times faster than real time."""
M = TypeVar("M", bound=Message)
LAMP = {
    "name": "Lamp",
    "unique_id": "virtual-lamp",
    "command_topic": "virtual/lamp/set",
    "state_topic": "virtual/lamp",
}
DOOR = {
    "name": "Front door",
    "unique_id": "virtual-door",
    "command_topic": "virtual/door/set",
    "state_topic": "virtual/door",
}


@dataclass
class Room:
    """A running service, its pipe, the household's devices and the page."""

    broker: Broker
    service: VoiceService
    voice: Bus
    page: Bus
    devices: aiomqtt.Client
    pipe: Path
    heard: list[Message] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def hear(self, message: Message, _: str) -> None:
        async with self.news:
            self.heard.append(message)
            self.news.notify_all()

    async def until(self, kind: type[M], **facts: object) -> M:
        """The first message of this kind that says this."""

        def find() -> M | None:
            return next(
                (
                    message
                    for message in self.heard
                    if isinstance(message, kind)
                    and all(getattr(message, name) == value for name, value in facts.items())
                ),
                None,
            )

        async with self.news:
            await asyncio.wait_for(self.news.wait_for(lambda: find() is not None), LIMIT_S)
        return find()

    async def announce(self, kind: str, config: dict[str, str]) -> None:
        """A device announces itself; returns when its name can be said."""
        known = self.service.renewals
        name = f"homeassistant/{kind}/{config['unique_id']}/config"
        await self.devices.publish(name, json.dumps(config), qos=1, retain=True)
        async with asyncio.timeout(LIMIT_S):
            while self.service.renewals == known:  # noqa: ASYNC110 # the service has no event for it
                await asyncio.sleep(0.02)

    async def speak(self, *words: str) -> None:
        """Says the words into the pipe, with a pause after each part."""
        sounds = [silence(500)]
        for part in words:
            sounds += [say(part), silence(900)]
        data = b"".join(sound.astype("<i2").tobytes() for sound in sounds)
        await asyncio.to_thread(self._write, data)

    def _write(self, data: bytes) -> None:
        """Faster than a microphone, but not at once: sound that waits for 2 s is passed over."""
        with self.pipe.open("wb", buffering=0) as file:
            for start in range(0, len(data), PIECE_BYTES):
                file.write(data[start : start + PIECE_BYTES])
                time.sleep(PIECE_S / PACE)

    async def command(self) -> tuple[str, bytes]:
        """The next message that a device gets."""
        message = await asyncio.wait_for(anext(self.devices.messages), LIMIT_S)
        assert isinstance(message.payload, bytes)
        return message.topic.value, message.payload

    @property
    def ear_open(self) -> bool:
        hearing = self.service._hearing
        return hearing is not None and hearing._ears is not None and hearing._ears.is_open

    def findings(self) -> list[Finding]:
        facts = Facts("voice", self.broker.paths, None, 10.0, 400.0, 0.0)
        own = [finding for check in self.service.checks() for finding in check()]
        assert all(finding in examine(facts, self.service.checks()) for finding in own)
        return own


@asynccontextmanager
async def in_room(
    broker: Broker, tmp_path: Path, microphone: str | None = None, **settings: object
) -> AsyncIterator[Room]:
    pipe = tmp_path / "microphone"
    if not pipe.exists():
        os.mkfifo(pipe)
    broker.paths.config.mkdir(exist_ok=True)
    name = str(pipe) if microphone is None else microphone
    lines = {"microphone": name, "speaker": "", **settings}  # a test shall not be heard
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items())
    broker.paths.settings_file.write_text(f"[voice]\n{text}")
    bus, page, clock = broker.bus("voice"), broker.bus("web"), SystemClock()
    tasks, service = Tasks(lambda: None), VoiceService()
    async with broker.client_of(HOUSEHOLD) as devices:
        await devices.subscribe("virtual/+/set", qos=1)
        room = Room(broker, service, bus, page, devices, pipe)
        page.on(LISTENING_STATE, room.hear)
        page.on(EAR_EVENT, room.hear)
        page.on(COMMAND_EVENT, room.hear)
        page.on(TIMER_EVENT, room.hear)
        page.on(TRAINING_STATE, room.hear)
        context = Context(broker.paths, bus, clock, tasks, Heartbeat(clock.monotonic), broker.box)
        try:
            await service.start(context)
            async with running(bus, page):
                yield room
        finally:
            await service.stop()
            await tasks.cancel()
        assert tasks.failure is None


async def written(file: Path) -> None:
    """Something was played into that file."""

    def is_written() -> bool:
        return file.exists() and file.stat().st_size > 0

    async with asyncio.timeout(LIMIT_S):
        while not is_written():  # noqa: ASYNC110 # it is a file
            await asyncio.sleep(0.02)
