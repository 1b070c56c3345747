"""What was heard of one utterance, and what it was taken for."""

from collections.abc import Callable

from appliance.voice.audio.sound import SAMPLE_RATE_HZ, Samples
from appliance.voice.recognisers.recogniser import Hypothesis


class Utterance:
    """Frames of one utterance; when it becomes too long for the engine none are kept."""

    def __init__(self, longest_s: float) -> None:
        self.frames: list[Samples] = []
        self._longest = longest_s * SAMPLE_RATE_HZ
        self._heard = 0
        """Samples, also of frames that are not kept."""
        self._guessed: tuple[int, Hypothesis | None] | None = None

    @property
    def length_s(self) -> float:
        return self._heard / SAMPLE_RATE_HZ

    def add(self, frame: Samples) -> bool:
        """Whether it was kept."""
        self._heard += len(frame)
        if self._heard > self._longest:
            self.frames.clear()
            return False
        self.frames.append(frame)
        return True

    def guess(self, decode: Callable[[], Hypothesis | None]) -> Hypothesis | None:
        """What `decode` makes of it, which is asked once only until more is heard."""
        if self._guessed is None or self._guessed[0] != self._heard:
            self._guessed = (self._heard, decode())
        return self._guessed[1]

    def clear(self) -> None:
        self.frames.clear()
        self._heard = 0
        self._guessed = None
