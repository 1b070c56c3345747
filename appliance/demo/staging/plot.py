"""All that happens in a scene: who goes where and when, and what stands there."""

import bisect
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from appliance.demo.staging.lens import Spot
from appliance.demo.staging.looks import FigureKind, Looks
from appliance.demo.staging.things import ThingKind
from appliance.demo.staging.view import Fixture

HANDLING_S = 2.5
"""To put something down or take it up."""


@dataclass(frozen=True)
class Moment:
    """Where somebody is at a time."""

    time_s: float
    spot: Spot


@dataclass(frozen=True)
class Handling:
    """Bending down to a thing."""

    time_s: float
    """When it touches the ground, or leaves it."""
    thing: ThingKind
    down: bool


class Step(NamedTuple):
    """How far somebody has come at a time."""

    spot: Spot
    gone_m: float
    walking: bool
    facing: float
    """As `looks.Pose` has it."""


@dataclass(frozen=True)
class Actor:
    """Somebody's way through the view, straight between its moments."""

    kind: FigureKind
    looks: Looks
    moments: tuple[Moment, ...]
    """Two at least; the spots of two that follow each other are the same where somebody stands."""
    handling: Handling | None = None

    @property
    def begin_s(self) -> float:
        return self.moments[0].time_s

    @property
    def end_s(self) -> float:
        return self.moments[-1].time_s

    def step(self, time_s: float) -> Step:
        times = [moment.time_s for moment in self.moments]
        number = min(max(bisect.bisect_right(times, time_s) - 1, 0), len(times) - 2)
        lengths_m = [distance_m(one.spot, next_.spot) for one, next_ in pairwise(self.moments)]
        begin, end = self.moments[number : number + 2]
        share = (time_s - begin.time_s) / max(end.time_s - begin.time_s, 1e-6)
        spot = Spot(
            begin.spot.along_m + share * (end.spot.along_m - begin.spot.along_m),
            begin.spot.away_m + share * (end.spot.away_m - begin.spot.away_m),
        )
        walking = lengths_m[number] > 0
        # Who stands looks the way that was gone.
        came = number if walking else max(number - 1, 0)
        along_m = self.moments[came + 1].spot.along_m - self.moments[came].spot.along_m
        facing = along_m / max(lengths_m[came], 1e-6)
        return Step(spot, sum(lengths_m[:number]) + share * lengths_m[number], walking, facing)


@dataclass(frozen=True)
class Standing:
    """A thing for the time that it stands there."""

    fixture: Fixture
    from_s: float = -math.inf
    to_s: float = math.inf


@dataclass(frozen=True)
class Stretch:
    """The time in which something odd shows."""

    from_s: float
    to_s: float
    kind: str
    cause: str
    """As `appliance.camera.seeing.assessment.Cause` calls the right reason."""


@dataclass(frozen=True)
class Plot:
    """All that happens in a scene."""

    duration_s: float
    actors: tuple[Actor, ...]
    things: tuple[Standing, ...]
    stretch: Stretch | None = None


def distance_m(one: Spot, other: Spot) -> float:
    return math.hypot(one.along_m - other.along_m, one.away_m - other.away_m)
