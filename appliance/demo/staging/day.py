"""The clip of the demo's camera: minutes in which nothing happens, then odd things, and calm
again."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from appliance.demo.staging.encoding import write_clip
from appliance.demo.staging.life import usual_life
from appliance.demo.staging.odd import ODD, add, fetch
from appliance.demo.staging.plot import Plot
from appliance.demo.staging.scene import play
from appliance.demo.staging.view import View, look

SEED = 1
RATE_HZ = 10
DURATION_S = 720.0
BEGINNINGS_S = {"place": 420.0, "loitering": 490.0, "left": 580.0}
"""When somebody comes who does something odd, by its kind: by then some forty have passed, and
where nobody goes is known."""
FETCHED_S = 660.0
"""Then somebody comes for what was left: the clip begins anew with the street as it was."""


def plan_day(view: View) -> Plot:
    chance = np.random.default_rng(SEED)
    plot = usual_life(view, DURATION_S, chance)
    for kind, begin_s in BEGINNINGS_S.items():
        oddity = ODD[kind](view, begin_s, chance)
        if oddity.left is not None:
            owner = fetch(view, oddity.left.fixture, FETCHED_S, chance)
            gone_s = owner.handling.time_s if owner.handling else FETCHED_S
            plot = replace(plot, actors=(*plot.actors, owner))
            oddity = replace(oddity, left=replace(oddity.left, to_s=gone_s))
        plot = add(oddity, plot)
    return plot


def write_day(path: Path) -> None:
    """Takes about half a minute of a core. Raises OSError."""
    view = look(SEED)
    making = path.with_suffix(".part")
    write_clip(making, play(view, plan_day(view), RATE_HZ, seed=SEED), RATE_HZ)
    making.replace(path)
