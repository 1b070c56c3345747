"""What moves is looked at by the object detector, one crop at a time and not too often."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Kind, Observation
from appliance.camera.seeing.following import Followed
from appliance.camera.seeing.standing import Standing
from appliance.camera.streams.pictures import Picture
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
SCORES = {Kind.PERSON: 0.4, Kind.BICYCLE: 0.5, Kind.VEHICLE: 0.5, Kind.ANIMAL: 0.5}
"""Less is no vote. People are most of what is seen, and the other kinds are taken for them less
often than they are seen in them."""
CROP = 1 / 3
"""Picture heights; the least side of a crop: about twice a person."""
MARGIN = 1.5
"""Of a crop around a larger box."""
PAUSE_S = 3.0
"""Between two looks: 20 ms of a processor each are less than 1 % of one."""
URGENT_PAUSE_S = 0.7
"""When something may be unusual."""
STANDING_LOOK_S = 7.0
STANDING_LOOKS = 2
VOTES = 4
"""Looks at one thing until its kind is settled; by then other things are looked at first."""


@dataclass
class Looker:
    """Looks at one camera's things."""

    detector: ObjectDetector
    _looked_s: float = -1e9

    def look(
        self,
        picture: Picture,
        followed: Sequence[Followed],
        unusual: Observation | None,
        odd: Callable[[Followed], bool],
    ) -> None:
        """Gives the thing that needs it most a vote for its kind, when it is time for one.

        `unusual` is what may become an event: its thing comes first, then those that are `odd`: of
        a kind that is rare there, which a second look must confirm.
        """
        since_s = picture.time_s - self._looked_s
        if 0 <= since_s < URGENT_PAUSE_S:
            return
        chosen = self._urgent(followed, unusual, odd)
        if chosen is None and not 0 <= since_s < PAUSE_S:
            waiting = [each for each in followed if each.travels and each.looks < VOTES]
            fewest = min(waiting, key=lambda each: (each.looks, each.since_s), default=None)
            chosen = (fewest, fewest.box) if fewest else None
        if chosen is None:
            return
        self._looked_s = picture.time_s
        each, box = chosen
        x, y = each.middle(picture.time_s)
        crop = crop_around(x, y, max(box.height, box.width * each.aspect), each.aspect)
        kind = self._kind_in(picture, crop, x, y)
        each.looks += 1
        if kind is not None:
            each.vote(kind)

    def look_at_standing(self, picture: Picture, standing: Sequence[Standing]) -> bool:
        """Looks twice at what stands still; whether it did."""
        if 0 <= picture.time_s - self._looked_s < PAUSE_S:
            return False
        for each in standing:
            due_s = STANDING_LOOK_S * (1 + each.looks)
            if each.looks < STANDING_LOOKS and each.seconds >= due_s:
                self._looked_s = picture.time_s
                aspect = picture.width / picture.height
                x, y = each.box.centre
                side = max(each.box.height, each.box.width * aspect)
                kind = self._kind_in(picture, crop_around(x, y, side, aspect), x, y)
                each.looks += 1
                each.kind = kind or each.kind
                return True
        return False

    def _kind_in(self, picture: Picture, crop: Box, x: float, y: float) -> Kind | None:
        image = picture.colour(crop)
        at = (x - crop.x) / crop.width * image.shape[1], (y - crop.y) / crop.height * image.shape[0]
        return kind_at(self.detector.find(image), *at)

    def _urgent(
        self,
        followed: Sequence[Followed],
        unusual: Observation | None,
        odd: Callable[[Followed], bool],
    ) -> tuple[Followed, Box] | None:
        waiting = [each for each in followed if each.looks < VOTES]
        for each in waiting:
            if unusual is not None and each.identifier == unusual.identifier:
                return each, unusual.box
        return next(((each, each.box) for each in waiting if odd(each)), None)


def kind_at(things: list[Thing], x: float, y: float) -> Kind | None:
    """Of what was found around a point of the crop; None when nothing was."""
    best: dict[Kind, float] = {}
    for thing in things:
        kind, box = KINDS.get(thing.label), thing.box
        inside = box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height
        if kind is not None and inside and thing.score >= SCORES[kind]:
            best[kind] = max(best.get(kind, 0.0), thing.score)
    for carrying in (Kind.VEHICLE, Kind.BICYCLE):
        if carrying in best:  # more than the person on it
            return carrying
    return max(best, key=lambda kind: best[kind], default=None)


def crop_around(x: float, y: float, side: float, aspect: float) -> Box:
    """A square, in the picture as far as possible; `side` in picture heights."""
    height = min(1.0, max(CROP, MARGIN * side))
    width = min(1.0, height / aspect)
    left = min(max(0.0, x - width / 2), 1.0 - width)
    top = min(max(0.0, y - height / 2), 1.0 - height)
    return Box(left, top, width, height)
