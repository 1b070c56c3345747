"""A plot drawn frame by frame."""

import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from appliance.demo.staging.canvas import Frame
from appliance.demo.staging.looks import Draw, FigureKind, Pose
from appliance.demo.staging.nuisances import Nuisance
from appliance.demo.staging.painting import paint
from appliance.demo.staging.people import draw_person
from appliance.demo.staging.plot import HANDLING_S, Actor, Plot, Standing
from appliance.demo.staging.things import ThingKind, draw_thing
from appliance.demo.staging.tree import Tree
from appliance.demo.staging.vehicles import draw_bicycle, draw_vehicle
from appliance.demo.staging.view import View

NOISE = 2.2
"""Standard deviation of the sensor's noise, of 255."""
NOISE_PICTURES = 16
DRIFT, DRIFT_S = 0.06, 140.0
"""How much daylight goes up and down, and in what time (radians)."""
DRAWERS: dict[FigureKind, Draw] = {
    FigureKind.PERSON: draw_person,
    FigureKind.VEHICLE: draw_vehicle,
    FigureKind.BICYCLE: draw_bicycle,
}


def play(
    view: View, plot: Plot, rate_hz: int, nuisance: Nuisance | None = None, seed: int = 0
) -> Iterator[Frame]:
    """The frames. `seed` is that of noise and light."""
    chance = np.random.default_rng((seed, 5))
    ground, tree = paint(view), Tree(view)
    grains = _grains(view, chance)
    begun = float(chance.uniform(0, 2 * math.pi))
    standing: list[Standing] | None = None
    furnished = ground
    for number in range(round(plot.duration_s * rate_hz)):
        time_s = number / rate_hz
        now = [each for each in plot.things if each.from_s <= time_s < each.to_s]
        if now != standing:
            standing, furnished = now, _furnish(view, ground, now)
        frame = furnished.copy()
        sway_m = nuisance.sway_m(time_s) if nuisance else 0.0
        present = [each for each in plot.actors if each.begin_s <= time_s < each.end_s]
        _draw_present(frame, view, present, time_s, tree, sway_m)
        light = 1 + DRIFT * math.sin(time_s / DRIFT_S + begun)
        frame = cv2.convertScaleAbs(frame, alpha=light)
        grain = grains[int(chance.integers(NOISE_PICTURES))]
        if nuisance is not None:
            frame = nuisance.apply(frame, time_s)
            grain = (grain * nuisance.noise(time_s)).astype(np.int16)
        yield np.asarray(cv2.add(frame, cv2.merge([grain] * 3), dtype=cv2.CV_8U), np.uint8)


def _draw_present(
    frame: Frame, view: View, actors: Sequence[Actor], time_s: float, tree: Tree, sway_m: float
) -> None:
    """Who is there, the farthest first; the tree in its place among them."""
    placed = [(actor.step(time_s), actor) for actor in actors]
    placed.sort(key=lambda each: -each[0].spot.away_m)
    tree_drawn = False
    for step, actor in placed:
        if not tree_drawn and step.spot.away_m < view.tree.away_m:
            tree.draw(frame, time_s, sway_m)
            tree_drawn = True
        x, y, scale = view.lens.project(step.spot)
        bend, carried = _hands(actor, time_s)
        pose = Pose(step.facing, step.gone_m, step.walking, time_s, bend, carried)
        DRAWERS[actor.kind](frame, (x, y), scale, actor.looks, pose)
    if not tree_drawn:
        tree.draw(frame, time_s, sway_m)


def _hands(actor: Actor, time_s: float) -> tuple[float, ThingKind | None]:
    """How far down they reach, and what is in them."""
    handling = actor.handling
    if handling is None:
        return 0.0, None
    away = abs(time_s - handling.time_s) / (HANDLING_S / 2)
    holds = (time_s < handling.time_s) == handling.down
    return max(0.0, 1 - away), handling.thing if holds else None


def _furnish(view: View, ground: Frame, standing: Sequence[Standing]) -> Frame:
    picture = ground.copy()
    for each in sorted(standing, key=lambda one: -one.fixture.spot.away_m):
        x, y, scale = view.lens.project(each.fixture.spot)
        draw_thing(picture, each.fixture.kind, (x, y), scale, each.fixture.seed)
    return picture


def _grains(view: View, chance: np.random.Generator) -> list[npt.NDArray[np.int16]]:
    """Pictures of noise, to be drawn from."""
    size = (view.lens.height, view.lens.width)
    return [
        np.rint(chance.standard_normal(size, np.float32) * NOISE).astype(np.int16)
        for _ in range(NOISE_PICTURES)
    ]
