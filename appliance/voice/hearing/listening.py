"""From frames to what was said to the box: the wake word (or a push) opens its ear, an utterance or
a few seconds of nothing close it."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from appliance.voice.audio.sound import FRAME_MS, SAMPLE_RATE_HZ, Frame, Samples
from appliance.voice.hearing.endpointing import End, Endpointing, Utterance
from appliance.voice.hearing.wake import WakeWord

LAG_MS = 140
"""The wake word is noticed later than it ends by at least this much (160 to 200 ms measured): what
was said meanwhile belongs to the command of somebody who makes no pause."""
OPEN_S = 6.0
"""How long the ear stays open for somebody to begin, after the wake word."""
BEFORE_MS = 500
"""Of the time before an utterance, what is kept with it."""
TAIL_BEGIN_S = 0.3
TAIL_LENGTH_S = 1.6
"""An utterance that begins within the first time after the wake word and is over within the second
is the end of the wake word itself when it is no command: the person may still be about to speak.
(The second contains the silence that ends an utterance that is no sentence.)"""


class Change(Enum):
    """Something happened beside what was said."""

    WOKEN = "woken"
    """The wake word was heard: somebody is about to speak."""
    NOTHING_SAID = "nothing_said"
    """The ear closed again, and nobody had spoken."""


@dataclass(frozen=True)
class Said:
    """An utterance, understood or not."""

    utterance: Utterance
    heard_at_s: float
    """Monotonic time at which its last sound was captured."""
    samples: Samples | None = field(default=None, compare=False, repr=False)
    """What was heard, where somebody keeps it."""

    @property
    def doubtful(self) -> bool:
        """Whether it may have been another sentence."""
        return self.utterance.end is End.DOUBTFUL

    @property
    def words(self) -> tuple[str, ...]:
        """The sentence; empty when it was no command."""
        hypothesis = self.utterance.hypothesis
        if self.utterance.end is End.REJECTED or hypothesis is None:
            return ()
        return hypothesis.words


class Listening:
    """One thread's. Sound time counts, not the clock's: a file heard fast is heard the same."""

    def __init__(
        self, wake: WakeWord | None, endpointing: Endpointing, *, keep: bool = False
    ) -> None:
        """Without a wake word only `open` opens the ear. `keep` gives the sound of utterances
        along; otherwise it is forgotten as it is heard."""
        self._wake = wake
        self._endpointing = endpointing
        self._recent: deque[Samples] = deque(maxlen=LAG_MS // FRAME_MS)
        self._kept: list[Samples] | None = [] if keep else None
        self._open_s: float | None = None
        """Seconds of sound since the ear was opened."""
        self._begun_s: float | None = None
        """The same, at the beginning of the present utterance."""

    @property
    def is_open(self) -> bool:
        return self._open_s is not None

    def open(self) -> None:
        """As if the wake word had been said (push-to-talk)."""
        self._endpointing.reset()
        self._open_s, self._begun_s = 0.0, None
        if self._kept is not None:
            self._kept.clear()

    def close(self) -> None:
        """Forgets what was heard, after a gap in the sound or when muted."""
        if self._wake is not None:
            self._wake.reset()
        self._recent.clear()
        self._endpointing.reset()
        self._open_s = self._begun_s = None
        if self._kept is not None:
            self._kept.clear()

    def hear(self, frame: Frame) -> Change | Said | None:
        """Takes a frame; decodes within it when somebody pauses."""
        self._recent.append(frame.samples)
        woken = self._wake is not None and self._wake.hear(frame.samples)
        if woken and not self._endpointing.speaking:
            self.open()
            for samples in self._recent:
                self._endpointing.hear(samples)
            if self._kept is not None:
                self._kept.extend(self._recent)
            return Change.WOKEN
        if self._open_s is None:
            return None
        self._open_s += len(frame.samples) / SAMPLE_RATE_HZ
        utterance = self._endpointing.hear(frame.samples)
        if self._kept is not None:
            self._kept.append(frame.samples)
            if utterance is None and not self._endpointing.speaking:
                del self._kept[: -BEFORE_MS // FRAME_MS]
        if utterance is not None:
            return self._take(utterance, frame)
        if not self._endpointing.speaking:
            self._begun_s = None
            if self._open_s > OPEN_S:
                self.close()
                return Change.NOTHING_SAID
        elif self._begun_s is None:
            self._begun_s = self._open_s
        return None

    def _take(self, utterance: Utterance, frame: Frame) -> Said | None:
        begun_s, open_s = self._begun_s or 0.0, self._open_s or 0.0
        self._begun_s = None
        is_tail = begun_s < TAIL_BEGIN_S and open_s < TAIL_LENGTH_S
        if utterance.end is End.REJECTED and is_tail:
            return None
        self._open_s = None
        self._endpointing.reset()
        samples = np.concatenate(self._kept) if self._kept else None
        if self._kept is not None:
            self._kept.clear()
        return Said(utterance, frame.heard_at_s, samples)
