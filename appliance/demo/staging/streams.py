"""Clips of one camera's two streams, still and busy, to measure costs with."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from appliance.demo.staging.encoding import write_clip
from appliance.demo.staging.life import Rates, usual_life
from appliance.demo.staging.plot import Plot, Standing
from appliance.demo.staging.scene import play
from appliance.demo.staging.view import look

SEED = 5
BUSY = Rates(pedestrians_s=3.0, vehicles_s=8.0, bicycles_s=15.0, visitors_s=20.0)


@dataclass(frozen=True)
class Form:
    """Of a stream."""

    width: int
    height: int
    rate_hz: int
    bits_per_s: int


MAIN = Form(1920, 1080, 25, 4_000_000)
SUB = Form(640, 360, 10, 512_000)


def write_stream(path: Path, form: Form, duration_s: float, *, busy: bool) -> None:
    """A clip of that form; both forms of one length show the same. Raises OSError."""
    view = look(SEED, form.width, form.height)
    if busy:
        plot = usual_life(view, duration_s, np.random.default_rng(SEED), BUSY)
    else:
        plot = Plot(duration_s, (), tuple(Standing(each) for each in view.fixtures))
    write_clip(path, play(view, plot, form.rate_hz), form.rate_hz, form.bits_per_s)
