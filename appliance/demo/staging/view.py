"""Where a staged camera looks: its lens, the ground before it, and what always stands there."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from appliance.demo.staging.lens import Lens, Spot
from appliance.demo.staging.things import ThingKind

YAW_LIMIT = 0.22
"""Radians to either side that the camera is turned from looking straight across."""


class Ground(StrEnum):
    LAWN = "lawn"
    PAVEMENT = "pavement"
    ROAD = "road"
    WALL = "wall"
    """It stands upright where the ground ends."""


@dataclass(frozen=True)
class Band:
    """A strip of ground along the street."""

    ground: Ground
    near_m: float
    far_m: float


@dataclass(frozen=True)
class Fixture:
    """A thing that always stood there."""

    kind: ThingKind
    spot: Spot
    seed: int


@dataclass(frozen=True)
class View:
    """One camera's, for good."""

    lens: Lens
    bands: tuple[Band, ...]
    """From near to far; a wall is the last."""
    door_m: float | None
    """Where along the wall a path leads to a door."""
    onward: int
    """The way of the traffic on the road: 1 to the right, -1 to the left."""
    fixtures: tuple[Fixture, ...]
    tree: Spot
    seed: int

    def band(self, ground: Ground, *, last: bool = False) -> Band:
        found = [band for band in self.bands if band.ground is ground]
        return found[-1 if last else 0]

    def edges(self, away_m: float) -> tuple[float, float]:
        """From where to where along the street the picture shows at that distance, in metres, with
        room for somebody to come into it."""
        lens = self.lens
        along = np.linspace(-60, 60, 1201)
        columns = np.array([lens.project(Spot(float(x), away_m))[0] for x in along])
        seen = along[(columns > 0) & (columns < lens.width)]
        return float(seen[0]) - 1.0, float(seen[-1]) + 1.0


STREET = (
    Band(Ground.LAWN, 0, 6.0),
    Band(Ground.PAVEMENT, 6.0, 8.6),
    Band(Ground.ROAD, 8.6, 12.4),
    Band(Ground.LAWN, 12.4, 17.0),
    Band(Ground.WALL, 17.0, 17.0),
)
YARD = (
    Band(Ground.ROAD, 0, 7.4),
    Band(Ground.PAVEMENT, 7.4, 9.8),
    Band(Ground.LAWN, 9.8, 15.0),
    Band(Ground.WALL, 15.0, 15.0),
)
STANDING = (ThingKind.PLANTER, ThingKind.BIN, ThingKind.BICYCLE, ThingKind.CRATE)


def look(seed: int, width: int = 640, height: int = 360) -> View:
    """The view that a seed means."""
    chance = np.random.default_rng((seed, 1))
    yard = bool(chance.integers(2))
    lens = Lens(width, height, float(chance.uniform(-YAW_LIMIT, YAW_LIMIT)))
    bands = YARD if yard else STREET
    view = View(lens, bands, None, 1 if chance.integers(2) else -1, (), Spot(0, 0), seed)
    pavement = view.band(Ground.PAVEMENT)
    edge_m = pavement.far_m + 0.35 if yard else pavement.near_m - 0.35
    left, right = view.edges(edge_m)
    places = np.linspace(left + 2.2, right - 2.2, 4) + chance.uniform(-0.2, 0.2, 4)
    chance.shuffle(places)
    fixtures = tuple(
        Fixture(kind, Spot(float(place), edge_m), int(chance.integers(1 << 30)))
        for kind, place in zip(chance.permutation(STANDING)[:3], places[:3], strict=True)
    )
    lawn = view.band(Ground.LAWN, last=True)
    behind_m = (lawn.near_m + lawn.far_m) / 2
    edges = view.edges(behind_m)
    side = chance.integers(2)
    tree = Spot(edges[side] + (3.0 if side == 0 else -3.0), behind_m)
    door_m = float(places[3]) if yard else None
    return View(lens, bands, door_m, view.onward, fixtures, tree, seed)
