"""Things that stand on the ground or are carried."""

import math
from collections.abc import Callable
from enum import StrEnum

import numpy as np

from appliance.demo.staging.canvas import Area, Canvas, Colour, Frame, Point, shade

WHEEL_M = 0.34
METAL: Colour = (70, 70, 70)


class ThingKind(StrEnum):
    PLANTER = "planter"
    BIN = "bin"
    BICYCLE = "bicycle"
    CRATE = "crate"
    SUITCASE = "suitcase"
    BAG = "bag"
    PARCEL = "parcel"


def draw_thing(frame: Frame, kind: ThingKind, foot: Point, scale: float, seed: int) -> None:
    """A thing that stands on the ground."""
    shade(frame, foot, (0.45 * scale, 0.13 * scale))
    canvas = Canvas(foot, scale, Area(1.0, 1.5))
    SHAPES[kind](canvas, (0.0, 0.0), np.random.default_rng((seed, 4)))
    canvas.lay(frame, seed % 64)


def _block(
    canvas: Canvas, foot: Point, half_m: float, height_m: float, colour: Colour, narrow: float = 1.0
) -> None:
    x, y = foot
    canvas.shape(
        [
            (x - half_m * narrow, y),
            (x - half_m, y + height_m),
            (x + half_m, y + height_m),
            (x + half_m * narrow, y),
        ],
        colour,
    )


def _planter(canvas: Canvas, foot: Point, chance: np.random.Generator) -> None:
    _block(canvas, foot, 0.32, 0.5, (60, 90, 150), 0.75)
    for _ in range(26):
        x, y = chance.uniform(-0.4, 0.4), chance.uniform(0.5, 1.15)
        green = int(chance.integers(70, 150))
        canvas.disc((foot[0] + x, foot[1] + y), (0.12, 0.08), (40, green, 50))


def _bin(canvas: Canvas, foot: Point, chance: np.random.Generator) -> None:
    _block(canvas, foot, 0.32, 0.95, (60, 75, 60), 0.85)
    _block(canvas, (foot[0], foot[1] + 0.95), 0.36, 0.09, (45, 50, 45))


def _parked_bicycle(canvas: Canvas, foot: Point, chance: np.random.Generator) -> None:
    draw_bicycle_alone(canvas, foot, 1, float(chance.uniform(0, 1)))


def _crate(canvas: Canvas, foot: Point, chance: np.random.Generator) -> None:
    _block(canvas, foot, 0.36, 0.6, (90, 140, 180))
    for rise in (0.15, 0.3, 0.45):
        y = foot[1] + rise
        canvas.limb([(foot[0] - 0.34, y), (foot[0] + 0.34, y)], 0.03, (50, 85, 115))


def _suitcase(canvas: Canvas, foot: Point, chance: np.random.Generator) -> None:
    _block(canvas, foot, 0.25, 0.62, (130, 45, 40))
    x, y = foot
    canvas.limb([(x - 0.1, y + 0.62), (x - 0.1, y + 0.8), (x + 0.1, y + 0.8), (x + 0.1, y + 0.62)],
                0.03, METAL)  # fmt: skip
    canvas.limb([(x - 0.24, y + 0.3), (x + 0.24, y + 0.3)], 0.03, (90, 30, 25))


def _bag(canvas: Canvas, foot: Point, chance: np.random.Generator) -> None:
    _block(canvas, foot, 0.26, 0.36, (35, 40, 50), 1.15)
    canvas.ring((foot[0], foot[1] + 0.4), 0.12, 0.04, (25, 30, 35))


def _parcel(canvas: Canvas, foot: Point, chance: np.random.Generator) -> None:
    _block(canvas, foot, 0.3, 0.4, (105, 150, 190))
    canvas.limb([(foot[0], foot[1] + 0.02), (foot[0], foot[1] + 0.38)], 0.06, (150, 190, 215))


def draw_bicycle_alone(canvas: Canvas, foot: Point, way: int, turn: float) -> None:
    """Without a rider; `way` is 1 to the right, `turn` that of its pedals in radians."""

    def place(x: float, y: float) -> Point:
        return foot[0] + x * way, foot[1] + y

    rear, front, pedals = place(-0.52, WHEEL_M), place(0.52, WHEEL_M), place(-0.03, 0.34)
    for hub in (rear, front):
        canvas.ring(hub, WHEEL_M, 0.05, (25, 25, 25))
        for spoke in range(4):
            angle = turn * 2 + spoke * math.pi / 4
            reach = (0.3 * math.cos(angle), 0.3 * math.sin(angle))
            canvas.limb(
                [(hub[0] - reach[0], hub[1] - reach[1]), (hub[0] + reach[0], hub[1] + reach[1])],
                0.015,
                METAL,
            )
    saddle, stem = place(-0.2, 0.85), place(0.4, 0.85)
    for line in ([rear, pedals, stem, front], [rear, saddle, stem], [pedals, saddle]):
        canvas.limb(line, 0.06, (60, 40, 150))
    canvas.limb([stem, place(0.42, 1.02), place(0.3, 1.05)], 0.05, METAL)
    canvas.limb([place(-0.3, 0.9), place(-0.1, 0.9)], 0.07, (30, 30, 30))


Shape = Callable[[Canvas, Point, np.random.Generator], None]
SHAPES: dict[ThingKind, Shape] = {
    ThingKind.PLANTER: _planter,
    ThingKind.BIN: _bin,
    ThingKind.BICYCLE: _parked_bicycle,
    ThingKind.CRATE: _crate,
    ThingKind.SUITCASE: _suitcase,
    ThingKind.BAG: _bag,
    ThingKind.PARCEL: _parcel,
}
