"""A small picture with a see-through ground, drawn in metres and laid over a frame."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
from cv2.typing import MatLike

Frame = MatLike
"""Height x width x 3 bytes, BGR."""
Colour = tuple[int, int, int]
"""BGR, 0-255."""
Point = tuple[float, float]
"""Metres to the right of the foot and above it."""

FINENESS = 2
"""Drawn so many times larger, then scaled down: soft edges."""
SHIFT = 4
"""Bits behind the point that OpenCV draws with."""
CLOTH_PIXELS = 64
SHADOW = 0.45
"""Of the light is kept away."""


@dataclass(frozen=True)
class Area:
    """How far a figure reaches from its foot, in metres."""

    half_width_m: float
    height_m: float
    below_m: float = 0.1


class Canvas:
    """Of one figure in one frame."""

    def __init__(self, foot: Point, scale: float, area: Area) -> None:
        """`foot` and `scale` are in pixels of the frame, and pixels a metre."""
        self.left = math.floor(foot[0] - area.half_width_m * scale) - 1
        self.top = math.floor(foot[1] - area.height_m * scale) - 1
        width = math.ceil(2 * area.half_width_m * scale) + 3
        height = math.ceil((area.height_m + area.below_m) * scale) + 3
        self._foot = (foot[0] - self.left, foot[1] - self.top)
        self._scale = scale
        self._image = np.zeros((height * FINENESS, width * FINENESS, 3), np.uint8)
        self._alpha = np.zeros((height * FINENESS, width * FINENESS), np.uint8)

    def limb(self, points: Sequence[Point], thickness_m: float, colour: Colour) -> None:
        """A line with round ends."""
        thickness = max(1, round(thickness_m * self._scale * FINENESS))
        drawn = [np.array([self._pixel(point) for point in points], np.int32)]
        for target, paint in ((self._image, colour), (self._alpha, 255)):
            cv2.polylines(target, drawn, False, paint, thickness, cv2.LINE_8, SHIFT)

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""
        drawn = [np.array([self._pixel(point) for point in points], np.int32)]
        for target, paint in ((self._image, colour), (self._alpha, 255)):
            cv2.fillPoly(target, drawn, paint, cv2.LINE_8, SHIFT)

    def disc(self, centre: Point, radius: Point, colour: Colour) -> None:
        """A filled ellipse with half axes in metres."""
        axes = tuple(max(1, round(each * self._scale * FINENESS * 2**SHIFT)) for each in radius)
        for target, paint in ((self._image, colour), (self._alpha, 255)):
            cv2.ellipse(
                target, self._pixel(centre), axes, 0, 0, 360, paint, cv2.FILLED, cv2.LINE_8, SHIFT
            )

    def ring(self, centre: Point, radius_m: float, thickness_m: float, colour: Colour) -> None:
        thickness = max(1, round(thickness_m * self._scale * FINENESS))
        radius = max(1, round(radius_m * self._scale * FINENESS * 2**SHIFT))
        for target, paint in ((self._image, colour), (self._alpha, 255)):
            cv2.circle(target, self._pixel(centre), radius, paint, thickness, cv2.LINE_8, SHIFT)

    def lay(self, frame: Frame, cloth_seed: int) -> None:
        """Lays it over the frame, with the structure of a cloth that moves along."""
        size = (self._alpha.shape[1] // FINENESS, self._alpha.shape[0] // FINENESS)
        cloth = cv2.resize(cloth_of(cloth_seed), size, interpolation=cv2.INTER_LINEAR)
        image = cv2.resize(self._image, size, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(self._alpha, size, interpolation=cv2.INTER_AREA)
        image = cv2.multiply(image, cv2.merge([cloth] * 3), scale=1 / 128)
        blend(frame, image, alpha, self.left, self.top)

    def _pixel(self, point: Point) -> tuple[int, int]:
        unit = FINENESS * 2**SHIFT
        x = (self._foot[0] + point[0] * self._scale) * unit
        y = (self._foot[1] - point[1] * self._scale) * unit
        return round(x), round(y)


def blend(frame: Frame, image: Frame, alpha: MatLike, left: int, top: int) -> None:
    """Lays an image over the frame where `alpha` (0-255) lets it; what is outside is cut off. The
    image is premultiplied: black where it is see-through."""
    height, width = alpha.shape
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(frame.shape[1], left + width), min(frame.shape[0], top + height)
    if x0 >= x1 or y0 >= y1:
        return
    part = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    below = frame[y0:y1, x0:x1]
    rest = cv2.merge([255 - alpha[part]] * 3)
    below[:] = cv2.add(cv2.multiply(below, rest, scale=1 / 255), image[part])


def shade(frame: Frame, centre: Point, axes: Point) -> None:
    """A soft shadow on the ground, in pixels."""
    width, height = (max(2, round(2 * each)) for each in axes)
    alpha = cv2.resize(_spot(), (width, height), interpolation=cv2.INTER_LINEAR)
    left, top = round(centre[0] - width / 2), round(centre[1] - height / 2)
    blend(frame, np.zeros((height, width, 3), np.uint8), alpha, left, top)


@cache
def _spot() -> npt.NDArray[np.uint8]:
    rows, columns = np.mgrid[-1:1:33j, -1:1:33j]
    light = np.clip(1.5 * (1 - np.hypot(rows, columns)), 0, 1) * SHADOW * 255
    return np.asarray(light, np.uint8)


@cache
def cloth_of(seed: int) -> npt.NDArray[np.uint8]:
    """Coarse and fine structure around 128."""
    chance = np.random.default_rng((seed, 3))
    total = np.full((CLOTH_PIXELS, CLOTH_PIXELS), 124, np.float32)
    for cells, strength in ((4, 22), (16, 16), (32, 12)):
        grain = chance.standard_normal((cells, cells)).astype(np.float32) * strength
        total += cv2.resize(grain, (CLOTH_PIXELS, CLOTH_PIXELS), interpolation=cv2.INTER_CUBIC)
    return np.clip(total, 40, 215).astype(np.uint8)
