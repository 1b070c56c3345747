"""What stands still where nothing stood: somebody who waits, something left, something taken.

A small picture, freed of slow changes of the light by taking off its surroundings' brightness, is
compared with what is usually there. What differs and does not move gets older; what is usually
there follows slowly, so in some minutes a parked car becomes part of the scene.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Cause, Kind
from appliance.camera.seeing.following import Followed, intersection
from appliance.camera.seeing.motion import MOVING
from appliance.camera.seeing.pooling import Flow
from appliance.camera.streams.pictures import Picture

Levels = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

WIDTH_PX = 160
STEP_S = 0.5
SURROUNDINGS_PX = 10.0
"""Standard deviation; larger things are seen by their edges only."""
MIDDLE_LEVEL = 128.0
DARK_LEVELS = 20.0
"""Added to the brightness, so that noise in the dark counts no more than it does by day."""
LEAST_LEVELS = 10.0
NOISE_TIMES = 6.0
"""What differs by so many grey levels, and so many times more than it does usually, is new."""
FIRST_LEVELS = 2.0
NOISE_FOLLOW = 0.1
"""Grey levels a second."""
FOLLOW = 0.2
"""Grey levels a second by which the usual follows what is new; what is not new it follows by
this share a second."""
BEGIN_S = 60.0
BEGIN_FOLLOW = 3.0
"""In the first minute nobody knows what is usual, and the usual follows fast."""
FADE = 0.6
"""Of the age, what is left of it after each step in which nothing differs there."""
OLD_S = 4.0
"""Younger things pass."""
SMALLEST_SHARE = 4e-4
LARGEST_SHARE = 0.25
"""Of the picture; what is larger is light."""
RESTLESS = 0.3
"""Whatever moves for that share of its time lives."""
SETTLED_S = 5.0
STEADY_S = 6.0
"""A scene begins as the median of so long: whoever passes meanwhile is not in it."""
STEADY_LEVELS = 2.0
"""The exposure has settled when half of the picture changes by less in that time."""
STEADY_LIMIT_S = 30.0
"""Longer than that nobody waits for it."""
SOLID_SHARE = 0.08
"""Of the box of something that moves."""
COVERED_SHARE = 0.5
GONE_S = 3.0
STOPPED_S = 30.0
"""So long it is remembered where something stopped."""
STOPPED_APART_S = 4.0
"""Between its last movement and the first moment it stood."""


@dataclass
class Standing:
    """Something that stands still."""

    identifier: int
    box: Box
    since_s: float
    seen_s: float
    added: bool
    """There is more to see than before; else something is gone."""
    came: Kind | None
    """What came and stopped there; None when nothing did."""
    restless_s: float = 0.0
    looks: int = 0
    looked: Kind = Kind.OTHER
    """What looks at it found."""
    present: Kind | None = None
    """Who is present there now."""
    unusual: bool = False

    @property
    def seconds(self) -> float:
        return self.seen_s - self.since_s

    @property
    def kind(self) -> Kind:
        return self.present or self.looked

    @property
    def cause(self) -> Cause:
        if self.kind in (Kind.PERSON, Kind.ANIMAL):
            return Cause.STAY
        if not self.added:
            return Cause.TAKEN
        # Twice looked at and no person: whoever came there brought it and went, but for vehicles.
        came = self.came is not None and (self.looks < 2 or self.came is self.kind)
        lives = self.restless_s > RESTLESS * self.seconds or came
        return Cause.STAY if lives else Cause.LEFT


@dataclass(frozen=True, eq=False)
class _Coming:
    """The scene that begins when the exposure has settled."""

    since_s: float
    steady_since_s: float
    steady: list[Levels]
    """Since then."""


@dataclass
class Scene:
    """One camera's, with what stands in it."""

    standing: list[Standing] = field(default_factory=list)
    _usual: Levels | None = None
    _noise: Levels | None = None
    _age_s: Levels | None = None
    _last_s: float | None = None
    _watched_s: float = 0.0
    _next: int = 1
    _coming: "_Coming | None" = None
    _new: Mask | None = None
    _stopped: list[Followed] = field(default_factory=list)

    def add(
        self, picture: Picture, flow: Flow, stopped: Sequence[Followed], unsettled: bool
    ) -> list[Standing]:
        """Takes a picture and how things moved about then; gives what no longer stands there.

        `stopped` are those that moved until a moment ago; pictures that are `unsettled` by another
        light say nothing.
        """
        self._stopped += [each for each in stopped if each.travels]
        self._stopped = [
            each for each in self._stopped if 0 <= picture.time_s - each.seen_s < STOPPED_S
        ]
        if self._last_s is not None and 0 <= picture.time_s - self._last_s < STEP_S:
            return []
        step_s = picture.time_s - self._last_s if self._last_s is not None else 0.0
        self._last_s = picture.time_s
        fresh = not 0 <= step_s <= 4 * STEP_S
        if unsettled:
            self._coming = None
            self._usual = self._new = None
            return []
        levels = _levels(picture)
        if self._usual is None or self._usual.shape != levels.shape:
            # Another light shows another scene.
            if fresh:  # what was seen before the gap says nothing
                self._coming = None
            self._await(picture.time_s, levels)
            return self._clear()
        if fresh:
            step_s = STEP_S
            self._age_s = np.zeros_like(levels)
        return self._step(picture.time_s, step_s, levels, flow) + (self._clear() if fresh else [])

    def is_solid(self, box: Box) -> bool:
        """Whether a part of the box differs from what is usually there; True while that is not
        known."""
        if self._new is None or self._watched_s < SETTLED_S:
            return True
        rows, columns = self._new.shape
        top, bottom = int(max(0.0, box.y) * rows), math.ceil((box.y + box.height) * rows)
        left, right = int(max(0.0, box.x) * columns), math.ceil((box.x + box.width) * columns)
        part = self._new[top:bottom, left:right]
        return part.size > 0 and float(part.mean()) >= SOLID_SHARE

    def _await(self, time_s: float, levels: Levels) -> None:
        """Begins once the picture as a whole has stopped changing: a camera that switches to
        infrared or meets another light turns its exposure up or down for seconds."""
        coming = self._coming
        if coming is None or coming.steady[0].shape != levels.shape:
            coming = self._coming = _Coming(time_s, time_s, [])
        elif float(np.median(np.abs(levels - coming.steady[0]))) > STEADY_LEVELS:
            coming = self._coming = _Coming(coming.since_s, time_s, [])
        coming.steady.append(levels)
        steady_s = time_s - coming.steady_since_s
        if steady_s >= STEADY_S or not 0 <= time_s - coming.since_s < STEADY_LIMIT_S:
            self._coming, self._watched_s = None, 0.0
            self._begin(np.median(coming.steady, axis=0).astype(np.float32))

    def _begin(self, levels: Levels) -> None:
        self._usual = levels
        self._noise = np.full_like(levels, FIRST_LEVELS)
        self._age_s = np.zeros_like(levels)

    def _clear(self) -> list[Standing]:
        gone, self.standing = self.standing, []
        return gone

    def _step(self, time_s: float, step_s: float, levels: Levels, flow: Flow) -> list[Standing]:
        usual, noise, age_s = self._usual, self._noise, self._age_s
        if usual is None or noise is None or age_s is None:
            return []
        self._watched_s += step_s
        change = levels - usual
        size = np.abs(change)
        new = size > np.maximum(LEAST_LEVELS, NOISE_TIMES * noise)
        if float(new.mean()) > LARGEST_SHARE:
            self._usual = self._new = None  # another light, or the camera was turned
            return self._clear()
        self._new = new
        moving = _moving(flow, levels.shape)
        solid = cv2.medianBlur(new.astype(np.uint8), 3) > 0
        age_s[solid & ~moving] += step_s
        age_s[~solid] *= FADE
        follow = BEGIN_FOLLOW if self._watched_s < BEGIN_S else FOLLOW
        limit = follow * step_s
        quiet = ~new & ~moving
        usual += np.where(new, np.clip(change, -limit, limit), change * min(1.0, limit) * quiet)
        # Steps of one size make a median of it, which passers-by do not disturb.
        noise += np.sign(size - noise) * (NOISE_FOLLOW * step_s) * quiet
        return self._match(time_s, step_s, levels, age_s, moving)

    def _match(
        self, time_s: float, step_s: float, levels: Levels, age_s: Levels, moving: Mask
    ) -> list[Standing]:
        for box, mask, seconds in _blobs(age_s):
            best = max(self.standing, key=lambda each: intersection(each.box, box), default=None)
            if best is None or intersection(best.box, box) < 0.2:
                added = _is_added(levels, self._usual, mask)
                began_s = time_s - seconds
                stopped = (e.kind for e in self._stopped if _stopped_at(e, box, began_s))
                came = next(stopped, None)
                best = Standing(self._next, box, began_s, time_s, added, came)
                self._next += 1
                self.standing.append(best)
            best.box, best.seen_s = box, time_s
            # What passes before it covers it; what lives moves a part.
            best.restless_s += step_s * (0 < float(moving[mask].mean()) < COVERED_SHARE)
        gone = [each for each in self.standing if time_s - each.seen_s > GONE_S]
        self.standing = [each for each in self.standing if time_s - each.seen_s <= GONE_S]
        return gone


