"""The wake word: microWakeWord's streaming models, as pymicro-wakeword ships them.

Source of models and cutoffs: github.com/kahrendt/microWakeWord. A model sees a spectrogram of 10 ms
steps and gives a probability every 30 ms; the mean of the last few counts.
"""

from typing import Literal, get_args

from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures, Model

from appliance.voice.audio.sound import FRAME_MS, Samples
from appliance.voice.errors import WakeWordMissing

Word = Literal["okay_nabu", "hey_jarvis", "alexa", "hey_mycroft"]
WORDS: tuple[Word, ...] = get_args(Word)
Sensitivity = Literal["low", "medium", "high"]

MISS_FACTORS: dict[Sensitivity, float] = {"low": 0.5, "medium": 1.0, "high": 3.0}
"""How far below 1 the probability may stay, as a multiple of what the model's author chose."""
REFRACTORY_MS = 1000
"""A word that was heard is not heard again for so long: its probability stays high a while."""


class WakeWord:
    """Listens for one word. One thread."""

    def __init__(self, word: Word, sensitivity: Sensitivity = "medium") -> None:
        """Raises WakeWordMissing."""
        self.word = word
        try:
            self._model = MicroWakeWord.from_builtin(Model(word))
        except (OSError, RuntimeError, ValueError) as error:
            raise WakeWordMissing(word, "its model cannot be loaded") from error
        self._features = MicroWakeWordFeatures()
        miss = (1.0 - self._model.probability_cutoff) * MISS_FACTORS[sensitivity]
        self.cutoff = 1.0 - miss
        """The probability above which the word counts as said."""
        self._deaf_ms = 0

    def hear(self, samples: Samples) -> bool:
        """Whether the word was said, as of this frame of 20 ms; true once a saying."""
        self._deaf_ms = max(0, self._deaf_ms - FRAME_MS)
        said = False
        for features in self._features.process_streaming(samples.tobytes()):
            probability = self._model.process_streaming_prob(features)
            said |= probability is not None and probability > self.cutoff
        if not said or self._deaf_ms:
            return False
        self._deaf_ms = REFRACTORY_MS
        return True

    def reset(self) -> None:
        """Forgets what was heard, after a gap in the sound."""
        self._model.reset()
        self._features.reset()
        self._deaf_ms = 0
