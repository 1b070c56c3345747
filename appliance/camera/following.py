"""Following what moves from picture to picture."""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from appliance.camera.assessment import Kind, Track
from appliance.camera.motion import Field
from appliance.camera.pictures import Box
from appliance.camera.places import MOVING
from appliance.camera.pooling import Flow

SMALLEST_CELLS = 4
"""Less than that is leaves, insects and noise."""
OVERLAP = 0.1
"""Intersection over union from which a blob is what was followed there."""
LOST_S = 1.5
"""How long something is looked for that is not seen to move any more."""
SETTLED_S = 0.8
"""Younger than that nothing is said of it."""
SPEED_SMOOTHING_S = 0.5
STRIDE = 0.04
"""Of the picture, between two feet of a path."""


@dataclass
class Followed:
    """Something on its way."""

    identifier: int
    box: Box
    since_s: float
    seen_s: float
    velocity: tuple[float, float]
    """Picture heights a second."""
    aspect: float
    """Width of the picture in heights of it."""
    origin: tuple[float, float]
    looks: int = 0
    votes: dict[Kind, int] = field(default_factory=dict)
    path: list[tuple[float, float]] = field(default_factory=list)
    """Feet, a place or so apart."""
    unusual: bool = False
    """Somebody was told of it."""

    @property
    def kind(self) -> Kind:
        if not self.votes:
            return Kind.OTHER
        return max(self.votes, key=lambda kind: self.votes[kind])

    @property
    def surely(self) -> bool:
        """Two looks agreed on the kind."""
        return self.votes.get(self.kind, 0) >= 2

    @property
    def speed(self) -> float:
        return math.hypot(*self.velocity)

    @property
    def age_s(self) -> float:
        return self.seen_s - self.since_s

    @property
    def size(self) -> float:
        """Picture heights."""
        return math.sqrt(self.box.height * self.box.width * self.aspect)

    @property
    def way(self) -> tuple[float, float]:
        """From where it was seen first, picture heights."""
        x, y = self.box.centre
        return (x - self.origin[0]) * self.aspect, y - self.origin[1]

    @property
    def travels(self) -> bool:
        """It went at least its own size: what swings in the wind does not."""
        return self.age_s >= SETTLED_S and math.hypot(*self.way) >= max(self.size, MOVING)

    def ways(self) -> list[tuple[float, float, float]]:
        """Feet and the direction that was gone from there, in radians."""
        return [
            (x, y, math.atan2(later[1] - y, (later[0] - x) * self.aspect))
            for (x, y), later in zip(self.path, self.path[1:], strict=False)
        ]

    def track(self) -> Track:
        x, y = self.velocity
        return Track(
            self.identifier, self.kind, self.box, self.speed, math.atan2(y, x), self.since_s
        )


class Follower:
    """Gives what moves an identity."""

    def __init__(self) -> None:
        self.followed: list[Followed] = []
        self._next = 1

    def follow(self, flow: Flow) -> tuple[list[Followed], list[Followed]]:
        """What is followed now, and what was until now."""
        if flow.fresh:
            gone, self.followed = self.followed, []
            return [], gone
        if not flow.known:
            return self.followed, []
        blobs = find_blobs(flow.field)
        free = set(range(len(blobs)))
        pairs = [
            (overlap, index, each)
            for each in self.followed
            for expected in [_expected(each, flow.time_s)]
            for index, (box, _) in enumerate(blobs)
            if (overlap := intersection(expected, box)) > OVERLAP
        ]
        taken: set[int] = set()
        for _, index, each in sorted(pairs, key=lambda pair: -pair[0]):
            if index in free and each.identifier not in taken:
                free.discard(index)
                taken.add(each.identifier)
                _renew(each, *blobs[index], flow)
        aspect = flow.field.shape[1] / flow.field.shape[0]
        for index in sorted(free):
            box, velocity = blobs[index]
            self.followed.append(
                Followed(self._next, box, flow.time_s, flow.time_s, velocity, aspect, box.centre)
            )
            self._next += 1
        gone = [each for each in self.followed if flow.time_s - each.seen_s > LOST_S]
        self.followed = [each for each in self.followed if flow.time_s - each.seen_s <= LOST_S]
        return self.followed, gone


def find_blobs(field: Field) -> list[tuple[Box, tuple[float, float]]]:
    """Boxes of what moves, each with its mean velocity."""
    rows, columns = field.shape[:2]
    moving = np.maximum(np.abs(field[..., 0]), np.abs(field[..., 1])) > MOVING
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        moving.astype(np.uint8), connectivity=8
    )
    found = []
    for label in range(1, count):
        x, y, width, height, cells = (int(value) for value in stats[label])
        if cells < SMALLEST_CELLS:
            continue
        inside = field[y : y + height, x : x + width][
            labels[y : y + height, x : x + width] == label
        ]
        across, down = inside.sum(0) / cells
        box = Box(x / columns, y / rows, width / columns, height / rows)
        found.append((box, (float(across), float(down))))
    return found


def intersection(a: Box, b: Box) -> float:
    """Over the union, 0-1."""
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / (a.width * a.height + b.width * b.height - common)


def _expected(each: Followed, time_s: float) -> Box:
    seconds = time_s - each.seen_s
    x = each.box.x + each.velocity[0] * seconds / each.aspect
    return Box(x, each.box.y + each.velocity[1] * seconds, each.box.width, each.box.height)


def _renew(each: Followed, box: Box, velocity: tuple[float, float], flow: Flow) -> None:
    share = min(1.0, flow.step_s / SPEED_SMOOTHING_S)
    each.velocity = (
        each.velocity[0] + share * (velocity[0] - each.velocity[0]),
        each.velocity[1] + share * (velocity[1] - each.velocity[1]),
    )
    each.box = box
    each.seen_s = flow.time_s
    foot = box.foot
    if not each.path or math.dist(each.path[-1], foot) > STRIDE:
        each.path.append(foot)
