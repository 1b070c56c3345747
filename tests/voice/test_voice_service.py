"""Voice on the bus: what is said in the room is done by a device of the household."""

import asyncio
import json
import os
import shutil
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import aiomqtt
import pytest

from appliance.bus.client import Bus
from appliance.bus.errors import Refused
from appliance.bus.messages import listening as messages
from appliance.bus.messages.base import Message
from appliance.bus.messages.training import DeleteRecordings, TrainingState
from appliance.bus.messages.voice import AskVocabulary, CommandEvent, Say, TimerEvent
from appliance.bus.names import control_name
from appliance.bus.topics import (
    ASK_VOCABULARY,
    COMMAND_EVENT,
    DELETE_RECORDINGS,
    EAR_EVENT,
    HOUSEHOLD,
    LISTENING_STATE,
    OPEN_EAR,
    SAY,
    SET_MUTED,
    SWITCH_MUTE,
    TIMER_EVENT,
    TRAINING_STATE,
    TYPE,
)
from appliance.service.clock import SystemClock
from appliance.service.health import Facts, Finding, examine
from appliance.service.heartbeat import Heartbeat
from appliance.service.process import Context
from appliance.service.tasks import Tasks
from appliance.voice import queries
from appliance.voice.service import VoiceService
from appliance.voice.sound import SAMPLE_RATE_HZ
from tests.broker_fixture import Broker, running
from tests.voice.speech import say, silence

pytestmark = pytest.mark.anyio
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
    await room.speak("turn off the lamp")
    assert await room.command() == ("virtual/lamp/set", b"OFF")


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
    shown = json.loads(message.payload)["cmps"]
    assert {"listening", "muted", "mute", "type", "ear", "command", "timer"} <= shown.keys()


async def test_no_thread_is_left_behind(
    broker: Broker, tmp_path: Path, models_folder: Path
) -> None:
    broker.paths.models.symlink_to(models_folder)
    async with in_room(broker, tmp_path) as room:
        await room.until(messages.ListeningState, listening=True)
    assert not [thread for thread in threading.enumerate() if "ears" in thread.name]


async def test_what_was_said_and_done_is_told(room: Room) -> None:
    await room.announce("light", LAMP)
    await room.speak("okay nabu", "turn off the lamp")
    event = await room.until(CommandEvent, event_type="done")
    assert (event.source, event.text, event.intent) == (
        "spoken",
        "turn off the lamp",
        "HassTurnOff",
    )
    assert event.slots == {"name": "Lamp"}
    assert event.reply == "Done: Lamp off."
    assert event.score is not None
    assert event.timings_ms.keys() == {"waited", "decoded", "understood", "sent"}
    assert event.timings_ms["waited"] > 0
    assert event.timings_ms["decoded"] > 0


async def test_speech_that_is_no_command_is_told_and_does_nothing(room: Room) -> None:
    await room.announce("light", LAMP)
    await room.speak("okay nabu", "my grandmother has never been to the seaside in winter")
    event = await room.until(CommandEvent, source="spoken")
    assert (event.event_type, event.intent) == ("not_understood", "")
    await room.speak("okay nabu", "turn off the lamp")
    assert await room.command() == ("virtual/lamp/set", b"OFF")


async def test_a_typed_sentence_is_told_too(broker: Broker, tmp_path: Path) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.page.ask(SAY, Say(text="make me a sandwich"))
        event = await room.until(CommandEvent, event_type="not_understood")
    assert (event.source, event.text, event.score) == ("typed", "make me a sandwich", None)


async def test_nothing_that_was_said_stays_on_the_broker(broker: Broker, tmp_path: Path) -> None:
    async with in_room(broker, tmp_path, "", training_log=True) as room:
        await room.announce("light", LAMP)
        await room.page.ask(SAY, Say(text="turn on the lamp"))
        await room.until(CommandEvent, event_type="done")
    async with broker.client() as later:
        await later.subscribe("#", qos=1)
        await later.publish("end", b"", qos=1)
        async for message in later.messages:
            if message.topic.value == "end":
                break
            assert b"turn on" not in bytes(message.payload).lower()
            assert not message.topic.value.endswith(("voice/command", "voice/ear", "voice/timer"))


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


async def test_the_vocabulary_knows_the_house(broker: Broker, tmp_path: Path) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.announce("light", LAMP)
        vocabulary = await room.page.ask(ASK_VOCABULARY, AskVocabulary())
    assert [device.name for device in vocabulary.devices] == ["Lamp"]
    said = [sentence for each in vocabulary.examples for sentence in each.sentences]
    assert any("Lamp" in sentence for sentence in said)
    assert vocabulary.states["spoken"] > 0


needs_speech = pytest.mark.skipif(
    shutil.which("aplay") is None or shutil.which("espeak-ng") is None,
    reason="alsa-utils and espeak-ng are needed",
)