def _stopped_at(each: Followed, box: Box, began_s: float) -> bool:
    """Whether something came to stand there then. Who walks on, or out of the picture, did not."""
    (x, y), last = box.centre, each.box
    near = (
        abs(x - last.centre[0]) <= (last.width + box.width) / 2
        and abs(y - last.centre[1]) <= (last.height + box.height) / 2
    )
    return near and abs(each.seen_s - began_s) < STOPPED_APART_S


def _levels(picture: Picture) -> Levels:
    size = (WIDTH_PX, max(16, round(picture.height * WIDTH_PX / picture.width)))
    # Every second pixel of twice the width is enough for averages.
    skip = max(1, picture.width // (2 * WIDTH_PX))
    sparse = np.ascontiguousarray(picture.grey[::skip, ::skip])
    small = cv2.resize(sparse, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    around = cv2.GaussianBlur(small, (0, 0), SURROUNDINGS_PX)
    # Contrast: half the light changes nothing.
    return np.asarray((small - around) * (MIDDLE_LEVEL / (around + DARK_LEVELS)), np.float32)


def _moving(flow: Flow, shape: tuple[int, ...]) -> Mask:
    cells = np.maximum(np.abs(flow.field[..., 0]), np.abs(flow.field[..., 1])) > MOVING
    size = (shape[1], shape[0])
    return cv2.resize(cells.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0


def _blobs(age_s: Levels) -> list[tuple[Box, Mask, float]]:
    """Boxes, masks and seconds of what is old enough."""
    rows, columns = age_s.shape
    old = cv2.dilate((age_s > OLD_S).astype(np.uint8), np.ones((3, 3)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(old, connectivity=8)
    found = []
    for label in range(1, count):
        x, y, width, height, pixels = (int(value) for value in stats[label])
        if not SMALLEST_SHARE <= pixels / age_s.size <= LARGEST_SHARE:
            continue
        mask = labels == label
        box = Box(x / columns, y / rows, width / columns, height / rows)
        found.append((box, mask, float(np.percentile(age_s[mask], 75))))
    return found


def _is_added(levels: Levels, usual: Levels | None, mask: Mask) -> bool:
    """Whether the outline of what changed is in the picture now; else it was there before."""
    if usual is None:
        return True
    solid = mask.astype(np.uint8)
    ring = (cv2.dilate(solid, np.ones((3, 3))) - cv2.erode(solid, np.ones((3, 3)))) > 0
    return bool(_edges(levels)[ring].mean() >= _edges(usual)[ring].mean())


def _edges(levels: Levels) -> Levels:
    return np.hypot(cv2.Sobel(levels, cv2.CV_32F, 1, 0), cv2.Sobel(levels, cv2.CV_32F, 0, 1))
