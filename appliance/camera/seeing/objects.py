"""What moves, stopped or stands is looked at by the object detector, one crop at a time and not too
often."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Kind, Observation
from appliance.camera.seeing.crops import crop_around, in_picture, is_cut, side_of
from appliance.camera.seeing.following import Followed, is_covered
from appliance.camera.seeing.lookout import Lookout
from appliance.camera.seeing.presence import LIVING, Living
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
WORN = frozenset({"Footwear"})
"""Without whoever wears it, it is nobody: shoes stand before doors."""
SCORES = {Kind.PERSON: 0.4, Kind.BICYCLE: 0.5, Kind.VEHICLE: 0.5, Kind.ANIMAL: 0.5}
"""Less is no vote. People are most of what is seen, and the other kinds are taken for them less
often than they are seen in them."""
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
    ) -> bool:
        """Gives the thing that needs it most a vote for its kind, when it is time for one; whether
        it did.

        `unusual` is what may become an event: its thing comes first, then those that are `odd`: of
        a kind that is rare there, which a second look must confirm.
        """
        since_s = picture.time_s - self._looked_s
        if 0 <= since_s < URGENT_PAUSE_S:
            return False
        chosen = self._urgent(followed, unusual, odd)
        if chosen is None and not 0 <= since_s < PAUSE_S:
            waiting = [each for each in followed if each.travels and each.looks < VOTES]
            fewest = min(waiting, key=lambda each: (each.looks, each.since_s), default=None)
            chosen = (fewest, fewest.box) if fewest else None
        if chosen is None:
            return False
        self._looked_s = picture.time_s
        each, box = chosen
        across, down = each.drift(picture.time_s)
        x, y = box.centre[0] + across, box.centre[1] + down
        crop = crop_around(x, y, side_of(box, each.aspect), each.aspect)
        kind = self._kind_in(picture, crop, x, y)
        each.looks += 1
        if kind is not None:
            each.vote(kind)
        return True

    def look_at_standing(
        self, picture: Picture, standing: Sequence[Standing], followed: Sequence[Followed]
    ) -> bool:
        """Looks twice at what stands still, when nobody passes before it; whether it did."""
        if 0 <= picture.time_s - self._looked_s < PAUSE_S:
            return False
        for each in standing:
            due_s = STANDING_LOOK_S * (1 + each.looks)
            if each.looks >= STANDING_LOOKS or each.seconds < due_s:
                continue
            if not is_covered(each.box, followed, picture.time_s):
                self._looked_s = picture.time_s
                aspect = picture.width / picture.height
                x, y = each.box.centre
                crop = crop_around(x, y, side_of(each.box, aspect), aspect)
                kind = self._kind_in(picture, crop, x, y)
                each.looks += 1
                each.looked = kind or each.looked
                return True
        return False

    def look_out(self, picture: Picture, lookout: Lookout, followed: Sequence[Followed]) -> None:
        """Looks for those who are there though nobody moves, when nothing else was just looked at.
        It delays no look at what moves."""
        if 0 <= picture.time_s - self._looked_s < URGENT_PAUSE_S:
            return
        look = lookout.next_look(picture.time_s, picture.width / picture.height, followed)
        if look is not None:
            found = self._living_in(picture, look.crop)
            lookout.take(look, picture.time_s, found, followed)

    def _living_in(self, picture: Picture, crop: Box) -> list[Living]:
        image = picture.colour(crop)
        found = []
        for thing in self.detector.find(image):
            kind = KINDS.get(thing.label)
            if kind in LIVING and thing.score >= SCORES[kind] and thing.label not in WORN:
                box = in_picture(thing.box, crop, image)
                found.append(Living(kind, box, is_cut(box, crop)))
        return found

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
