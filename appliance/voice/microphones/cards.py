"""Which sound cards the machine has."""

from pathlib import Path

DEFAULT = "default"
"""ALSA's name for the one that it chooses."""
SOUND = Path("/proc/asound")
"""Lists the sound cards (the kernel's Documentation/sound/designs/procfile.rst)."""


def has_microphone(sound: Path = SOUND) -> bool:
    """Whether any sound card can record."""
    try:
        return "capture" in (sound / "pcm").read_text("ascii", "replace")
    except OSError:
        return False
