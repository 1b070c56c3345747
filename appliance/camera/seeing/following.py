"""Following what moves from picture to picture."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Kind, Track
from appliance.camera.seeing.motion import MOVING, Field
from appliance.camera.seeing.pooling import WINDOW_S, Flow

SMALLEST_CELLS = 4
"""Less than that is leaves, insects and noise."""
OVERLAP = 0.1
"""Intersection over union from which a blob is what was followed there."""
SAME_SHARE = 0.5
"""Of the smaller of two boxes that lies in the other, when they are of the same: who sits down, or
moves an arm only, has another box than before."""
LOST_S = 1.5
"""How long something is looked for that is not seen to move any more."""
STEPS = 3
STRAIGHT = 0.6
"""Of the length of a path, how far it leads."""
MEETING_SHARE = 0.2
"""Of a blob's cells that move against the others."""
SMEAR_LIMIT = 0.45
"""Of a blob's width that may be smear, on each side."""
SETTLED_S = 0.8
"""Younger than that nothing is said of it."""
SPEED_SMOOTHING_S = 0.5
TRAIL_S = 1.0
LEAST_TRAIL_S = 0.5
"""Boxes jump by cells: over less time than that nothing is said of where it goes."""
STRIDE = 0.04
"""Of the picture, between two feet of a path."""


Velocity = tuple[float, float]
"""To the right and down, picture heights a second."""
Mask = npt.NDArray[np.bool_]


@dataclass
class Followed:
    """Something on its way."""

    identifier: int
    box: Box
    since_s: float
    seen_s: float
    velocity: Velocity
    aspect: float
    """Width of the picture in heights of it."""
    origin: tuple[float, float]
    kind: Kind = Kind.OTHER
    looks: int = 0
    votes: dict[Kind, int] = field(default_factory=dict)
    path: list[tuple[float, float]] = field(default_factory=list)
    """Feet, a place or so apart."""
    trail: deque[tuple[float, tuple[float, float]]] = field(default_factory=deque)
    """Times and middles of its last moments, `TRAIL_S`."""
    solid: bool = True
    """There is something to see where it moves; a cloud's shadow has no outline."""
    unusual: bool = False
    """Somebody was told of it."""

    def vote(self, kind: Kind) -> None:
        """People are seen on what carries them, and hardly ever is it seen where there is none:
        the other kinds' votes count twice."""
        self.votes[kind] = self.votes.get(kind, 0) + 1
        self.kind = max(
            self.votes, key=lambda each: self.votes[each] * (1 if each is Kind.PERSON else 2)
        )

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
        """Picture heights, across its way: along it the average over time smears."""
        x, y = self.velocity
        length = max(math.hypot(x, y), 1e-9)
        return abs(x) / length * self.box.height + abs(y) / length * self.box.width * self.aspect

    @property
    def pace(self) -> float:
        """Picture heights a second from where it was seen first."""
        return math.hypot(*self.way) / max(self.age_s, 1e-3)

    def keep_trail(self) -> None:
        """Takes where it is now."""
        self.trail.append((self.seen_s, self.box.centre))
        while self.trail[0][0] < self.seen_s - TRAIL_S:
            self.trail.popleft()

    def drift(self, time_s: float) -> tuple[float, float]:
        """How far it has gone since it was seen, by a time soon afterwards, if it goes on as it did
        lately; fractions of the picture. (The velocity is that of its cells, averaged over time:
        less than its own.)"""
        (began_s, (x, y)), here = self.trail[0], self.box.centre
        ahead = (time_s - self.seen_s) / max(self.seen_s - began_s, LEAST_TRAIL_S)
        return (here[0] - x) * ahead, (here[1] - y) * ahead

    @property
    def way(self) -> tuple[float, float]:
        """From where it was seen first, picture heights."""
        x, y = self.box.centre
        return (x - self.origin[0]) * self.aspect, y - self.origin[1]

    @property
    def travels(self) -> bool:
        """It went at least its own size: what swings in the wind does not."""
        return self.age_s >= SETTLED_S and math.hypot(*self.way) >= max(self.size, MOVING)

    @property
    def straight(self) -> bool:
        """It goes somewhere, some steps already: insects and branches come back."""
        steps = [
            math.hypot((later[0] - x) * self.aspect, later[1] - y)
            for (x, y), later in zip(self.path, self.path[1:], strict=False)
        ]
        return len(steps) >= STEPS and math.hypot(*self.way) >= STRAIGHT * sum(steps)

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
            for there in [expected(each, flow.time_s)]
            for index, (box, velocity) in enumerate(blobs)
            if (overlap := intersection(there, box)) > OVERLAP
            and not _against(each.velocity, velocity)
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
            each = Followed(self._next, box, flow.time_s, flow.time_s, velocity, aspect, box.centre)
            each.keep_trail()
            self.followed.append(each)
            self._next += 1
        gone = [each for each in self.followed if flow.time_s - each.seen_s > LOST_S]
        self.followed = [each for each in self.followed if flow.time_s - each.seen_s <= LOST_S]
        return self.followed, gone


