"""Finding things of everyday in a picture."""

from dataclasses import dataclass
from typing import Protocol

from appliance.models.tasks.face_detection import Box, Image


@dataclass(frozen=True)
class Thing:
    """Something that was found."""

    label: str
    """A word of the model's own list, such as `Person`."""
    box: Box
    score: float
    """0-1."""


class ObjectDetector(Protocol):
    """Finds things."""

    @property
    def name(self) -> str:
        """The catalogue's name of the model."""

    def find(self, image: Image) -> list[Thing]:
        """What scores 0.3 or more, the most certain first, in the picture's own pixels. One thing
        may be found under several labels."""
