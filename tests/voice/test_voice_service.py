"""Voice on the bus: what is said in the room is done by a device of the household."""

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt
import pytest

from appliance.bus.client import Bus
from appliance.bus.errors import Refused
from appliance.bus.messages import listening as messages
from appliance.bus.messages.base import Message
from appliance.bus.messages.voice import Say
from appliance.bus.topics import EAR_EVENT, HOUSEHOLD, LISTENING_STATE, OPEN_EAR, SAY, SET_MUTED
from appliance.service.clock import SystemClock
from appliance.service.health import Facts, Finding, examine
from appliance.service.heartbeat import Heartbeat
from appliance.service.process import Context
from appliance.service.tasks import Tasks
from appliance.voice.service import VoiceService
from tests.broker_fixture import Broker, running
from tests.voice.speech import say, silence

pytestmark = pytest.mark.anyio
LIMIT_S = 20.0
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
    page: Bus
    devices: aiomqtt.Client
    pipe: Path
    heard: list[Message] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def hear(self, message: Message, _: str) -> None:
        async with self.news:
            self.heard.append(message)
            self.news.notify_all()

    async def until(self, kind: type[Message], **facts: object) -> None:
        """A message of this kind that says this has come."""

        def came() -> bool:
            return any(
                isinstance(message, kind)
                and all(getattr(message, name) == value for name, value in facts.items())
                for message in self.heard
            )

        async with self.news:
            await asyncio.wait_for(self.news.wait_for(came), LIMIT_S)

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
        with self.pipe.open("wb") as file:
            file.write(data)

    async def command(self) -> tuple[str, bytes]:
        """The next message that a device gets."""
        message = await asyncio.wait_for(anext(self.devices.messages), LIMIT_S)
        assert isinstance(message.payload, bytes)
        return message.topic.value, message.payload

    def findings(self) -> list[Finding]:
        facts = Facts("voice", self.broker.paths, None, 10.0, 400.0, 0.0)
        own = [finding for check in self.service.checks() for finding in check()]
        assert all(finding in examine(facts, self.service.checks()) for finding in own)
        return own


@asynccontextmanager
async def in_room(
    broker: Broker, tmp_path: Path, microphone: str | None = None
) -> AsyncIterator[Room]:
    pipe = tmp_path / "microphone"
    if not pipe.exists():
        os.mkfifo(pipe)
    broker.paths.config.mkdir(exist_ok=True)
    name = str(pipe) if microphone is None else microphone
    broker.paths.settings_file.write_text(f'[voice]\nmicrophone = "{name}"\n')
    bus, page, clock = broker.bus("voice"), broker.bus("web"), SystemClock()
    tasks, service = Tasks(lambda: None), VoiceService()
    async with broker.client_of(HOUSEHOLD) as devices:
        await devices.subscribe("virtual/+/set", qos=1)
        room = Room(broker, service, page, devices, pipe)
        page.on(LISTENING_STATE, room.hear)
        page.on(EAR_EVENT, room.hear)
        context = Context(broker.paths, bus, clock, tasks, Heartbeat(clock.monotonic), broker.box)
        try:
            await service.start(context)
            async with running(bus, page):
                yield room
        finally:
            await service.stop()
            await tasks.cancel()
        assert tasks.failure is None


@pytest.fixture
async def room(broker: Broker, tmp_path: Path, models_folder: Path) -> AsyncIterator[Room]:
    if not (models_folder / "moonshine-tiny-en").is_dir():
        pytest.skip("the model moonshine-tiny-en is not fetched")
    broker.paths.models.symlink_to(models_folder)
    async with in_room(broker, tmp_path) as made:
        yield made


async def test_a_spoken_command_reaches_the_lamp(room: Room) -> None:
    await room.announce("light", LAMP)
    await room.speak("okay nabu", "turn on the lamp")
    assert await room.command() == ("virtual/lamp/set", b"ON")
    await room.until(messages.EarEvent, event_type="woken")
    await room.until(messages.EarEvent, event_type="understood")


async def test_what_is_typed_is_done_without_a_microphone(broker: Broker, tmp_path: Path) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.announce("light", LAMP)
        reply = await room.page.ask(SAY, Say(text="turn on the lamp"))
        assert (reply.kind, reply.intent) == ("done", "HassTurnOn")
        assert await room.command() == ("virtual/lamp/set", b"ON")
        unknown = await room.page.ask(SAY, Say(text="make me a sandwich"))
        assert unknown.kind == "not_understood"


