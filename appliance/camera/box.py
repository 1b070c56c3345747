"""Where something is in a picture."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle, in fractions of the picture's width and height: it fits every stream of the
    camera."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def foot(self) -> tuple[float, float]:
        """Where it stands on the ground: the middle of the lower edge."""
        return self.x + self.width / 2, self.y + self.height
