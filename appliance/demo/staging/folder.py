"""A folder of staged clips with their truth, as `appliance evaluate camera` reads it."""

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from appliance.demo.staging.encoding import write_clip
from appliance.demo.staging.life import usual_life
from appliance.demo.staging.nuisances import NUISANCES, Nuisance
from appliance.demo.staging.odd import ODD, stage
from appliance.demo.staging.plot import Plot
from appliance.demo.staging.scene import play
from appliance.demo.staging.view import View

PIECE_S = 120.0
"""Normal life is cut into clips of that length."""
NUISANCE_S = 60.0
ANOMALIES, NUISANCE_TABLE = "anomalies.tsv", "nuisances.tsv"


@dataclass(frozen=True)
class Recipe:
    """How much of what."""

    seed: int
    normal_s: float
    """To learn from."""
    held_out_s: float
    """More of the same, to test with."""
    scenes: int
    """Of each odd kind, and of each nuisance."""
    odd: tuple[str, ...] = tuple(ODD)
    nuisances: tuple[str, ...] = tuple(NUISANCES)
    rate_hz: int = 10


@dataclass(frozen=True)
class Clip:
    """One to be made."""

    path: Path
    plot: Plot
    nuisance: Nuisance | None
    seed: int


def write_folder(
    folder: Path, view: View, recipe: Recipe, tell: Callable[[int, int], None]
) -> None:
    """Makes the clips and their tables; `tell` takes how many are done and how many there are.

    Clips that are there already are made again. Raises OSError.
    """
    clips = list(_clips(folder, view, recipe))
    for name in ("normal", "test"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number, clip in enumerate(clips):
        tell(number, len(clips))
        bits_per_s = clip.nuisance.bits_per_s if clip.nuisance else None
        frames = play(view, clip.plot, recipe.rate_hz, clip.nuisance, clip.seed)
        write_clip(clip.path, frames, recipe.rate_hz, bits_per_s)
    tell(len(clips), len(clips))
    _write_table(
        folder / ANOMALIES, ("kind", "cause"),
        [
            (clip.path.name, *_frames(clip.plot, recipe.rate_hz), stretch.kind, stretch.cause)
            for clip in clips
            if (stretch := clip.plot.stretch) is not None
        ],
    )  # fmt: skip
    _write_table(
        folder / NUISANCE_TABLE, ("kind",),
        [
            (clip.path.name, 1, round(clip.plot.duration_s * recipe.rate_hz), clip.nuisance.kind)
            for clip in clips
            if clip.nuisance is not None
        ],
    )  # fmt: skip


def _clips(folder: Path, view: View, recipe: Recipe) -> Iterable[Clip]:
    for part, total_s in (("normal", recipe.normal_s), ("test", recipe.held_out_s)):
        count = round(-(-total_s // PIECE_S))
        for number in range(count):
            name = f"{number:03}" if part == "normal" else f"normal-{number:03}"
            duration_s = min(PIECE_S, total_s - number * PIECE_S)
            seed = _seed(recipe.seed, part, name)
            plot = usual_life(view, duration_s, np.random.default_rng(seed))
            yield Clip(folder / part / f"{name}.mp4", plot, None, seed)
    for kind in recipe.odd:
        for number in range(recipe.scenes):
            seed = _seed(recipe.seed, kind, str(number))
            plot = stage(kind, view, np.random.default_rng(seed))
            yield Clip(folder / "test" / f"{kind}-{number:02}.mp4", plot, None, seed)
    for kind in recipe.nuisances:
        for number in range(recipe.scenes):
            seed = _seed(recipe.seed, kind, str(number))
            chance = np.random.default_rng(seed)
            nuisance = NUISANCES[kind](view, chance)
            plot = usual_life(view, NUISANCE_S, chance)
            yield Clip(folder / "test" / f"{kind}-{number:02}.mp4", plot, nuisance, seed)


def _seed(seed: int, *names: str) -> int:
    """One of its own for each clip, whatever else is made."""
    return zlib.crc32("/".join((str(seed), *names)).encode())


def _frames(plot: Plot, rate_hz: int) -> tuple[int, int]:
    """First and last of the stretch, counted from 1."""
    assert plot.stretch is not None  # noqa: S101 # asked only where there is one
    last = min(plot.stretch.to_s, plot.duration_s) * rate_hz
    return max(1, round(plot.stretch.from_s * rate_hz) + 1), round(last)


def _write_table(path: Path, more: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    lines = [("clip", "first_frame", "last_frame", *more), *rows]
    text = "".join("\t".join(map(str, line)) + "\n" for line in lines)
    path.write_text(text, "utf-8")