def find_blobs(field: Field) -> list[tuple[Box, Velocity]]:
    """Boxes of what moves, each with its mean velocity. Two that meet are two."""
    moving = np.maximum(np.abs(field[..., 0]), np.abs(field[..., 1])) > MOVING
    found: list[tuple[Box, Velocity]] = []
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        moving.astype(np.uint8), connectivity=8
    )
    for label in range(1, count):
        x, y, width, height, cells = (int(value) for value in stats[label])
        if cells < SMALLEST_CELLS:
            continue
        part = field[y : y + height, x : x + width]
        inside = labels[y : y + height, x : x + width] == label
        masks = _ways(part, inside, cells)
        found += [_blob(part, mask, (x, y), field.shape) for mask in masks]
    return found


def _ways(part: Field, inside: Mask, cells: int) -> list[Mask]:
    """The cells of a blob, in two parts when they move against each other."""
    for axis in (0, 1):
        along = part[..., axis]
        if along.max() <= MOVING or along.min() >= -MOVING:
            continue
        forth = inside & (along > MOVING)
        back = inside & (along < -MOVING)
        fewer = min(int(forth.sum()), int(back.sum()))
        if fewer >= max(SMALLEST_CELLS, MEETING_SHARE * cells):
            return [forth, back]
    return [inside]


def _blob(
    part: Field, mask: Mask, corner: tuple[int, int], shape: tuple[int, ...]
) -> tuple[Box, Velocity]:
    rows, columns = shape[:2]
    down, across = np.nonzero(mask)
    velocity = part[down, across].sum(0) / len(down)
    left, right = corner[0] + int(across.min()), corner[0] + int(across.max()) + 1
    top, bottom = corner[1] + int(down.min()), corner[1] + int(down.max()) + 1
    # The average over time smears what moves along its way.
    smear = np.abs(velocity) * (WINDOW_S / 2) * rows
    smear_x = min(float(smear[0]), SMEAR_LIMIT * (right - left))
    smear_y = min(float(smear[1]), SMEAR_LIMIT * (bottom - top))
    box = Box(
        (left + smear_x) / columns,
        (top + smear_y) / rows,
        (right - left - 2 * smear_x) / columns,
        (bottom - top - 2 * smear_y) / rows,
    )
    return box, (float(velocity[0]), float(velocity[1]))


def _against(a: Velocity, b: Velocity) -> bool:
    """Nothing turns round in a moment."""
    return a[0] * b[0] + a[1] * b[1] < -MOVING * MOVING


def intersection(a: Box, b: Box) -> float:
    """Over the union, 0-1."""
    common = _common(a, b)
    return common / (a.width * a.height + b.width * b.height - common) if common else 0.0


def common_share(a: Box, b: Box) -> float:
    """Of the smaller one, what lies in the other, 0-1."""
    common = _common(a, b)
    return common / min(a.width * a.height, b.width * b.height) if common else 0.0


def _common(a: Box, b: Box) -> float:
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return max(0.0, width) * max(0.0, height)


def is_covered(box: Box, followed: Sequence[Followed], time_s: float) -> bool:
    """Whether somebody on their way is there just now."""
    return any(
        common_share(expected(each, time_s), box) >= SAME_SHARE
        for each in followed
        if each.travels and time_s - each.seen_s < LOST_S / 2
    )


def expected(each: Followed, time_s: float) -> Box:
    """Where it is at another time, should it go on as it did."""
    seconds = time_s - each.seen_s
    x = each.box.x + each.velocity[0] * seconds / each.aspect
    return Box(x, each.box.y + each.velocity[1] * seconds, each.box.width, each.box.height)


def _renew(each: Followed, box: Box, velocity: Velocity, flow: Flow) -> None:
    share = min(1.0, flow.step_s / SPEED_SMOOTHING_S)
    each.velocity = (
        each.velocity[0] + share * (velocity[0] - each.velocity[0]),
        each.velocity[1] + share * (velocity[1] - each.velocity[1]),
    )
    each.box = box
    each.seen_s = flow.time_s
    each.keep_trail()
    foot = box.foot
    if not each.path or math.dist(each.path[-1], foot) > STRIDE:
        each.path.append(foot)
