"""`appliance say --aloud`: espeak-ng speaks into the named pipe that is the microphone."""

from collections.abc import Mapping
from pathlib import Path

from appliance.bus.messages.voice import Reply, ReplyKind
from appliance.bus.topics import OBSERVER
from appliance.cli.bus_connection import connected, find_bus
from appliance.demo.errors import NobodyListens
from appliance.demo.speaker import Heard, Speaker
from appliance.service import settings
from appliance.service.paths import Paths
from appliance.voice.microphones.pipe import Pipe
from appliance.voice.microphones.sources import find_source
from appliance.voice.settings import SECTION, Settings

LISTENING_LIMIT_S = 5.0
HEARD: Mapping[Heard, str] = {
    "understood": "It was heard and understood.",
    "not_understood": "It was heard, and is no command.",
    "nothing_said": "The wake word was heard, but nothing after it.",
    "not_noticed": "The wake word was not heard.",
}


async def say_aloud(paths: Paths, sentence: str) -> Reply:
    """What voice replied to what it heard. Raises DemoError, BusError and NotAllowed."""
    name = settings.load(paths.settings_file, SECTION, Settings, paths.defaults_file).microphone
    if not name or not isinstance(find_source(name), Pipe):
        raise NobodyListens(f"voice.microphone is {name!r}, no named pipe that can be spoken into")
    bus = find_bus(paths, OBSERVER, "say something to it")
    speaker = Speaker(bus, Path(name))
    async with connected(bus):
        await speaker.wait(LISTENING_LIMIT_S)
        outcome = await speaker.say(sentence)
    if outcome.command is None:
        kind: ReplyKind = "done" if outcome.heard == "understood" else "not_understood"
        return Reply(kind=kind, text=HEARD[outcome.heard])
    command = outcome.command
    return Reply(kind=command.event_type, text=command.reply, intent=command.intent)