@needs_speech
async def test_a_question_is_said_aloud_before_the_ear_opens_for_the_answer(
    broker: Broker, tmp_path: Path, models_folder: Path
) -> None:
    broker.paths.models.symlink_to(models_folder)
    spoken = tmp_path / "spoken.raw"
    speaker = f"file:FILE={spoken},FORMAT=raw"
    async with in_room(broker, tmp_path, speaker=speaker) as room:
        await room.announce("lock", DOOR)
        await room.speak("okay nabu", "unlock the front door")
        await room.until(CommandEvent, event_type="asked")
        await written(spoken)
        async with asyncio.timeout(LIMIT_S):
            while not room.ear_open:  # noqa: ASYNC110 # the service has no event for it
                await asyncio.sleep(0.02)
        await room.speak("yes")
        assert await room.command() == ("virtual/door/set", b"UNLOCK")
        assert room.findings() == []


@needs_speech
async def test_a_reply_that_cannot_be_said_is_a_clear_state(
    broker: Broker, tmp_path: Path, models_folder: Path
) -> None:
    broker.paths.models.symlink_to(models_folder)
    async with in_room(broker, tmp_path, speaker="hw:CARD=Nowhere") as room:
        await room.announce("light", LAMP)
        await room.speak("okay nabu", "turn on the lamp")
        assert await room.command() == ("virtual/lamp/set", b"ON")
        async with asyncio.timeout(LIMIT_S):
            while not (findings := room.findings()):  # noqa: ASYNC110 # nor for this
                await asyncio.sleep(0.02)
    assert [finding.rule for finding in findings] == ["speaker"]
    assert "aplay -L" in findings[0].mend


@needs_speech
async def test_a_timer_that_ends_is_said_and_told(broker: Broker, tmp_path: Path) -> None:
    spoken = tmp_path / "spoken.raw"
    speaker = f"file:FILE={spoken},FORMAT=raw"
    async with in_room(broker, tmp_path, "", speaker=speaker) as room:
        await room.page.ask(SAY, Say(text="set a timer for one second"))
        event = await room.until(TimerEvent, event_type="ended")
        assert event.text == "The timer of 1 second has ended."
        await written(spoken)


async def test_a_timer_outlives_the_service(broker: Broker, tmp_path: Path) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.page.ask(SAY, Say(text="set a timer for two seconds"))
        file = broker.paths.voice / "timers.json"
        async with asyncio.timeout(LIMIT_S):
            while not file.exists():  # noqa: ASYNC110 # it is a file
                await asyncio.sleep(0.01)
    async with in_room(broker, tmp_path, "") as room:
        assert (await room.until(TimerEvent, event_type="ended")).length_s == 2


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


async def test_our_own_devices_in_home_assistant_cannot_be_spoken_to(
    broker: Broker, tmp_path: Path
) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.until(messages.ListeningState, microphone="none")
        await room.announce("light", LAMP)
        reply = await room.page.ask(SAY, Say(text="turn on voice mute"))
        assert reply.kind == "not_understood"
        assert room.findings() == []


async def test_nothing_is_recorded_unless_the_household_wants_it(room: Room) -> None:
    await room.announce("light", LAMP)
    await room.until(TrainingState, enabled=False, recordings=0)
    await room.speak("okay nabu", "turn on the lamp")
    await room.until(CommandEvent, event_type="done")
    assert not (room.broker.paths.voice / queries.FOLDER).exists()


async def test_recordings_are_kept_listed_and_deleted_also_after_the_log_was_switched_off(
    broker: Broker, tmp_path: Path, models_folder: Path
) -> None:
    broker.paths.models.symlink_to(models_folder)
    voice = broker.paths.voice
    async with in_room(broker, tmp_path, training_log=True) as room:
        await room.announce("light", LAMP)
        await room.speak("okay nabu", "turn on the lamp")
        await room.until(TrainingState, enabled=True, recordings=1)
    (recording,) = queries.recordings(voice)
    assert recording.text == "turn on the lamp"
    assert recording.kind in {"done", "asked"}  # a synthetic voice may leave a doubt
    assert 0.8 < recording.length_s < 4
    async with in_room(broker, tmp_path, "", training_log=False) as room:
        await room.until(TrainingState, enabled=False, recordings=1)
        await room.page.ask(DELETE_RECORDINGS, DeleteRecordings(ids=[recording.id]))
        await room.until(TrainingState, enabled=False, recordings=0)
    assert list((voice / queries.FOLDER).iterdir()) == []


async def written(file: Path) -> None:
    """Something was played into that file."""

    def is_written() -> bool:
        return file.exists() and file.stat().st_size > 0

    async with asyncio.timeout(LIMIT_S):
        while not is_written():  # noqa: ASYNC110 # it is a file
            await asyncio.sleep(0.02)
