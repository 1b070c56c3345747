"""From the ground before a camera to its picture, and back."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.float32]
"""A number for each pixel: height x width."""

FOCAL_LENGTH = 1.1
"""In picture heights: a wide lens, 49 degrees from top to bottom."""
MOUNTED_AT_M = 3.5
HORIZON = 0.1
"""Of the picture's height, from its top."""


@dataclass(frozen=True)
class Spot:
    """A point on the ground: metres along the street, from the middle of the view to the right,
    and away from the camera's foot."""

    along_m: float
    away_m: float


class Lens:
    """From the ground to the picture."""

    def __init__(self, width: int, height: int, yaw: float) -> None:
        self.width, self.height = width, height
        self._sine, self._cosine = math.sin(yaw), math.cos(yaw)

    def project(self, spot: Spot, above_m: float = 0.0) -> tuple[float, float, float]:
        """Pixels to the right and down, and pixels a metre there."""
        across = spot.along_m * self._cosine - spot.away_m * self._sine
        depth = max(1.0, spot.along_m * self._sine + spot.away_m * self._cosine)
        scale = FOCAL_LENGTH * self.height / depth
        return (
            self.width / 2 + across * scale,
            HORIZON * self.height + (MOUNTED_AT_M - above_m) * scale,
            scale,
        )

    def ground(self) -> tuple[Field, Field]:
        """Of each pixel, how far along and away the ground is that it shows; endless above the
        horizon."""
        rows, columns = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32)
        drop = np.maximum(rows - HORIZON * self.height, 1e-3)
        depth = FOCAL_LENGTH * self.height * MOUNTED_AT_M / drop
        across = (columns - self.width / 2) * depth / (FOCAL_LENGTH * self.height)
        along = across * self._cosine + depth * self._sine
        away = depth * self._cosine - across * self._sine
        return along.astype(np.float32), away.astype(np.float32)

    def wall(self, away_m: float) -> tuple[Field, Field]:
        """Of each pixel, how far along and how high the wall is that it shows."""
        rows, columns = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32)
        slope = (columns - self.width / 2) / (FOCAL_LENGTH * self.height)
        depth = away_m / np.maximum(self._cosine - slope * self._sine, 0.2)
        along = depth * (slope * self._cosine + self._sine)
        above = MOUNTED_AT_M - (rows - HORIZON * self.height) * depth / (FOCAL_LENGTH * self.height)
        return along.astype(np.float32), above.astype(np.float32)
