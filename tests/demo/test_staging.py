"""Staged scenes show what their tables say, the same ones for the same seed."""

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from appliance.demo.staging import day
from appliance.demo.staging.canvas import Frame
from appliance.demo.staging.encoding import GROUP_OF_PICTURES, write_clip
from appliance.demo.staging.folder import Recipe, write_folder
from appliance.demo.staging.lens import Lens, Spot
from appliance.demo.staging.life import DRIVE_M_S, RIDE_M_S, WALK_M_S, usual_life
from appliance.demo.staging.looks import FigureKind
from appliance.demo.staging.nuisances import NUISANCES
from appliance.demo.staging.odd import ODD, stage
from appliance.demo.staging.plot import Plot, distance_m
from appliance.demo.staging.scene import play
from appliance.demo.staging.view import Ground, View, look

SEEDS = range(6)
SPEEDS_M_S = {
    FigureKind.PERSON: WALK_M_S,
    FigureKind.BICYCLE: RIDE_M_S,
    FigureKind.VEHICLE: DRIVE_M_S,
}


def chance(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def frames(view: View, plot: Plot, *times_s: float) -> list[Frame]:
    """Those at the times, drawn two a second."""
    wanted = {round(time_s * 2) for time_s in times_s}
    return [frame for number, frame in enumerate(play(view, plot, 2)) if number in wanted]


def changed(view: View, one: Frame, other: Frame, spot: Spot) -> float:
    """Mean difference of the pixels where a thing of half a metre stands."""
    x, y, scale = view.lens.project(spot)
    part = np.s_[round(y - 0.5 * scale) : round(y), round(x - 0.2 * scale) : round(x + 0.2 * scale)]
    return float(np.abs(one[part].astype(int) - other[part].astype(int)).mean())


def test_a_seed_means_one_view_and_its_frames() -> None:
    drawn = [
        next(iter(play(view, usual_life(view, 1, chance(seed)), 10)))
        for seed in (3, 3, 4)
        for view in [look(seed, 160, 90)]
    ]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


@pytest.mark.parametrize("yaw", [-0.2, 0.0, 0.2])
def test_the_lens_finds_the_ground_that_it_projected(yaw: float) -> None:
    lens = Lens(640, 360, yaw)
    along, away = lens.ground()
    x, y, _ = lens.project(Spot(1.5, 9.0))
    assert along[round(y), round(x)] == pytest.approx(1.5, abs=0.05)
    assert away[round(y), round(x)] == pytest.approx(9.0, abs=0.1)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_always_stands_there_is_in_the_picture(seed: int) -> None:
    view = look(seed)
    for fixture in view.fixtures:
        x, y, scale = view.lens.project(fixture.spot)
        assert scale * 0.5 < x < view.lens.width - scale * 0.5
        assert scale < y < view.lens.height


@pytest.mark.parametrize("seed", SEEDS)
def test_on_an_ordinary_day_traffic_goes_one_way_and_nobody_stops_on_the_pavement(
    seed: int,
) -> None:
    view = look(seed)
    road, pavement = view.band(Ground.ROAD), view.band(Ground.PAVEMENT)
    for actor in usual_life(view, 600, chance(seed)).actors:
        ways = [two.spot.along_m - one.spot.along_m for one, two in pairwise(actor.moments)]
        if actor.kind is FigureKind.PERSON:
            standing = [
                one.spot.away_m for one, two in pairwise(actor.moments) if one.spot == two.spot
            ]
            assert all(away_m > pavement.far_m for away_m in standing)
        else:
            assert all(way * view.onward > 0 for way in ways)
            assert all(road.near_m < each.spot.away_m < road.far_m for each in actor.moments)


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_odd_things_show_in_their_stretch_at_the_speed_of_every_day(
    kind: str, seed: int
) -> None:
    view = look(seed)
    plot = stage(kind, view, chance(seed))
    stretch, odd = plot.stretch, plot.actors[-1]
    assert stretch is not None
    assert stretch.kind == kind
    assert 15 < stretch.from_s < stretch.to_s <= plot.duration_s
    middle_s = (stretch.from_s + stretch.to_s) / 2
    shown_s = stretch.from_s if kind in {"left", "taken"} else middle_s  # then they go
    x, y, _ = view.lens.project(odd.step(shown_s).spot)
    assert 0 < x < view.lens.width
    assert 0 < y < view.lens.height
    for actor in plot.actors:
        slowest, fastest = SPEEDS_M_S[actor.kind]
        for one, two in pairwise(actor.moments):
            if one.spot != two.spot:
                speed = distance_m(one.spot, two.spot) / (two.time_s - one.time_s)
                assert slowest - 1e-6 <= speed <= fastest + 1e-6


@pytest.mark.parametrize("kind", ["left", "taken"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_thing_that_was_left_or_taken_makes_a_lasting_difference(kind: str, seed: int) -> None:
    view = look(seed)
    plot = stage(kind, view, chance(seed))
    quiet = Plot(plot.duration_s, (), plot.things)
    assert plot.stretch is not None
    thing = next(each for each in plot.things if np.isfinite([each.from_s, each.to_s]).any())
    before, after, end = frames(
        view, quiet, plot.stretch.from_s - 2, plot.stretch.from_s + 2, plot.duration_s - 1
    )
    assert changed(view, before, after, thing.fixture.spot) > 12
    assert changed(view, after, end, thing.fixture.spot) < 6


@pytest.mark.parametrize("kind", NUISANCES)
def test_a_nuisance_changes_the_stream_but_not_what_happens(kind: str) -> None:
    view = look(1, 160, 90)
    plot = Plot(30, (), usual_life(view, 1, chance(1)).things)
    nuisance = NUISANCES[kind](view, chance(1))
    plain = list(play(view, plot, 2))
    fooled = list(play(view, plot, 2, nuisance))
    assert len(plain) == len(fooled)
    differences = [np.abs(a.astype(int) - b).max() for a, b in zip(plain, fooled, strict=True)]
    assert max(differences) > 8
    assert (nuisance.bits_per_s is not None) == (kind == "compression")


def test_a_clip_is_what_a_camera_sends(tmp_path: Path) -> None:
    view = look(1, 160, 90)
    path = tmp_path / "clip.mp4"
    count = write_clip(path, play(view, usual_life(view, 12, chance(1)), 10), 10)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        drawn = list(container.decode(stream))
        assert (stream.codec_context.name, count, len(drawn)) == ("h264", 120, 120)
        assert (stream.width, stream.height, float(stream.average_rate)) == (160, 90, 10.0)
    assert [number for number, frame in enumerate(drawn) if frame.key_frame] == list(
        range(0, 120, GROUP_OF_PICTURES)
    )
    assert not any(frame.pict_type == av.video.frame.PictureType.B for frame in drawn)


def test_a_folder_says_the_truth_about_its_clips(tmp_path: Path) -> None:
    recipe = Recipe(1, 1.0, 1.0, 1, odd=("place",), nuisances=("rain",), rate_hz=1)
    told: list[tuple[int, int]] = []
    write_folder(tmp_path, look(1, 160, 90), recipe, lambda *each: told.append(each))
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.mp4")) == [
        "normal/000.mp4",
        "test/normal-000.mp4",
        "test/place-00.mp4",
        "test/rain-00.mp4",
    ]
    head, row = (tmp_path / "anomalies.tsv").read_text().splitlines()
    assert head.split("\t") == ["clip", "first_frame", "last_frame", "kind", "cause"]
    clip, first, last, *kind = row.split("\t")
    assert (clip, kind) == ("place-00.mp4", ["place", "place"])
    with av.open(str(tmp_path / "test" / clip)) as container:
        assert 1 <= int(first) < int(last) <= container.streams.video[0].frames
    assert (tmp_path / "nuisances.tsv").read_text().splitlines()[1:] == ["rain-00.mp4\t1\t60\train"]
    assert told[-1] == (4, 4)


def test_the_demo_s_day_is_ordinary_at_first_and_ends_as_it_began() -> None:
    view = look(day.SEED)
    plot = day.plan_day(view)
    assert min(day.BEGINNINGS_S.values()) > 240
    assert {each.fixture for each in plot.things if each.to_s > day.DURATION_S} == set(
        view.fixtures
    )
    left = next(each for each in plot.things if each.fixture not in view.fixtures)
    assert day.BEGINNINGS_S["left"] < left.from_s < left.to_s - 60
    assert max(actor.begin_s for actor in plot.actors) < day.DURATION_S
