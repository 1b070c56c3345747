"""A sound card, played to by `aplay` (alsa-utils), opened for each sentence: whatever was plugged
in meanwhile is found."""

from appliance.voice.audio.sound import SAMPLE_RATE_HZ, Samples
from appliance.voice.errors import SpeakerFailed
from appliance.voice.speakers.program import ProgramFailed, run_program

MARGIN_S = 3.0
"""A card that has not finished by so much after the sound's length hangs."""

_MENDS = {
    "No such file or directory": "plug it in; `aplay -L` lists the names for voice.speaker",
    "No such device": "plug it in; `aplay -L` lists the names for voice.speaker",
    "Device or resource busy": "end the other program that plays to it",
    "Permission denied": "add the service's user to the group audio",
}
_MEND = "`aplay -L` lists the names for voice.speaker"


class Alsa:
    """A device by its ALSA name (`default`, `plughw:CARD=Device,DEV=0`)."""

    def __init__(self, name: str, program: str = "aplay") -> None:
        """A `hw:` device is taken with ALSA's conversions, since few play 16 kHz mono."""
        self.name = name
        self._device = f"plug{name}" if name.startswith("hw:") else name
        self._program = program

    async def play(self, samples: Samples) -> None:
        """As `Speaker.play`."""
        arguments = (
            *(self._program, "-q", "-D", self._device, "-t", "raw", "-f", "S16_LE"),
            *("-c", "1", "-r", str(SAMPLE_RATE_HZ)),
        )
        length_s = len(samples) / SAMPLE_RATE_HZ
        try:
            await run_program(arguments, samples.astype("<i2").tobytes(), length_s + MARGIN_S)
        except ProgramFailed as failure:
            if failure.missing:
                raise SpeakerFailed(
                    self.name, failure.reason, "apt install alsa-utils"
                ) from failure
            for words, mend in _MENDS.items():
                if words in failure.reason:
                    raise SpeakerFailed(self.name, words.lower(), mend) from failure
            raise SpeakerFailed(self.name, failure.reason, _MEND) from failure