async def test_a_command_that_may_not_be_sent_is_refused_not_called_done(
    broker: Broker, tmp_path: Path
) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.announce("light", LAMP | {"command_topic": "elsewhere/lamp/set"})
        reply = await room.page.ask(SAY, Say(text="turn on the lamp"))
    assert reply.kind == "refused"


async def test_without_the_wake_word_nothing_is_done(room: Room) -> None:
    await room.announce("light", LAMP)
    await room.speak("turn on the lamp", "okay nabu", "turn off the lamp")
    assert await room.command() == ("virtual/lamp/set", b"OFF")


async def test_a_push_stands_for_the_wake_word(room: Room) -> None:
    await room.announce("light", LAMP)
    await room.until(messages.ListeningState, listening=True)
    await room.page.ask(OPEN_EAR, messages.OpenEar())
    await room.speak("turn on the lamp")
    assert await room.command() == ("virtual/lamp/set", b"ON")


async def test_a_lock_is_opened_after_a_spoken_yes_only(room: Room) -> None:
    await room.announce("lock", DOOR)
    await room.announce("light", LAMP)
    await room.speak("okay nabu", "unlock the front door")
    await room.until(messages.EarEvent, event_type="understood")
    await room.speak("yes")
    assert await room.command() == ("virtual/door/set", b"UNLOCK")


async def test_what_is_said_while_muted_is_not_heard(room: Room) -> None:
    await room.announce("light", LAMP)
    await room.until(messages.ListeningState, listening=True)
    await room.page.ask(SET_MUTED, messages.SetMuted(muted=True))
    await room.until(messages.ListeningState, muted=True, microphone="muted", listening=False)
    with pytest.raises(Refused, match="not listening"):
        await room.page.ask(OPEN_EAR, messages.OpenEar())
    room.heard.clear()
    await room.page.ask(SET_MUTED, messages.SetMuted(muted=False))
    await room.until(messages.ListeningState, muted=False, listening=True)
    await room.speak("okay nabu", "turn off the lamp")
    assert await room.command() == ("virtual/lamp/set", b"OFF")


async def test_mute_outlives_the_process(
    broker: Broker, tmp_path: Path, models_folder: Path
) -> None:
    broker.paths.models.symlink_to(models_folder)
    async with in_room(broker, tmp_path) as room:
        await room.page.ask(SET_MUTED, messages.SetMuted(muted=True))
    async with in_room(broker, tmp_path) as room:
        await room.until(messages.ListeningState, muted=True, microphone="muted")


async def test_a_microphone_that_is_not_there_is_a_clear_state(
    broker: Broker, tmp_path: Path, models_folder: Path
) -> None:
    broker.paths.models.symlink_to(models_folder)
    async with in_room(broker, tmp_path, str(tmp_path / "gone")) as room:
        await room.until(messages.ListeningState, microphone="failed", listening=False)
        (finding,) = room.findings()
    assert finding.rule == "microphone"
    assert "mkfifo" in finding.mend


async def test_a_model_that_is_not_there_is_a_clear_state(broker: Broker, tmp_path: Path) -> None:
    async with in_room(broker, tmp_path) as room:
        await room.until(messages.ListeningState, listening=False)
        (finding,) = room.findings()
    assert finding.rule == "recognition"
    assert "appliance models" in finding.mend


async def test_a_device_outside_the_roots_is_named(broker: Broker, tmp_path: Path) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.announce("light", LAMP | {"command_topic": "elsewhere/lamp/set"})
        (finding,) = room.findings()
    assert finding.rule == "device_roots"
    assert "elsewhere" in finding.message


async def test_home_assistant_hears_of_the_device(broker: Broker, tmp_path: Path) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.until(messages.ListeningState, microphone="none")
        async with broker.client() as client:
            await client.subscribe(f"homeassistant/device/{broker.box}_voice/config")
            message = await asyncio.wait_for(anext(client.messages), LIMIT_S)
    assert isinstance(message.payload, bytes)
    assert {"listening", "muted", "ear"} <= json.loads(message.payload)["cmps"].keys()


async def test_no_thread_is_left_behind(
    broker: Broker, tmp_path: Path, models_folder: Path
) -> None:
    broker.paths.models.symlink_to(models_folder)
    async with in_room(broker, tmp_path) as room:
        await room.until(messages.ListeningState, listening=True)
    assert not [thread for thread in threading.enumerate() if "ears" in thread.name]
