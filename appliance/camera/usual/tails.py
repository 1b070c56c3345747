"""From which value on a score is unusual: the tail of the camera's own normal scores.

The highest score of each stretch with something in it is kept. Highest values of many have a Gumbel
distribution whatever the scores' own is, as long as its tail falls off like an exponential
(Fisher and Tippett 1928; Coles, An introduction to statistical modeling of extreme values, 2001,
chapter 3); it is fitted by its first two moments, and the value that is passed once in a period is
its return level.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Example, Kind

STRETCH_S = 5.0
"""About as long as somebody takes to pass."""
PEAKS_LIMIT = 512
"""When there are as many, neighbours are put together and stretches last twice as long."""
FEWEST_PEAKS = 6
"""Nothing is unusual before."""
EXTRAPOLATION = 3.0
"""A tail says nothing of periods much longer than the time it was watched for: hydrology does not
trust return periods beyond a few times the record."""
PRIOR_PEAKS = 4.0
PRIOR_SPREAD = 0.15
"""Of the first peaks, relative to their mean, counted like so many peaks."""
EULER = 0.5772156649


@dataclass(frozen=True)
class Peak:
    """The highest score of a stretch."""

    time_s: float
    kind: Kind
    box: Box
    value: float
    """What was measured there, in the unit of the cause."""
    score: float

    def example(self) -> Example:
        return Example(self.time_s, self.kind, self.box, self.value)


@dataclass
class Tail:
    """Of the scores of one cause."""

    peaks: list[Peak] = field(default_factory=list)
    stretch_s: float = STRETCH_S
    current: Peak | None = None
    """Of the stretch that is not over."""
    began_s: float | None = None
    watched_s: float = 0.0
    """With or without anything to see."""
    _levels: dict[float, float] = field(default_factory=dict)

    def watch(self, seconds: float) -> None:
        self.watched_s += seconds

    def add(self, peak: Peak) -> None:
        """Takes what is usual; times rise."""
        if self.began_s is None or not 0 <= peak.time_s - self.began_s < self.stretch_s:
            self.close()
            self.began_s = peak.time_s
        if self.current is None or peak.score > self.current.score:
            self.current = peak

    def close(self) -> None:
        """Ends the stretch."""
        if self.current is not None:
            self.peaks.append(self.current)
            self._levels.clear()
        self.current = self.began_s = None
        if len(self.peaks) >= PEAKS_LIMIT:
            pairs = zip(self.peaks[::2], self.peaks[1::2], strict=False)
            self.peaks = [max(pair, key=lambda peak: peak.score) for pair in pairs]
            self.stretch_s *= 2

    def replace(self, peaks: list[Peak]) -> None:
        """The same peaks, scored by what is known now."""
        self.peaks = peaks
        self._levels.clear()

    def level(self, period_s: float) -> float:
        """What is passed once in that time of watching; infinite while too little was seen."""
        if len(self.peaks) < FEWEST_PEAKS:
            return math.inf
        if period_s not in self._levels:
            self._levels[period_s] = self._fit(period_s)
        return self._levels[period_s]

    def highest(self) -> float:
        return max((peak.score for peak in self.peaks), default=0.0)

    def nearest(self, box: Box, count: int) -> tuple[Example, ...]:
        """The usual ones nearest to a place."""
        x, y = box.foot

        def distance(peak: Peak) -> float:
            return math.dist((x, y), peak.box.foot)

        return tuple(peak.example() for peak in sorted(self.peaks, key=distance)[:count])

    def _fit(self, period_s: float) -> float:
        scores: npt.NDArray[np.float64] = np.array([peak.score for peak in self.peaks])
        count = len(scores)
        mean = float(scores.mean())
        variance = float(((scores - mean) ** 2).sum()) + PRIOR_PEAKS * (PRIOR_SPREAD * mean) ** 2
        spread = math.sqrt(6 * variance / (count + PRIOR_PEAKS)) / math.pi
        # Stretches with something in them, in the period.
        periods = min(period_s / max(self.watched_s, 1.0), EXTRAPOLATION)
        level = mean + spread * (math.log(max(1.0, count * periods)) - EULER)
        # What was passed in the time watched will be passed in a longer one.
        return max(level, float(scores.max())) if periods >= 1 else level
