"""For how long nothing has been as loud as the speech before."""

from collections import deque

import numpy as np

from appliance.voice.audio.sound import SAMPLE_RATE_HZ, Samples

STEP_MS = 10
"""Finer than the speech detector's chunks: where sound falls is known to this."""
_STEP = SAMPLE_RATE_HZ * STEP_MS // 1000


class Loudness:
    """Hears everything; `begin` tells it that an utterance has begun."""

    def __init__(self, below_db: float, before_ms: int) -> None:
        """Quiet is what lies `below_db` (negative) below the loudest step of the utterance;
        `before_ms` of what was heard before `begin` belongs to it."""
        self._ratio = 10 ** (below_db / 10)
        self._before: deque[float] = deque(maxlen=max(1, before_ms // STEP_MS))
        self._rest = np.zeros(0, np.int16)
        self._loudest = 0.0
        self._quiet_ms = 0

    @property
    def quiet_ms(self) -> int:
        """Since the last step that was not quiet."""
        return self._quiet_ms

    def hear(self, samples: Samples) -> None:
        sound = np.concatenate([self._rest, samples])
        whole = len(sound) // _STEP * _STEP
        self._rest = sound[whole:]
        steps = sound[:whole].astype(np.float64).reshape(-1, _STEP)
        for power in (steps**2).mean(axis=1):
            self._before.append(float(power))
            self._take(float(power))

    def begin(self) -> None:
        """The loudest of what came shortly before counts, nothing earlier."""
        self._loudest, self._quiet_ms = 0.0, 0
        for power in self._before:
            self._take(power)

    def reset(self) -> None:
        """Forgets what was heard."""
        self._before.clear()
        self._rest = np.zeros(0, np.int16)
        self._loudest, self._quiet_ms = 0.0, 0

    def _take(self, power: float) -> None:
        self._loudest = max(self._loudest, power)
        quiet = power < self._loudest * self._ratio
        self._quiet_ms = self._quiet_ms + STEP_MS if quiet else 0
