"""The odd things, each among the life of an ordinary day, and none of them fast."""

import math
from collections.abc import Callable, Sequence

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


def loiter(view: View, chance: np.random.Generator) -> Plot:
    """Somebody stops on the pavement, where people pass."""
    passing = pedestrian(view, BEGINS_S, 1 if chance.integers(2) else -1, chance)
    begin, end = passing.moments
    share = float(chance.uniform(0.3, 0.7))
    stop = _between(begin, end, share)
    stays_s = float(chance.uniform(*LOITER_S))
    later = Moment(stop.time_s + stays_s, stop.spot)
    moments = (begin, stop, later, Moment(end.time_s + stays_s, end.spot))
    actor = Actor(passing.kind, passing.looks, moments)
    return _odd(view, actor, (stop.time_s, later.time_s), ("loitering", "stay"), chance)


def go_against(view: View, chance: np.random.Generator) -> Plot:
    """A vehicle or a bicycle comes the other way, at the speed of every day."""
    kind = FigureKind.VEHICLE if chance.integers(2) else FigureKind.BICYCLE
    actor = traffic(view, kind, BEGINS_S, -view.onward, chance)
    seen = (actor.begin_s, actor.end_s)
    plot = _odd(view, actor, seen, ("wrong_way", "direction"), chance)
    alone = tuple(
        other
        for other in plot.actors
        if other is actor
        or other.kind is FigureKind.PERSON
        or other.end_s < actor.begin_s
        or other.begin_s > actor.end_s
    )
    return Plot(plot.duration_s, alone, plot.things, plot.stretch)


def trespass(view: View, chance: np.random.Generator) -> Plot:
    """Somebody walks over the lawn, where nobody goes."""
    lawn, pavement = view.band(Ground.LAWN, last=True), view.band(Ground.PAVEMENT)
    away_m = float(chance.uniform(lawn.near_m + 1.2, lawn.far_m - 1.0))
    left_m, right_m = view.edges(away_m)
    speed_m_s = float(chance.uniform(*WALK_M_S))
    if view.door_m is None:
        begin_m, end_m = (left_m, right_m)[:: 1 if chance.integers(2) else -1]
        start = Moment(BEGINS_S, Spot(begin_m, away_m))
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
        start = Moment(BEGINS_S, Spot(outer_m, street_m))
        moments = way_through(start, [*spots, out], speed_m_s)
        seen = (moments[1].time_s, moments[3].time_s)
    actor = Actor(FigureKind.PERSON, dress(chance), tuple(moments))
    return _odd(view, actor, seen, ("place", "place"), chance)


def leave_thing(view: View, chance: np.random.Generator) -> Plot:
    """Somebody puts something down and goes."""
    kinds = (ThingKind.SUITCASE, ThingKind.BAG, ThingKind.PARCEL)
    kind = kinds[chance.integers(len(kinds))]
    passing = pedestrian(view, BEGINS_S, 1 if chance.integers(2) else -1, chance)
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
    end_s = touched.time_s + AFTER_S
    return _odd(view, actor, (touched.time_s, end_s), ("left", "left"), chance, [thing])


def take_thing(view: View, chance: np.random.Generator) -> Plot:
    """Somebody takes what always stood there, and goes."""
    number = int(chance.integers(len(view.fixtures)))
    fixture = view.fixtures[number]
    pavement = view.band(Ground.PAVEMENT)
    way = 1 if chance.integers(2) else -1
    passing = pedestrian(view, BEGINS_S, way, chance)
    begin, end = passing.moments
    reach_m = min(max(fixture.spot.away_m, pavement.near_m + 0.2), pavement.far_m - 0.2)
    stop_spot = Spot(fixture.spot.along_m - 0.5 * way, reach_m)
    speed_m_s = distance_m(begin.spot, end.spot) / (end.time_s - begin.time_s)
    arrived = moment_after(begin, stop_spot, speed_m_s)
    gone = Moment(arrived.time_s + HANDLING_S, stop_spot)
    handling = Handling(arrived.time_s + HANDLING_S / 2, fixture.kind, down=False)
    moments = (begin, arrived, gone, moment_after(gone, end.spot, speed_m_s))
    actor = Actor(passing.kind, passing.looks, moments, handling)
    seen = (handling.time_s, handling.time_s + AFTER_S)
    plot = _odd(view, actor, seen, ("taken", "taken"), chance)
    things = list(plot.things)
    things[number] = Standing(fixture, to_s=handling.time_s)
    return Plot(plot.duration_s, plot.actors, tuple(things), plot.stretch)


def _odd(
    view: View,
    actor: Actor,
    seen: tuple[float, float],
    names: tuple[str, str],
    chance: np.random.Generator,
    things: Sequence[Standing] = (),
) -> Plot:
    """The odd thing among the life of every day."""
    duration_s = max(actor.end_s, seen[1]) + 5.0
    life = usual_life(view, duration_s, chance)
    return Plot(
        duration_s,
        (*life.actors, actor),
        (*life.things, *things),
        Stretch(*seen, *names),
    )


def _between(begin: Moment, end: Moment, share: float) -> Moment:
    spot = Spot(
        begin.spot.along_m + share * (end.spot.along_m - begin.spot.along_m),
        begin.spot.away_m + share * (end.spot.away_m - begin.spot.away_m),
    )
    return Moment(begin.time_s + share * (end.time_s - begin.time_s), spot)


def _exit(view: View, outer: Spot) -> float:
    """Out of the view at the side of `outer`."""
    left, right = view.edges(outer.away_m)
    return left - 1 if abs(outer.along_m - left) < abs(outer.along_m - right) else right + 1


Odd = Callable[[View, np.random.Generator], Plot]
ODD: dict[str, Odd] = {
    "loitering": loiter,
    "wrong_way": go_against,
    "place": trespass,
    "left": leave_thing,
    "taken": take_thing,
}
"""By the kind of their stretch."""
