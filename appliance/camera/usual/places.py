"""What is usual at each place of a picture: how fast, which way, what kind, how long.

A place is a 16th of the height and a 24th of the width. Each has histograms, in seconds of motion
or in numbers of passers-by; a place is judged by its own and its neighbours' together, and where
those are few, by the whole picture's: a histogram of the whole picture counts like so many of the
place's own (shrinkage, as in a Dirichlet prior with the pooled distribution as its mean).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from appliance.camera.seeing.assessment import Kind
from appliance.camera.seeing.motion import MOVING, Cells
from appliance.camera.usual.counts import highest_mean

Floats = npt.NDArray[np.float32]

ROWS, COLUMNS = 16, 24
SPEEDS = 32
SLOWEST, FASTEST = 0.004, 2.0
"""Picture heights a second; the classes are equal steps of the logarithm."""
DIRECTIONS = 8
PACES = 9
"""People walk both ways where vehicles drive one way: a way is judged among those as fast."""
SLOWEST_PACE, PACE_STEP = 0.03, 1.5
"""Picture heights a second of the first class, and how many times faster each next one is: who
rides is two of them faster than who walks there."""
SIZES = 24
SMALLEST, LARGEST = 0.01, 2.0
"""Picture heights, the square root of the area."""
KINDS = tuple(Kind)
STAYS = 16
STAY_RANGE_S = (20.0, 3600.0)
"""Whoever stands for less than that passes: he looks at his telephone, a bag is put down."""
REACH = 1.0
"""Standard deviation, in places, of how far neighbours count."""
WEIGHTS = np.exp(-0.5 * (np.arange(-4, 5, dtype=np.float32) / REACH) ** 2)
"""Of the places in a line, as far as OpenCV blurs: four standard deviations."""
FOOT_REACH = 0.6
"""The same for feet, which are known to about a place."""
QUANTILE = 0.99
PRIOR_S = 30.0
"""Seconds of motion that the whole picture's histogram counts like."""
PRIOR_PASSES = 3.0
PASS_S = 0.5
"""Seconds for which a place moves when somebody passes."""
HALF_LIFE_S = 21 * 24 * 3600.0
"""What was learned counts half after three weeks."""


def _histogram(classes: int) -> Callable[[], Floats]:
    return lambda: np.zeros((ROWS, COLUMNS, classes), np.float32)


