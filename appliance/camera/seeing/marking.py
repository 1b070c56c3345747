"""Pictures for people: small, with a frame around what is meant."""

import cv2
import numpy as np

from appliance.camera.box import Box
from appliance.camera.streams.pictures import Image

LONGEST_SIDE = 960
QUALITY = 82
COLOUR = (255, 176, 0)
"""RGB: amber stands out by day and in the grey of infrared."""
MARGIN = 0.012
"""Of the picture's height, between a thing and its frame."""


def mark(image: Image, box: Box | None) -> Image:
    """A copy, 960 pixels wide or high at most, with a frame around the box."""
    height, width = image.shape[:2]
    scale = min(1.0, LONGEST_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image.copy()
    if box is not None:
        margin = MARGIN * size[1]
        left, top = box.x * size[0] - margin, box.y * size[1] - margin
        right = (box.x + box.width) * size[0] + margin
        bottom = (box.y + box.height) * size[1] + margin
        corners = (round(left), round(top)), (round(right), round(bottom))
        cv2.rectangle(small, *corners, COLOUR, max(2, size[1] // 180), cv2.LINE_AA)
    return np.asarray(small, np.uint8)


def jpeg_of(image: Image, quality: int = QUALITY) -> bytes:
    """An RGB picture as JPEG."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    return bytes(data)
