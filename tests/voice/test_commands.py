"""What is said or typed is done by a device of the household, and told."""

from pathlib import Path

import pytest

from appliance.bus.messages import listening as messages
from appliance.bus.messages.voice import AskVocabulary, CommandEvent, Say
from appliance.bus.topics import (
    ASK_VOCABULARY,
    OPEN_EAR,
    SAY,
)
from tests.broker_fixture import Broker
from tests.voice.room import DOOR, LAMP, Room, in_room

pytestmark = pytest.mark.anyio


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


async def test_our_own_devices_in_home_assistant_cannot_be_spoken_to(
    broker: Broker, tmp_path: Path
) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.until(messages.ListeningState, microphone="none")
        await room.announce("light", LAMP)
        reply = await room.page.ask(SAY, Say(text="turn on voice mute"))
        assert reply.kind == "not_understood"
        assert room.findings() == []


async def test_the_vocabulary_knows_the_house(broker: Broker, tmp_path: Path) -> None:
    async with in_room(broker, tmp_path, "") as room:
        await room.announce("light", LAMP)
        vocabulary = await room.page.ask(ASK_VOCABULARY, AskVocabulary())
    assert [device.name for device in vocabulary.devices] == ["Lamp"]
    said = [sentence for each in vocabulary.examples for sentence in each.sentences]
    assert any("Lamp" in sentence for sentence in said)
    assert vocabulary.states["spoken"] > 0
