"""An ordinary day at a view: who passes, when and which way."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from appliance.demo.staging.lens import Spot
from appliance.demo.staging.looks import FigureKind, dress
from appliance.demo.staging.plot import Actor, Moment, Plot, Standing, distance_m
from appliance.demo.staging.view import Ground, View

WALK_M_S = (1.0, 1.6)
RIDE_M_S = (2.6, 4.2)
DRIVE_M_S = (3.5, 5.5)
"""Slowly, past houses."""


@dataclass(frozen=True)
class Rates:
    """Mean seconds from one to the next."""

    pedestrians_s: float = 11.0
    vehicles_s: float = 17.0
    bicycles_s: float = 45.0
    visitors_s: float = 60.0
    """To the door, where there is one."""


USUAL = Rates()


def usual_life(
    view: View, duration_s: float, chance: np.random.Generator, rates: Rates = USUAL
) -> Plot:
    """People pass on the pavement both ways, vehicles and bicycles on the road one way, and
    somebody goes to the door."""
    actors: list[Actor] = []
    for begin_s in _times(rates.pedestrians_s, duration_s, chance):
        way = 1 if chance.integers(2) else -1
        actors.append(pedestrian(view, begin_s, way, chance))
    free_s = -math.inf  # nobody drives into another
    for begin_s in _times(rates.vehicles_s, duration_s, chance):
        if begin_s >= free_s:
            actors.append(traffic(view, FigureKind.VEHICLE, begin_s, view.onward, chance))
            free_s = actors[-1].end_s
    actors.extend(
        traffic(view, FigureKind.BICYCLE, begin_s, view.onward, chance)
        for begin_s in _times(rates.bicycles_s, duration_s, chance)
    )
    if view.door_m is not None:
        actors.extend(
            _visitor(view, view.door_m, begin_s, chance)
            for begin_s in _times(rates.visitors_s, duration_s, chance)
        )
    things = tuple(Standing(fixture) for fixture in view.fixtures)
    return Plot(duration_s, tuple(actors), things)


def _times(mean_s: float, duration_s: float, chance: np.random.Generator) -> Iterator[float]:
    """Beginnings by chance; some have begun before the scene."""
    time_s = -15.0
    while (time_s := time_s + float(chance.exponential(mean_s))) < duration_s:
        yield time_s


def pedestrian(view: View, begin_s: float, way: int, chance: np.random.Generator) -> Actor:
    """Along the pavement; `way` is 1 to the right, -1 to the left."""
    pavement = view.band(Ground.PAVEMENT)
    away_m = float(chance.uniform(pavement.near_m + 0.3, pavement.far_m - 0.3))
    drift_m = float(chance.uniform(-0.3, 0.3))
    begin_m, end_m = view.edges(away_m)[::way]
    begin = Moment(begin_s, Spot(begin_m, away_m))
    end = Spot(end_m, min(max(away_m + drift_m, pavement.near_m + 0.2), pavement.far_m - 0.2))
    speed_m_s = float(chance.uniform(*WALK_M_S))
    return Actor(FigureKind.PERSON, dress(chance), (begin, moment_after(begin, end, speed_m_s)))


def traffic(
    view: View, kind: FigureKind, begin_s: float, way: int, chance: np.random.Generator
) -> Actor:
    """Along the road; `way` is 1 to the right, -1 to the left."""
    road = view.band(Ground.ROAD)
    near_m = max(road.near_m, 5.0)
    away_m = float(chance.uniform(near_m + 0.9, road.far_m - 0.9))
    left_m, right_m = view.edges(away_m)
    begin_m, end_m = (left_m - 2, right_m + 2)[::way]
    speed_m_s = float(chance.uniform(*(DRIVE_M_S if kind is FigureKind.VEHICLE else RIDE_M_S)))
    begin = Moment(begin_s, Spot(begin_m, away_m))
    return Actor(kind, dress(chance), (begin, moment_after(begin, Spot(end_m, away_m), speed_m_s)))


def _visitor(view: View, door_m: float, begin_s: float, chance: np.random.Generator) -> Actor:
    pavement, lawn = view.band(Ground.PAVEMENT), view.band(Ground.LAWN)
    street_m = float(chance.uniform(pavement.near_m + 0.4, pavement.far_m - 0.4))
    begin_m, end_m = view.edges(street_m)[:: 1 if chance.integers(2) else -1]
    if chance.integers(2):
        end_m = begin_m  # goes back
    speed_m_s = float(chance.uniform(*WALK_M_S))
    path_m = door_m + float(chance.uniform(-0.35, 0.35))
    door = Spot(path_m, lawn.far_m - 0.4)
    coming = way_through(
        Moment(begin_s, Spot(begin_m, street_m)), (Spot(path_m, street_m), door), speed_m_s
    )
    waited = Moment(coming[-1].time_s + float(chance.uniform(3, 9)), door)
    going = way_through(waited, (Spot(path_m, street_m), Spot(end_m, street_m)), speed_m_s)
    return Actor(FigureKind.PERSON, dress(chance), (*coming, *going))


def way_through(begin: Moment, spots: Sequence[Spot], speed_m_s: float) -> list[Moment]:
    """From `begin` through the spots, at one speed."""
    moments = [begin]
    for spot in spots:
        moments.append(moment_after(moments[-1], spot, speed_m_s))
    return moments


def moment_after(begin: Moment, spot: Spot, speed_m_s: float) -> Moment:
    """When somebody comes to the spot."""
    return Moment(begin.time_s + distance_m(begin.spot, spot) / speed_m_s, spot)
