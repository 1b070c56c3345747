"""How long runs take."""

from collections import deque

import numpy as np

WINDOW = 512
"""Runs that the percentiles look back on."""


class Latency:
    """Counts all runs; percentiles of the latest."""

    def __init__(self) -> None:
        self.count = 0
        self._recent_ms: deque[float] = deque(maxlen=WINDOW)

    def add(self, run_ms: float) -> None:
        self.count += 1
        self._recent_ms.append(run_ms)

    @property
    def p50_ms(self) -> float | None:
        """None before the first run."""
        return self._percentile(50)

    @property
    def p95_ms(self) -> float | None:
        """None before the first run."""
        return self._percentile(95)

    def _percentile(self, percent: float) -> float | None:
        return float(np.percentile(self._recent_ms, percent)) if self._recent_ms else None
