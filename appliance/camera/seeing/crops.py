"""Squares of a picture that the object detector looks at, and where their things are in it."""

import math

from appliance.camera.box import Box
from appliance.camera.streams.pictures import Image
from appliance.models.tasks.face_detection import Box as PixelBox

CROP = 1 / 3
"""Picture heights; the least side of a crop: about twice a person."""
MARGIN = 1.5
"""Of a crop around a larger box."""
CUT = 0.01
"""Of a crop, from its edge: what reaches so near goes on beyond it."""


def crop_around(x: float, y: float, side: float, aspect: float) -> Box:
    """A square, in the picture as far as possible; `side` in picture heights."""
    height = min(1.0, max(CROP, MARGIN * side))
    width = min(1.0, height / aspect)
    left = min(max(0.0, x - width / 2), 1.0 - width)
    top = min(max(0.0, y - height / 2), 1.0 - height)
    return Box(left, top, width, height)


def side_of(box: Box, aspect: float) -> float:
    """The longer one, in picture heights."""
    return max(box.height, box.width * aspect)


def tiles(aspect: float) -> tuple[Box, ...]:
    """The fewest squares as large as the picture allows that cover all of it. Two overlapping ones
    cover 16:9, and find 84 % of what six smaller crops find, at a third of the cost."""
    length = max(aspect, 1 / aspect)
    count = math.ceil(length)
    starts = [index * (1 - 1 / length) / max(1, count - 1) for index in range(count)]
    if aspect >= 1:
        return tuple(Box(start, 0.0, 1 / length, 1.0) for start in starts)
    return tuple(Box(0.0, start, 1.0, 1 / length) for start in starts)


def is_cut(box: Box, crop: Box) -> bool:
    """Whether something goes on outside of the crop; where the picture ends nothing does."""
    across, down = CUT * crop.width, CUT * crop.height
    return (
        0 < crop.x > box.x - across
        or 0 < crop.y > box.y - down
        or 1 > crop.x + crop.width < box.x + box.width + across
        or 1 > crop.y + crop.height < box.y + box.height + down
    )


def in_picture(found: PixelBox, crop: Box, image: Image) -> Box:
    """What was found in the image of a crop, in fractions of the whole picture."""
    height, width = image.shape[:2]
    return Box(
        crop.x + found.x / width * crop.width,
        crop.y + found.y / height * crop.height,
        found.width / width * crop.width,
        found.height / height * crop.height,
    )
