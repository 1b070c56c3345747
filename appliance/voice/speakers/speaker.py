"""What a speaker is."""

from typing import Protocol

from appliance.voice.audio.sound import Samples


class Speaker(Protocol):
    """Where sound goes."""

    name: str
    """What the settings call it."""

    async def play(self, samples: Samples) -> None:
        """Returns when it has been heard; cancelling it is silence. Raises SpeakerFailed."""
