"""Painted people for scenes, and a detector that knows them: they are brighter than all else."""

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np

from appliance.camera.streams.pictures import Picture
from appliance.models.tasks.face_detection import Box, Image
from appliance.models.tasks.object_detection import Thing as Found
from tests.camera.scenes import HEIGHT, WIDTH, Place, Thing

PX_S = 34.0
BRIGHT, DARKEST = 218, 228
"""Grey levels that the ground hardly reaches, and that no part of a person falls below."""
SPECKS_PX = 60
"""Bright pixels of the ground are fewer than that together."""


@dataclass
class BrightDetector:
    """Implements `ObjectDetector`; counts its looks."""

    name: str = "bright"
    blind: bool = False
    looks: list[tuple[int, int]] = field(default_factory=list)
    """Width and height of each image."""

    def find(self, image: Image) -> list[Found]:
        self.looks.append((image.shape[1], image.shape[0]))
        bright = cv2.medianBlur((image.min(axis=2) > BRIGHT).astype(np.uint8), 5)
        count, _, stats, _ = cv2.connectedComponentsWithStats(bright)
        boxes = [tuple(map(int, stats[label])) for label in range(1, count)]
        return [
            Found("Person", Box(x, y, width, height), 0.8)
            for x, y, width, height, pixels in boxes
            if pixels >= SPECKS_PX and not self.blind
        ]


def person(at: Callable[[float], Place], seed: int = 0) -> Thing:
    found = Thing(at, seed=seed)
    levels = found.look.astype(float) / 255
    found.look = (DARKEST + (255 - DARKEST) * levels).astype(np.uint8)
    return found


def sitter(stops_at: float, y: float, goes_s: float = float("inf")) -> Thing:
    """Comes in from the left at the beginning, stops at so many pixels, and goes on at a time."""

    def at(time_s: float) -> Place:
        way = min(time_s * PX_S, stops_at) + max(0.0, time_s - goes_s) * PX_S
        return (way, y) if way < WIDTH else None

    return person(at, seed=5)


def still_picture(time_s: float) -> Picture:
    """Grey all over."""
    grey = np.full((HEIGHT, WIDTH), 90, np.uint8)
    colour = np.repeat(grey[:96, :96, None], 3, axis=2)
    return Picture(time_s, WIDTH, HEIGHT, grey, None, False, lambda _: colour)
