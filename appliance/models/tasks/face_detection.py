"""Finding faces and their five landmarks in a picture."""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""Height x width x 3, RGB."""
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Box:
    """In pixels of the picture it was found in; may reach beyond its borders."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, eq=False)
class Face:
    """A face that was found."""

    box: Box
    landmarks: Floats
    """5x2 (x, y) pixels: the person's right eye, left eye, nose tip, right and left corner of the
    mouth; the person's right is the picture's left in a frontal face.
    """
    score: float
    """0-1; the detector's confidence."""


class FaceDetector(Protocol):
    """Finds faces."""

    @property
    def name(self) -> str:
        """The catalogue's name of the model."""

    def find(self, image: Image) -> list[Face]:
        """The faces of a picture, the most certain first, in the picture's own pixels."""


def scale_to(image: Image, longest_side: int) -> tuple[Image, float]:
    """The picture with its longer side at most `longest_side`, and the factor (at most 1)."""
    height, width = image.shape[:2]
    factor = min(1.0, longest_side / max(height, width))
    if factor == 1.0:
        return image, 1.0
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    # Area averaging: other filters alias small faces away.
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8), factor