@dataclass
class Places:
    """The histograms of one camera."""

    speeds: Floats = field(default_factory=_histogram(SPEEDS))
    """Seconds in which the whole place moved."""
    sizes: Floats = field(default_factory=_histogram(SIZES))
    """Passers-by, as the following two."""
    directions: Floats = field(default_factory=_histogram(PACES * DIRECTIONS))
    """Of each pace."""
    kinds: Floats = field(default_factory=_histogram(len(KINDS)))
    stays: Floats = field(default_factory=_histogram(STAYS))
    """Those who pass are in the first class."""

    def learn_speeds(self, speed: Cells, seconds: float) -> None:
        """Of one picture's grid, in picture heights a second."""
        moving = np.flatnonzero(speed > MOVING)
        if not len(moving):
            return
        place, cells_a_place = _places_of(*speed.shape)
        index = place[moving] * SPEEDS + _speed_classes(speed.reshape(-1)[moving])
        counts = np.bincount(index, minlength=ROWS * COLUMNS * SPEEDS)
        self.speeds += (counts * (seconds / cells_a_place)).reshape(self.speeds.shape)

    def learn_pass(
        self,
        way: Sequence[tuple[float, float, float]],
        size: float,
        pace: float,
        kind: Kind,
        weight: float,
    ) -> None:
        """Of somebody who passed: feet (fractions of the picture) and directions (radians) on the
        way, the pace in picture heights a second; each place counts once, with that weight."""
        by_place = {_place(x, y): direction for x, y, direction in way}
        for (row, column), direction in by_place.items():
            for pace_class, share in _pace_classes(pace):
                way_class = pace_class * DIRECTIONS + _direction_class(direction)
                self.directions[row, column, way_class] += weight * share
            self.sizes[row, column, _class(size, SMALLEST, LARGEST, SIZES)] += weight
            self.kinds[row, column, KINDS.index(kind)] += weight
            self.stays[row, column, 0] += weight

    def learn_stay(self, x: float, y: float, seconds: float, weight: float) -> None:
        """Of somebody or something that stood there and is gone."""
        self.stays[(*_place(x, y), _class(seconds, *STAY_RANGE_S, STAYS))] += weight

    def usual_speeds(self, rows: int, columns: int) -> Cells:
        """What only one in a hundred moments of motion is faster than, for each cell of a grid;
        infinite before anything was learned."""
        whole = self.speeds.sum((0, 1))
        if whole.sum() <= 0:
            return np.full((rows, columns), np.inf, np.float32)
        mixed = neighbourhood(self.speeds) + PRIOR_S * whole / whole.sum()
        usual = SLOWEST * (FASTEST / SLOWEST) ** (_quantiles(mixed) / SPEEDS)
        return _on_grid(usual, rows, columns)

    def usual_sizes(self) -> Floats:
        """What only one in a hundred passers-by is larger than, at each place; infinite before
        anybody passed."""
        whole = self.sizes.sum((0, 1))
        if whole.sum() <= 0:
            return np.full((ROWS, COLUMNS), np.inf, np.float32)
        mixed = neighbourhood(self.sizes) + PRIOR_PASSES * whole / whole.sum()
        usual = SMALLEST * (LARGEST / SMALLEST) ** (_quantiles(mixed) / SIZES)
        return usual.astype(np.float32)

    def usual_stays(self) -> Floats:
        """Seconds that only one in a hundred who come to a place stays longer than; at least
        STAY_RANGE_S[0]."""
        whole = self.stays.sum((0, 1))
        if whole.sum() <= 0:
            return np.full((ROWS, COLUMNS), STAY_RANGE_S[0], np.float32)
        mixed = neighbourhood(self.stays) + PRIOR_PASSES * whole / whole.sum()
        shortest, longest = STAY_RANGE_S
        # Within the first class everybody only passes.
        above = np.maximum(0, _quantiles(mixed) - 1) / (STAYS - 1)
        return (shortest * (longest / shortest) ** above).astype(np.float32)

    def strangeness(self, rows: int, columns: int, without: float = 0.0) -> Cells:
        """For each cell of a grid how many times less moves there than at the places where
        anything moves, as a logarithm; 0 and more. Before anything was learned 0.

        `without` leaves out so many passages everywhere: one, to judge what was learned itself."""
        moved = neighbourhood(self.speeds.sum(-1))
        if moved.max() <= 0:
            return np.zeros((rows, columns), np.float32)
        busy = float(moved[moved > moved.mean()].mean())
        reach = PASS_S * 2 * math.pi * REACH**2  # what a passage adds to a neighbourhood
        moved = np.maximum(0, moved - without * reach)
        times = np.log((busy + reach) / (moved + reach))
        return np.maximum(_on_grid(times, rows, columns), 0)

    def strangeness_of_feet(self, without: float = 0.0) -> Floats:
        """The same of where passers-by stand, in passers-by: who walks behind a path moves in the
        same part of the picture, and not on it."""
        feet = neighbourhood(self.kinds.sum(-1), FOOT_REACH)
        if feet.max() <= 0:
            return np.zeros((ROWS, COLUMNS), np.float32)
        busy = float(feet[feet > feet.mean()].mean())
        feet = np.maximum(0, feet - without)
        return np.asarray(np.maximum(np.log((busy + 1) / (feet + 1)), 0), np.float32)

    def shares_of_directions(self) -> Floats:
        """Rows x columns x paces x directions: of those who pass at each place about as fast, how
        many go each way, 0-1. Where those are few, all who pass there count. The neighbouring
        classes count, too: a way is never quite straight."""
        by_pace = neighbourhood(self.directions, FOOT_REACH)
        by_pace = by_pace.reshape(ROWS, COLUMNS, PACES, DIRECTIONS)
        whole = self.directions.reshape(-1, DIRECTIONS).sum(0) + 1.0
        there = by_pace.sum(2) + PRIOR_PASSES * whole / whole.sum()
        prior = PRIOR_PASSES * there / there.sum(-1, keepdims=True)
        mixed = by_pace + prior[:, :, None]
        mixed[:, :, 1:] += by_pace[:, :, :-1] / 2
        mixed[:, :, :-1] += by_pace[:, :, 1:] / 2
        near = mixed + np.roll(mixed, 1, -1) + np.roll(mixed, -1, -1)
        return np.asarray(near / mixed.sum(-1, keepdims=True), np.float32)

    def share_of_kind(self, kind: Kind, x: float, y: float) -> float:
        """How many at most of those of a known kind who pass at a place are of that one, 0-1, as
        far as those who passed allow (95 %): where few did, no kind is rare."""
        known = [KINDS.index(each) for each in KINDS if each is not Kind.OTHER]
        whole = self.kinds[..., known].sum((0, 1)) + 0.5
        row, column = _place(x, y)
        # Whoever passes leaves a line, and a neighbourhood counts so much of it.
        passed = neighbours(self.kinds, row, column)[known] / (math.sqrt(2 * math.pi) * REACH)
        there = passed + PRIOR_PASSES * whole / whole.sum()
        most = float(highest_mean(there[known.index(KINDS.index(kind))]))
        return min(1.0, most / float(there.sum()))

    @property
    def kinds_known(self) -> bool:
        """Whether anybody's kind was ever found out."""
        return bool(np.delete(self.kinds, KINDS.index(Kind.OTHER), axis=-1).any())

    def commonest_kind(self, x: float, y: float) -> Kind:
        """Of those who pass at a place; OTHER when no kind is known there."""
        there = neighbours(self.kinds, *_place(x, y))
        there[KINDS.index(Kind.OTHER)] = 0
        return KINDS[int(there.argmax())] if there.max() > 0 else Kind.OTHER

    def fade(self, seconds: float) -> None:
        """Forgets as much as is forgotten in that time."""
        kept = np.float32(0.5 ** (seconds / HALF_LIFE_S))
        for histogram in (self.speeds, self.sizes, self.directions, self.kinds, self.stays):
            histogram *= kept


