"""Who is there though nobody moves: somebody who sat down, an animal that lies in the sun.

Where somebody who was followed stopped, the object detector looks within seconds; now and then it
looks at everything, one tile of the picture at a time. Who is found stays present until some looks
in a row do not find them, or something moves away from there and the next look finds nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Kind, Present
from appliance.camera.seeing.crops import crop_around, side_of, tiles
from appliance.camera.seeing.following import (
    LOST_S,
    SAME_SHARE,
    SETTLED_S,
    Followed,
    common_share,
    expected,
    intersection,
    is_covered,
)
from appliance.camera.seeing.motion import MOVING
from appliance.camera.seeing.presence import LIVING, Living, Presence

ROUND_S = 30.0
"""Between two looks at everything, a tile each: 20 ms of a processor twice a minute are 0.07 % of
one."""
PAUSE_S = 3.0
"""Between any two looks: as between those at what moves."""
GAP_LIMIT_S = 60.0
"""Without pictures for longer than that, whoever was there may have gone."""
EDGE = 0.02
"""Of the picture; what goes there leaves."""
PRESENCES_LIMIT = 16
"""More at once are a crowd: somebody is there anyway."""


@dataclass(frozen=True)
class Look:
    """Where to look now."""

    crop: Box
    presence: Presence | None
    """None for a look at everything."""


class Lookout:
    """Keeps those who are there before one camera, and says where to look next."""

    def __init__(self) -> None:
        self._presences: list[Presence] = []
        self._time_s = self._looked_s = self._round_s = float("-inf")
        self._tile = 0

    def present(self, time_s: float) -> tuple[Present, ...]:
        found = (each.told(time_s) for each in self._presences)
        return tuple(each for each in found if each is not None)

    def resume(self, time_s: float) -> None:
        """A new stretch of pictures begins; what moved meanwhile nobody knows."""
        if not 0 <= time_s - self._time_s <= GAP_LIMIT_S:
            self._presences.clear()
            self._looked_s = self._round_s = float("-inf")
        self._time_s = time_s
        for each in self._presences:
            if each.due_s is not None:
                each.due_s = time_s

    def follow(self, time_s: float, followed: Sequence[Followed], gone: Sequence[Followed]) -> None:
        """Takes those who move, and those who were followed until now."""
        self._time_s = time_s
        for each in followed:
            if each.travels:
                self._leave(each, time_s)
            else:
                self._keep(each, time_s)
        for each in gone:
            self._stop(each, time_s)
        self._presences = [each for each in self._presences if not each.is_over(time_s)]

    def next_look(self, time_s: float, aspect: float, followed: Sequence[Followed]) -> Look | None:
        """None while no look is due; `aspect` is the picture's width in heights of it.

        Where somebody may have come or gone is first, then everything, then where somebody was
        found. A place that somebody passes before is looked at later. While somebody moves there is
        somebody anyway, and the detector has those to look at.
        """
        if 0 <= time_s - self._looked_s < PAUSE_S or _somebody_moves(followed, time_s):
            return None
        due = [
            (not each.doubtful, each.due_s, each)
            for each in self._presences
            if each.due_s is not None
            and each.due_s <= time_s
            and not is_covered(each.box, followed, time_s)
        ]
        settled, _, presence = min(due, key=lambda each: each[:2], default=(True, 0.0, None))
        if settled and not 0 <= time_s - self._round_s < ROUND_S:
            there = tiles(aspect)
            return Look(there[self._tile % len(there)], None)
        if presence is None:
            return None
        crop = crop_around(*presence.box.centre, side_of(presence.box, aspect), aspect)
        return Look(crop, presence)

    def take(
        self, look: Look, time_s: float, living: Sequence[Living], followed: Sequence[Followed]
    ) -> None:
        """What the look found; who moves on is left to those who follow them."""
        self._looked_s = time_s
        if look.presence is None:
            self._round_s = time_s
            self._tile += 1
        found: list[Presence] = []
        for each in living:
            if is_covered(each.box, followed, time_s):
                continue
            presence = self._at(each.box)
            if presence is None and look.presence is None:
                presence = Presence(each.kind, each.box, False, time_s, time_s, None)
                self._add(presence, time_s)
                presence.find(each, time_s)
            elif presence is None or presence in found:
                continue
            elif presence is look.presence:
                # Who is larger than the look reaches is seen by the next one, around what is seen.
                presence.find(replace(each, cut=False), time_s)
            elif presence.seen_s is None:
                presence.doubt(time_s)
            else:
                presence.find(each, time_s)
            found.append(presence)
        if look.presence is not None and look.presence not in found:
            look.presence.miss(time_s)

    def kind_at(self, box: Box, time_s: float) -> Kind | None:
        """Of who is present there; None when nobody is."""
        there = (each for each in self.present(time_s) if common_share(each.box, box) >= SAME_SHARE)
        return next((each.kind for each in there), None)

    def _keep(self, each: Followed, time_s: float) -> None:
        """Who is told and moves a little lives."""
        presence = self._at(each.box)
        if presence is not None and presence.told(time_s) is not None:
            presence.stir(time_s)

    def _leave(self, each: Followed, time_s: float) -> None:
        """What began to move where somebody was went away from there, when it is away."""
        there = [
            (apart, presence)
            for presence in self._presences
            if each.since_s >= presence.since_s
            and (apart := _apart(each.origin, presence.box)) <= 1.0
        ]
        _, presence = min(there, key=lambda found: found[0], default=(0.0, None))
        if (
            presence is not None
            and presence.left_by != each.identifier
            and common_share(each.box, presence.box) == 0
        ):
            presence.leave(each, time_s)

    def _stop(self, each: Followed, time_s: float) -> None:
        """Somebody does not move any more, or something moved a little there."""
        if each.age_s < SETTLED_S or _leaves(each):
            return
        presence = self._at(each.box)
        if presence is not None:
            presence.stir(time_s)
        elif each.travels and each.solid and _may_live(each):
            came = Presence(each.kind, each.box, True, each.seen_s, time_s, time_s, each.seen_s)
            self._add(came, time_s)

    def _at(self, box: Box) -> Presence | None:
        there = [each for each in self._presences if common_share(each.box, box) >= SAME_SHARE]
        return max(there, key=lambda each: intersection(each.box, box), default=None)

    def _add(self, presence: Presence, time_s: float) -> None:
        if len(self._presences) >= PRESENCES_LIMIT:
            oldest = min(
                self._presences,
                key=lambda each: (each.told(time_s) is not None, each.last_s),
            )
            self._presences.remove(oldest)
        self._presences.append(presence)


def _somebody_moves(followed: Sequence[Followed], time_s: float) -> bool:
    return any(
        each.kind in LIVING and each.travels and time_s - each.seen_s < LOST_S / 2
        for each in followed
    )


def _may_live(each: Followed) -> bool:
    """Who walks is smeared and half out of the crop, and often stays nameless until they stand."""
    return each.kind in LIVING or each.kind is Kind.OTHER


def _leaves(each: Followed) -> bool:
    """Whether it goes out of the picture."""
    there, (x, y) = expected(each, each.seen_s + LOST_S), each.velocity
    return (
        (there.x < EDGE and x < -MOVING)
        or (there.y < EDGE and y < -MOVING)
        or (there.x + there.width > 1 - EDGE and x > MOVING)
        or (there.y + there.height > 1 - EDGE and y > MOVING)
    )


def _apart(point: tuple[float, float], box: Box) -> float:
    """In sides of the box, from its middle: the first of somebody that is seen to move is a step
    away from where they were."""
    x, y = box.centre
    return max(abs(point[0] - x) / box.width, abs(point[1] - y) / box.height)
