"""What a camera has learned, drawn over its picture and said in words.

Dots on a grid: the larger, the more goes on there, or the faster it goes. So it can be read without
colours; speeds have besides them colours from blue to yellow, which all eyes tell apart by their
lightness.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.web.texts import Texts

CELLS_LIMIT = 4096
WIDTH, HEIGHT = 160.0, 90.0
"""Of the drawing, in its own units."""
LARGEST = 0.47
"""Of a dot, in cells."""
FAINTEST = 0.01
"""Of the liveliest place: where less goes on, nothing does."""
CROSSINGS_S = (20.0, 10.0, 5.0, 2.5)
"""Seconds across the picture's width that part the classes of speed, the slowest first."""
SIZES = (0.16, 0.24, 0.32, 0.4, LARGEST)
"""Of dots by class of speed, in cells."""
RATIO = WIDTH / HEIGHT
REGIONS = (
    ("upper_left", "top", "upper_right"),
    ("left", "middle", "right"),
    ("lower_left", "bottom", "lower_right"),
)


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    radius: float
    level: int
    """Class of speed, 0 to 4."""


@dataclass(frozen=True)
class Learned:
    """Both drawings, with their words."""

    presence: tuple[Dot, ...]
    speed: tuple[Dot, ...]
    presence_words: str
    speed_words: str
    levels: tuple[tuple[int, float, str], ...]
    """For a legend: class, radius in cells, in words."""


def learned(t: Texts, arrays: Mapping[str, Any]) -> Learned | None:
    """None when nothing was learned yet, or what was is none that this page knows."""
    presence = _grid(arrays.get("presence"))
    speed = _grid(arrays.get("speed"))
    if presence is None or speed is None or not any(map(any, presence)):
        return None
    if (len(presence), len(presence[0])) != (len(speed), len(speed[0])):
        return None
    most = max(map(max, presence))
    shares = [[each / most for each in line] for line in presence]
    there = [
        [value if share >= FAINTEST else 0.0 for value, share in zip(*lines, strict=True)]
        for lines in zip(speed, shares, strict=True)
    ]
    return Learned(
        presence=_dots(shares, lambda share: (LARGEST * math.sqrt(share), 0), FAINTEST),
        speed=_dots(there, lambda value: (SIZES[level(value)], level(value)), 0.0),
        presence_words=_presence_words(t, shares),
        speed_words=_speed_words(t, there),
        levels=tuple((n, SIZES[n], t(f"camera.speed.{n}")) for n in range(len(SIZES))),
    )


def level(speed: float) -> int:
    """Class of a speed in picture heights a second."""
    crossing_s = RATIO / speed
    return sum(crossing_s < limit_s for limit_s in CROSSINGS_S)


def _grid(found: object) -> list[list[float]] | None:
    """Rows of numbers, none below 0; None for anything else."""
    if not isinstance(found, list) or not found:
        return None
    rows: list[list[float]] = []
    for line in found:
        if not isinstance(line, list) or not line or len(line) != len(found[0]):
            return None
        if not all(each is None or isinstance(each, int | float) for each in line):
            return None
        rows.append([_positive(each) for each in line])
    return rows if len(rows) * len(rows[0]) <= CELLS_LIMIT else None


def _positive(value: float | None) -> float:
    return float(value) if value is not None and 0 < value < math.inf else 0.0


def _dots(
    grid: Sequence[Sequence[float]], shape: Callable[[float], tuple[float, int]], least: float
) -> tuple[Dot, ...]:
    rows, columns = len(grid), len(grid[0])
    wide, high = WIDTH / columns, HEIGHT / rows
    cell = min(wide, high)
    dots = []
    for row, line in enumerate(grid):
        for column, value in enumerate(line):
            if value > least:
                radius, step = shape(value)
                x, y = (column + 0.5) * wide, (row + 0.5) * high
                dots.append(Dot(round(x, 1), round(y, 1), round(radius * cell, 2), step))
    return tuple(dots)


def _presence_words(t: Texts, shares: Sequence[Sequence[float]]) -> str:
    cells = [share for line in shares for share in line]
    quiet = round(100 * sum(share < FAINTEST for share in cells) / len(cells))
    words = t("camera.most_there", where=t(f"camera.region.{_region(shares)}"))
    return " ".join([words, t("camera.never_there", percent=quiet)]) if quiet >= 1 else words


def _speed_words(t: Texts, speed: Sequence[Sequence[float]]) -> str:
    values = sorted(value for line in speed for value in line if value > 0)
    if not values:
        return t("camera.no_speed")
    where = t(f"camera.region.{_region(speed, mean=True)}")
    usual = _crossing(values[len(values) // 2])
    return " ".join(
        [t("camera.usual_speed", seconds=usual), t("camera.fastest_there", where=where)]
    )


def _crossing(speed: float) -> str:
    seconds = RATIO / speed
    return f"{seconds:.0f}" if seconds >= 3 else f"{seconds:.1f}"


def _region(grid: Sequence[Sequence[float]], *, mean: bool = False) -> str:
    """The ninth of the picture in which there is most, or the highest mean of what there is."""
    rows, columns = len(grid), len(grid[0])
    sums: dict[str, list[float]] = {}
    for row, line in enumerate(grid):
        for column, value in enumerate(line):
            if value > 0:
                name = REGIONS[row * 3 // rows][column * 3 // columns]
                sums.setdefault(name, []).append(value)
    weigh = (lambda found: sum(found) / len(found)) if mean else sum
    return max(sums, key=lambda name: weigh(sums[name]))
