"""The odd things, each among the life of an ordinary day, and none of them fast."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from appliance.demo.staging.lens import Spot
from appliance.demo.staging.life import (
    WALK_M_S,
    moment_after,
    pedestrian,
    traffic,
    usual_life,
    way_through,
)
from appliance.demo.staging.looks import FigureKind, dress
from appliance.demo.staging.plot import (
    HANDLING_S,
    Actor,
    Handling,
    Moment,
    Plot,
    Standing,
    Stretch,
    distance_m,
)
from appliance.demo.staging.things import ThingKind
from appliance.demo.staging.view import Fixture, Ground, View

BEGINS_S = 20.0
"""In a scene, the traffic of every day goes first."""
LOITER_S = (40.0, 60.0)
AFTER_S = 60.0
"""How long a scene goes on after something was left or taken."""


@dataclass(frozen=True)
class Oddity:
    """What somebody does that nobody does."""

    actor: Actor
    stretch: Stretch
    left: Standing | None = None
    """A thing that stands there from then on."""
    taken: Fixture | None = None
    """A thing that stands there until then."""


def loiter(view: View, begin_s: float, chance: np.random.Generator) -> Oddity:
    """Somebody stops on the pavement, where people pass."""
    passing = pedestrian(view, begin_s, 1 if chance.integers(2) else -1, chance)
    begin, end = passing.moments
    share = float(chance.uniform(0.3, 0.7))
    stop = _between(begin, end, share)
    stays_s = float(chance.uniform(*LOITER_S))
    later = Moment(stop.time_s + stays_s, stop.spot)
    moments = (begin, stop, later, Moment(end.time_s + stays_s, end.spot))
    actor = Actor(passing.kind, passing.looks, moments)
    return Oddity(actor, Stretch(stop.time_s, later.time_s, "loitering", "stay"))


def go_against(view: View, begin_s: float, chance: np.random.Generator) -> Oddity:
    """A vehicle or a bicycle comes the other way, at the speed of every day."""
    kind = FigureKind.VEHICLE if chance.integers(2) else FigureKind.BICYCLE
    actor = traffic(view, kind, begin_s, -view.onward, chance)
    return Oddity(actor, Stretch(actor.begin_s, actor.end_s, "wrong_way", "direction"))


def trespass(view: View, begin_s: float, chance: np.random.Generator) -> Oddity:
    """Somebody walks over the lawn, where nobody goes."""
    lawn, pavement = view.band(Ground.LAWN, last=True), view.band(Ground.PAVEMENT)
    away_m = float(chance.uniform(lawn.near_m + 1.2, lawn.far_m - 1.0))
    left_m, right_m = view.edges(away_m)
    speed_m_s = float(chance.uniform(*WALK_M_S))
    if view.door_m is None:
        begin_m, end_m = (left_m, right_m)[:: 1 if chance.integers(2) else -1]
        start = Moment(begin_s, Spot(begin_m, away_m))
        moments = way_through(start, [Spot(end_m, away_m)], speed_m_s)
        seen = (moments[0].time_s, moments[1].time_s)
    else:  # on the larger side of the path: from the picture's edge to before the path, and out
        outer_m, inner_m = max(
            ((left_m, view.door_m - 1.6), (right_m, view.door_m + 1.6)),
            key=lambda each: abs(each[0] - each[1]),
        )
        street_m = (pavement.near_m + pavement.far_m) / 2
        spots = [Spot(outer_m, away_m), Spot(inner_m, away_m), Spot(inner_m, street_m)]
        out = Spot(view.edges(street_m)[int(outer_m > inner_m)], street_m)
        start = Moment(begin_s, Spot(outer_m, street_m))
        moments = way_through(start, [*spots, out], speed_m_s)
        seen = (moments[1].time_s, moments[3].time_s)
    actor = Actor(FigureKind.PERSON, dress(chance), tuple(moments))
    return Oddity(actor, Stretch(*seen, "place", "place"))


def leave_thing(view: View, begin_s: float, chance: np.random.Generator) -> Oddity:
    """Somebody puts something down and goes."""
    kinds = (ThingKind.SUITCASE, ThingKind.BAG, ThingKind.PARCEL)
    kind = kinds[chance.integers(len(kinds))]
    passing = pedestrian(view, begin_s, 1 if chance.integers(2) else -1, chance)
    begin, end = passing.moments
    stop = _between(begin, end, float(chance.uniform(0.35, 0.65)))
    touched = Handling(stop.time_s + HANDLING_S / 2, kind, down=True)
    later = Moment(stop.time_s + HANDLING_S, stop.spot)
    moments = (begin, stop, later, Moment(end.time_s + HANDLING_S, end.spot))
    actor = Actor(passing.kind, passing.looks, moments, touched)
    spot = stop.spot
    way = math.copysign(0.5, passing.moments[-1].spot.along_m - passing.moments[0].spot.along_m)
    thing = Standing(
        Fixture(kind, Spot(spot.along_m + way, spot.away_m - 0.05), int(chance.integers(1 << 30))),
        touched.time_s,
    )
    stretch = Stretch(touched.time_s, touched.time_s + AFTER_S, "left", "left")
    return Oddity(actor, stretch, left=thing)


def take_thing(view: View, begin_s: float, chance: np.random.Generator) -> Oddity:
    """Somebody takes what always stood there, and goes."""
    fixture = view.fixtures[int(chance.integers(len(view.fixtures)))]
    actor = fetch(view, fixture, begin_s, chance)
    taken_s = actor.handling.time_s if actor.handling else begin_s
    return Oddity(actor, Stretch(taken_s, taken_s + AFTER_S, "taken", "taken"), taken=fixture)


def fetch(view: View, fixture: Fixture, begin_s: float, chance: np.random.Generator) -> Actor:
    """Somebody who comes along the pavement and carries a thing away."""
    pavement = view.band(Ground.PAVEMENT)
    way = 1 if chance.integers(2) else -1
    passing = pedestrian(view, begin_s, way, chance)
    begin, end = passing.moments
    reach_m = min(max(fixture.spot.away_m, pavement.near_m + 0.2), pavement.far_m - 0.2)
    stop = Spot(fixture.spot.along_m - 0.5 * way, reach_m)
    speed_m_s = distance_m(begin.spot, end.spot) / (end.time_s - begin.time_s)
    arrived = moment_after(begin, stop, speed_m_s)
    gone = Moment(arrived.time_s + HANDLING_S, stop)
    handling = Handling(arrived.time_s + HANDLING_S / 2, fixture.kind, down=False)
    moments = (begin, arrived, gone, moment_after(gone, end.spot, speed_m_s))
    return Actor(passing.kind, passing.looks, moments, handling)


def stage(kind: str, view: View, chance: np.random.Generator) -> Plot:
    """A scene in which that happens once."""
    oddity = ODD[kind](view, BEGINS_S, chance)
    duration_s = max(oddity.actor.end_s, oddity.stretch.to_s) + 5.0
    return add(oddity, usual_life(view, duration_s, chance))


def add(oddity: Oddity, life: Plot) -> Plot:
    """The odd thing among the life of every day; nobody drives into it."""
    actor = oddity.actor
    others = [
        each
        for each in life.actors
        if FigureKind.PERSON in (actor.kind, each.kind)
        or each.end_s < actor.begin_s
        or each.begin_s > actor.end_s
    ]
    things = [
        replace(each, to_s=oddity.stretch.from_s) if each.fixture == oddity.taken else each
        for each in life.things
    ]
    if oddity.left is not None:
        things.append(oddity.left)
    return Plot(life.duration_s, (*others, actor), tuple(things), oddity.stretch)


def _between(begin: Moment, end: Moment, share: float) -> Moment:
    spot = Spot(
        begin.spot.along_m + share * (end.spot.along_m - begin.spot.along_m),
        begin.spot.away_m + share * (end.spot.away_m - begin.spot.away_m),
    )
    return Moment(begin.time_s + share * (end.time_s - begin.time_s), spot)


Odd = Callable[[View, float, np.random.Generator], Oddity]
ODD: dict[str, Odd] = {
    "loitering": loiter,
    "wrong_way": go_against,
    "place": trespass,
    "left": leave_thing,
    "taken": take_thing,
}
"""By the kind of their stretch; each takes the view and when somebody comes."""
