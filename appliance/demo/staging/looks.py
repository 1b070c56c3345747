"""What somebody looks like, and how somebody stands in one frame."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from appliance.demo.staging.canvas import Colour, Frame, Point
from appliance.demo.staging.things import ThingKind

SKIN = ((120, 150, 200), (95, 125, 175), (60, 85, 125), (135, 165, 215))
HAIR = ((30, 35, 45), (50, 70, 100), (70, 110, 150), (160, 165, 170))


class FigureKind(StrEnum):
    PERSON = "person"
    VEHICLE = "vehicle"
    BICYCLE = "bicycle"


@dataclass(frozen=True)
class Looks:
    """Of one person or vehicle, all its life."""

    seed: int
    size: float
    """Times the usual."""
    skin: Colour
    hair: Colour
    top: Colour
    legs: Colour


@dataclass(frozen=True)
class Pose:
    """How it stands in one frame."""

    facing: float
    """From -1, to the left, to 1, to the right; near 0 it comes or goes."""
    stride: float
    """Metres gone since the beginning."""
    walking: bool
    time_s: float
    bend: float = 0.0
    """0-1: a person bends down to the ground."""
    carried: ThingKind | None = None


def dress(chance: np.random.Generator) -> Looks:
    """Looks of somebody, by chance."""

    def cloth() -> Colour:
        blue, green, red = (int(each) for each in chance.integers(20, 215, 3))
        return blue, green, red

    return Looks(
        seed=int(chance.integers(64)),
        size=float(chance.uniform(0.9, 1.08)),
        skin=SKIN[chance.integers(len(SKIN))],
        hair=HAIR[chance.integers(len(HAIR))],
        top=cloth(),
        legs=cloth(),
    )


def darker(colour: Colour, factor: float) -> Colour:
    """The same in less light."""
    blue, green, red = (int(each * factor) for each in colour)
    return blue, green, red


Draw = Callable[[Frame, Point, float, Looks, Pose], None]
"""Takes the frame, the foot in pixels and pixels a metre."""
