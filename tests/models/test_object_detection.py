"""Finding things of everyday."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.models.errors import ModelDamaged
from appliance.models.runtimes.litert import LiteRt
from appliance.models.selection import object_detector
from appliance.models.store import Store
from appliance.models.tasks.face_detection import Image
from appliance.models.tasks.object_detection import ObjectDetector
from appliance.models.tasks.ssd_litert import SIDE, SsdLiteRt, anchors, decode


@pytest.fixture(scope="module")
def detector(models_folder: Path) -> ObjectDetector:
    return object_detector(Store(models_folder))


def read(path: Path) -> Image:
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)


def test_there_is_an_anchor_for_each_row_of_the_net_s_output() -> None:
    """Three in each of 19x19 places, six in those of 10, 5, 3, 2 and 1 a side."""
    assert len(anchors()) == 3 * 19**2 + 6 * (10**2 + 5**2 + 3**2 + 2**2 + 1)


def test_an_encoding_of_nothing_is_the_anchor() -> None:
    found = decode(np.zeros((1917, 4), np.float32), anchors())
    centre = found[:, :2] + found[:, 2:] / 2
    assert np.allclose(np.hstack([centre, found[:, 2:]]), anchors(), atol=1e-6)


@given(st.floats(-1e4, 1e4))
def test_no_encoding_is_beyond_numbers(value: float) -> None:
    assert np.isfinite(decode(np.full((1917, 4), value, np.float32), anchors())).all()


@pytest.mark.parametrize(("photo", "label"), [("astronaut.png", "Person"), ("chelsea.png", "Cat")])
def test_things_are_found(
    detector: ObjectDetector, demo_folder: Path, photo: str, label: str
) -> None:
    best = detector.find(read(demo_folder / photo))[0]
    assert best.label == label
    assert best.score > 0.5


def test_boxes_are_in_the_picture_s_own_pixels(detector: ObjectDetector, demo_folder: Path) -> None:
    image = read(demo_folder / "chelsea.png")
    large = np.asarray(cv2.resize(image, None, fx=2, fy=2), np.uint8)
    one, two = detector.find(image)[0].box, detector.find(large)[0].box
    assert two.width == pytest.approx(2 * one.width, rel=0.05)
    assert two.y == pytest.approx(2 * one.y, abs=0.05 * large.shape[0])


def test_nothing_is_found_in_grey(detector: ObjectDetector) -> None:
    grey = np.full((SIDE, SIDE, 3), 128, np.uint8)
    assert [thing for thing in detector.find(grey) if thing.score > 0.5] == []


def test_a_net_of_another_shape_is_refused(models_folder: Path) -> None:
    store = Store(models_folder)
    runtime = LiteRt(store.path("mobilefacenet"))
    with pytest.raises(ModelDamaged):
        SsdLiteRt("mobilefacenet", runtime)
