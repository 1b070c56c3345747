"""Turning a face upright."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from appliance.models.tasks.face_alignment import TEMPLATE, align, similarity_transform

ANGLES = st.floats(-3.1, 3.1)
SCALES = st.floats(0.05, 20)
SHIFTS = st.floats(-3000, 3000)


def moved(angle: float, scale: float, x: float, y: float) -> np.ndarray:
    """The template, turned, scaled and shifted."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (TEMPLATE @ turn.T * scale + (x, y)).astype(np.float32)


@given(ANGLES, SCALES, SHIFTS, SHIFTS)
def test_any_turn_scale_and_shift_is_undone(angle: float, scale: float, x: float, y: float) -> None:
    landmarks = moved(angle, scale, x, y)
    transform = similarity_transform(landmarks)
    back = landmarks @ transform[:, :2].T + transform[:, 2]
    assert np.abs(back - TEMPLATE).max() < 0.05


@given(st.lists(st.tuples(SHIFTS, SHIFTS), min_size=5, max_size=5))
def test_no_landmarks_are_mirrored(points: list[tuple[float, float]]) -> None:
    transform = similarity_transform(np.array(points, np.float32))
    assert np.linalg.det(transform[:, :2]) >= 0


def test_landmarks_in_one_point_give_a_finite_transform() -> None:
    assert np.isfinite(similarity_transform(np.zeros((5, 2), np.float32))).all()


def picture(side: int) -> np.ndarray:
    """Smooth colours, the same at every size."""
    y, x = np.mgrid[0:side, 0:side] / side
    colours = np.stack([x, y, (x + y) / 2], axis=2) * 255
    return colours.astype(np.uint8)


def test_a_face_that_lies_right_is_left_as_it_is() -> None:
    image = picture(112)
    assert np.array_equal(align(image, TEMPLATE), image)


def test_a_large_face_gives_the_crop_of_a_small_one() -> None:
    small = align(picture(224), (TEMPLATE + 0.5) * 2 - 0.5)
    large = align(picture(2240), (TEMPLATE + 0.5) * 20 - 0.5)
    assert np.abs(small.astype(int) - large.astype(int)).max() <= 4


def test_a_large_face_is_averaged_not_sampled() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1120, 1120, 3), np.uint8)
    assert align(noise, (TEMPLATE + 0.5) * 10 - 0.5).std() < 20


def test_a_face_beyond_the_border_is_filled_with_black() -> None:
    crop = align(np.full((112, 112, 3), 255, np.uint8), TEMPLATE - 60)
    assert crop[-1, -1].tolist() == [255, 255, 255] or crop[0, 0].tolist() == [0, 0, 0]


def test_a_turned_picture_gives_the_crop_of_the_upright_one() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)
    image = np.asarray(cv2.GaussianBlur(noise, (0, 0), 4), np.uint8)
    landmarks = TEMPLATE + 40
    turned = np.ascontiguousarray(np.rot90(image))
    turned_landmarks = np.stack([landmarks[:, 1], 199 - landmarks[:, 0]], axis=1)
    difference = align(image, landmarks).astype(int) - align(turned, turned_landmarks).astype(int)
    assert np.abs(difference).max() <= 2
