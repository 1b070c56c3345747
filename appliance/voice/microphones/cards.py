"""Which sound cards the machine has."""

from pathlib import Path

DEFAULT = "default"
"""ALSA's name for the one that it chooses."""
SOUND = Path("/proc/asound")
"""Lists the sound cards (the kernel's Documentation/sound/designs/procfile.rst)."""


def has_microphone(sound: Path = SOUND) -> bool:
    """Whether any sound card can record."""
    return _can("capture", sound)


def has_speaker(sound: Path = SOUND) -> bool:
    """Whether any sound card can play."""
    return _can("playback", sound)


def _can(what: str, sound: Path) -> bool:
    try:
        return what in (sound / "pcm").read_text("ascii", "replace")
    except OSError:
        return False
