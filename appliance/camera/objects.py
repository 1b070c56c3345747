"""What moves is looked at by the object detector, one crop at a time and not too often."""

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.camera.assessment import Kind
from appliance.camera.following import Followed
from appliance.camera.normality import Observation
from appliance.camera.pictures import Box, Picture
from appliance.models.tasks.object_detection import ObjectDetector, Thing

KINDS = {
    "Person": Kind.PERSON,
    "Footwear": Kind.PERSON,
    "Bicycle": Kind.BICYCLE,
    "Stationary bicycle": Kind.BICYCLE,
    "Car": Kind.VEHICLE,
    "Vehicle": Kind.VEHICLE,
    "Dog": Kind.ANIMAL,
    "Cat": Kind.ANIMAL,
    "Cattle": Kind.ANIMAL,
}
"""Labels of the detector that mean a kind; the others say nothing."""
SCORE = 0.4
"""Less is no vote."""
RIDDEN = 0.5
"""A bicycle or vehicle that is found so surely counts more than the person on it."""
CROP = 1 / 3
"""Picture heights; the least side of a crop: about twice a person."""
MARGIN = 1.5
"""Of a crop around a larger box."""
PAUSE_S = 2.0
"""Between two looks: 20 ms of a processor each are 1 % of one."""
VOTES = 4
"""Looks at one thing until its kind is settled; by then other things are looked at first."""


@dataclass
class Looker:
    """Looks at one camera's things."""

    detector: ObjectDetector
    _looked_s: float = -1e9

    def look(
        self, picture: Picture, followed: Iterable[Followed], unusual: Observation | None
    ) -> None:
        """Gives the thing that needs it most a vote for its kind, when it is time for one.

        `unusual` is what may become an event: its thing comes first.
        """
        if 0 <= picture.time_s - self._looked_s < PAUSE_S:
            return
        chosen = self._choose(list(followed), unusual)
        if chosen is None:
            return
        self._looked_s = picture.time_s
        each, box = chosen
        lag_s = picture.time_s - each.seen_s
        x = box.centre[0] + each.velocity[0] * lag_s / each.aspect
        y = box.centre[1] + each.velocity[1] * lag_s
        crop = crop_around(x, y, max(box.height, box.width * each.aspect), each.aspect)
        image = picture.colour(crop)
        at = (x - crop.x) / crop.width * image.shape[1], (y - crop.y) / crop.height * image.shape[0]
        kind = kind_at(self.detector.find(image), *at)
        each.looks += 1
        if kind is not None:
            each.votes[kind] = each.votes.get(kind, 0.0) + 1.0

    def _choose(
        self, followed: list[Followed], unusual: Observation | None
    ) -> tuple[Followed, Box] | None:
        if unusual is not None:
            for each in followed:
                if each.identifier == unusual.identifier and each.looks < VOTES:
                    return each, unusual.box
        waiting = [each for each in followed if each.travels and each.looks < VOTES]
        fewest = min(waiting, key=lambda each: (each.looks, each.since_s), default=None)
        return None if fewest is None else (fewest, fewest.box)


def kind_at(things: list[Thing], x: float, y: float) -> Kind | None:
    """Of what was found around a point of the crop; None when nothing was."""
    best: dict[Kind, float] = {}
    for thing in things:
        kind, box = KINDS.get(thing.label), thing.box
        inside = box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height
        if kind is not None and inside and thing.score >= SCORE:
            best[kind] = max(best.get(kind, 0.0), thing.score)
    for ridden in (Kind.VEHICLE, Kind.BICYCLE):
        if best.get(ridden, 0.0) >= RIDDEN:
            return ridden
    return max(best, key=lambda kind: best[kind], default=None)


def crop_around(x: float, y: float, side: float, aspect: float) -> Box:
    """A square, in the picture as far as possible; `side` in picture heights."""
    height = min(1.0, max(CROP, MARGIN * side))
    width = min(1.0, height / aspect)
    left = min(max(0.0, x - width / 2), 1.0 - width)
    top = min(max(0.0, y - height / 2), 1.0 - height)
    return Box(left, top, width, height)