def share_of_way(shares: Floats, way: Sequence[tuple[float, float, float]], pace: float) -> float:
    """How many of those about as fast (picture heights a second) go a way, 0-1: the geometric mean
    over its places."""
    (below, of_below), (above, of_above) = _pace_classes(pace)
    logs = []
    for x, y, direction in way:
        there = shares[_place(x, y)]
        towards = _direction_class(direction)
        near = of_below * there[below, towards] + of_above * there[above, towards]
        logs.append(math.log(float(near)))
    return min(1.0, math.exp(sum(logs) / len(logs)))


def _pace_classes(pace: float) -> tuple[tuple[int, float], tuple[int, float]]:
    """The two classes around a pace, each with its share."""
    steps = math.log(max(pace, SLOWEST_PACE) / SLOWEST_PACE) / math.log(PACE_STEP)
    below = min(int(steps), PACES - 2)
    above = min(1.0, steps - below)
    return (below, 1.0 - above), (below + 1, above)


def _place(x: float, y: float) -> tuple[int, int]:
    return min(ROWS - 1, max(0, int(y * ROWS))), min(COLUMNS - 1, max(0, int(x * COLUMNS)))


def _direction_class(direction: float) -> int:
    return round(direction / (2 * math.pi) * DIRECTIONS) % DIRECTIONS


def _class(value: float, smallest: float, largest: float, classes: int) -> int:
    """Equal steps of the logarithm."""
    scale = classes / math.log(largest / smallest)
    return min(classes - 1, int(math.log(max(value, smallest) / smallest) * scale))


def _quantiles(histogram: Floats) -> npt.NDArray[np.float64]:
    """Where, counted in classes, the share QUANTILE is reached."""
    reached = np.cumsum(histogram, -1, dtype=np.float64)
    reached /= reached[..., -1:]
    upper = np.argmax(reached >= QUANTILE, -1)[..., None]
    above = np.take_along_axis(reached, upper, -1)
    below = np.where(upper > 0, np.take_along_axis(reached, np.maximum(upper - 1, 0), -1), 0.0)
    inside = (QUANTILE - below) / np.maximum(above - below, 1e-9)
    return np.asarray((upper + inside)[..., 0], np.float64)


def _on_grid(values: npt.NDArray[np.floating], rows: int, columns: int) -> Cells:
    """Places' values between them, too."""
    return np.asarray(
        cv2.resize(values.astype(np.float32), (columns, rows), interpolation=cv2.INTER_LINEAR),
        np.float32,
    )


def _speed_classes(speeds: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    scale = SPEEDS / math.log(FASTEST / SLOWEST)
    classes = np.log(np.maximum(speeds, SLOWEST) / SLOWEST) * scale
    return np.minimum(classes, SPEEDS - 1).astype(np.intp)


_grids: dict[tuple[int, int], tuple[npt.NDArray[np.intp], float]] = {}


def _places_of(rows: int, columns: int) -> tuple[npt.NDArray[np.intp], float]:
    """For each cell of a grid its place, and how many cells a place has on average."""
    if (rows, columns) not in _grids:
        down = np.arange(rows)[:, None] * ROWS // rows
        across = np.arange(columns)[None] * COLUMNS // columns
        index = (down * COLUMNS + across).reshape(-1).astype(np.intp)
        _grids[rows, columns] = index, rows * columns / (ROWS * COLUMNS)
    return _grids[rows, columns]


def neighbourhood(histogram: Floats, reach: float = REACH) -> Floats:
    """Each place's own and its neighbours', a place's own with weight 1."""
    blurred = cv2.GaussianBlur(histogram, (0, 0), reach, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(blurred * (2 * math.pi * reach**2), np.float32)


def neighbours(histogram: Floats, row: int, column: int) -> Floats:
    """The same of one place, which is asked for everybody in every picture."""
    half = len(WEIGHTS) // 2
    top, left = max(0, row - half), max(0, column - half)
    part = histogram[top : row + half + 1, left : column + half + 1]
    down = WEIGHTS[top - row + half :][: part.shape[0]]
    across = WEIGHTS[left - column + half :][: part.shape[1]]
    return np.asarray(np.einsum("i,j,ijk->k", down, across, part), np.float32)
