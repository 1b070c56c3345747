"""What moves, and what does not although the picture changes."""

import math
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from appliance.camera.seeing.motion import Disturbance, Motion, MotionReader, grid, paint
from appliance.camera.seeing.pooling import Flow, Pooling
from appliance.camera.streams.decoding import read_file
from tests.camera import scenes
from tests.camera.scenes import HEIGHT, RATE, encode, walker

SPEED = 50 / HEIGHT
"""Of the walker, picture heights a second."""


def motions(path: Path, pictures: Iterable[np.ndarray], codec: str = "libx264") -> list[Motion]:
    reader = MotionReader()
    return [reader.read(each) for each in read_file(encode(path, iter(pictures), codec))]


def flows(found: list[Motion]) -> list[Flow]:
    pooling = Pooling()
    return [flow for each in found for flow in pooling.add(each)] + pooling.finish()


def fastest(found: list[Motion], begin_s: float, end_s: float) -> float:
    return max(float(each.speed.max()) for each in flows(found) if begin_s <= each.time_s < end_s)


@pytest.mark.parametrize("codec", ["libx264", "mjpeg"])
def test_somebody_walks_at_his_speed_whatever_the_codec(tmp_path: Path, codec: str) -> None:
    """Vectors where there are some, dense flow where there are none."""
    found = motions(tmp_path / "film.mkv", scenes.paint(5, [walker(0, 120, 50.0)]), codec)
    fields = np.stack([each.field for each in found[15:35] if each.known])
    moving = fields[fields[..., 0] > SPEED / 3]
    assert np.median(moving[:, 0]) == pytest.approx(SPEED, rel=0.35)
    assert abs(np.median(moving[:, 1])) < SPEED / 10


def test_what_stands_does_not_move(tmp_path: Path) -> None:
    found = motions(tmp_path / "film.mp4", scenes.paint(4, noise=4))
    assert fastest(found, 1, 4) < SPEED / 4


@pytest.mark.parametrize("codec", ["libx264", "mjpeg"])
@pytest.mark.parametrize(
    "light",
    [lambda t: 1.0 if t < 3 else 0.5, lambda t: 0.5 if t < 3 else 1.0],
    ids=["off", "on"],
)
def test_a_light_switch_is_no_motion(
    tmp_path: Path, codec: str, light: Callable[[float], float]
) -> None:
    found = motions(tmp_path / "film.mkv", scenes.paint(7, light=light), codec)
    assert Disturbance.LIGHT in {each.disturbance for each in found}
    assert fastest(found, 1, 7) < SPEED / 4


def test_a_cloud_is_no_motion(tmp_path: Path) -> None:
    found = motions(
        tmp_path / "film.mp4", scenes.paint(10, light=lambda t: 1 - 0.3 * min(1, t / 8))
    )
    assert fastest(found, 1, 10) < SPEED / 4


def test_a_shaking_camera_is_no_motion(tmp_path: Path) -> None:
    def shift(time_s: float) -> tuple[int, int]:
        return (round(4 * math.sin(9 * time_s)), round(3 * math.cos(11 * time_s)))

    found = motions(tmp_path / "film.mp4", scenes.paint(6, shift=shift))
    assert Disturbance.SHAKE in {each.disturbance for each in found}
    assert fastest(found, 1, 6) < SPEED / 2


def test_a_gap_begins_anew(tmp_path: Path) -> None:
    film = list(read_file(encode(tmp_path / "film.mp4", scenes.paint(2, [walker(0, 120)]))))
    reader = MotionReader()
    first = [reader.read(each) for each in film]
    again = reader.read(film[0])  # the time goes back
    assert first[0].fresh
    assert not first[5].fresh
    assert again.fresh
    assert not again.known


def test_each_picture_gets_one_flow_at_most_half_a_second_later(tmp_path: Path) -> None:
    found = motions(tmp_path / "film.mp4", scenes.paint(3, [walker(0, 120)]))
    pooling, given_ = Pooling(), []
    for motion in found:
        given_ += [(each.time_s, motion.time_s) for each in pooling.add(motion)]
    given_ += [(each.time_s, found[-1].time_s) for each in pooling.finish()]
    assert [round(time_s * RATE) for time_s, _ in given_] == list(range(3 * RATE))
    assert all(now_s - time_s < 0.51 for time_s, now_s in given_)


@settings(deadline=None)
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(0, 30), st.just(6)),
        elements=st.floats(-200, 2000, width=32),
    ),
    st.sampled_from([(320, 240), (1920, 1080), (33, 17)]),
)
def test_any_vectors_can_be_painted(vectors: np.ndarray, size: tuple[int, int]) -> None:
    """A damaged stream says anything."""
    vectors[:, 2:4] = np.clip(vectors[:, 2:4], 0, 64)
    field = paint(vectors, *size)
    assert field.shape == (*grid(*size), 2)
    assert np.isfinite(field).all()
