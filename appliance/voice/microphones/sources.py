"""Which source of sound a setting means."""

from pathlib import Path

from appliance.voice.microphones.alsa import Alsa
from appliance.voice.microphones.file import File
from appliance.voice.microphones.microphone import Source
from appliance.voice.microphones.pipe import Pipe


def find_source(name: str) -> Source:
    """A path ending in `.wav` is a recording, any other a named pipe; the rest is a sound card."""
    if not name.startswith("/"):
        return Alsa(name)
    path = Path(name)
    return File(path) if path.suffix.lower() == ".wav" else Pipe(path)
