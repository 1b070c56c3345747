"""Finding faces."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.models.build import recipes
from appliance.models.errors import ModelDamaged, WrongInput
from appliance.models.runtimes.litert import LiteRt
from appliance.models.store import Store
from appliance.models.tasks.face_detection import scale_to
from appliance.models.tasks.yunet_litert import YuNetLiteRt, decode, suppress
from appliance.models.tasks.yunet_opencv import YuNetOpenCv

Box = tuple[float, float, float, float, float]
BOXES = st.lists(
    st.tuples(
        st.floats(0, 100), st.floats(0, 100), st.floats(1, 50), st.floats(1, 50), st.floats(0, 1)
    ),
    max_size=20,
)


def rows(boxes: list[Box]) -> np.ndarray:
    table = np.zeros((len(boxes), 15), np.float32)
    for row, (x, y, width, height, score) in zip(table, boxes, strict=True):
        row[:4] = x, y, width, height
        row[14] = score
    return table


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return float(shared / (a[2] * a[3] + b[2] * b[3] - shared))


@given(BOXES)
def test_no_two_kept_faces_overlap_much(boxes: list[Box]) -> None:
    kept = suppress(rows(boxes), 0.3)
    assert all(
        overlap(a, b) <= 0.3 + 1e-4 for index, a in enumerate(kept) for b in kept[index + 1 :]
    )


@given(BOXES)
def test_every_dropped_face_overlaps_a_kept_one_that_is_as_certain(boxes: list[Box]) -> None:
    table = rows(boxes)
    kept = suppress(table, 0.3)
    for face in table:
        assert any(overlap(face, other) > 0.3 - 1e-4 and other[14] >= face[14] for other in kept)


@given(BOXES)
def test_kept_faces_are_sorted_by_certainty(boxes: list[Box]) -> None:
    scores = suppress(rows(boxes), 0.3)[:, 14]
    assert (np.diff(scores) <= 0).all()


def test_a_cell_is_decoded_to_pixels() -> None:
    outputs = {
        "cls_8": np.zeros((1, 6, 1), np.float32),
        "obj_8": np.zeros((1, 6, 1), np.float32),
        "bbox_8": np.zeros((1, 6, 4), np.float32),
        "kps_8": np.zeros((1, 6, 10), np.float32),
    }
    cell = 5  # column 2 of row 1 in a grid of 3 columns
    outputs["cls_8"][0, cell] = 0.81
    outputs["obj_8"][0, cell] = 1.0
    outputs["bbox_8"][0, cell] = 0.5, 0.5, np.log(4), np.log(2)
    outputs["kps_8"][0, cell, :2] = 0.25, -0.25
    (face,) = decode(outputs, 8, columns=3, threshold=0.5)
    assert face[:4] == pytest.approx([20 - 16, 12 - 8, 32, 16])
    assert face[4:6] == pytest.approx([18, 6])
    assert face[14] == pytest.approx(0.9)


def test_small_pictures_are_not_enlarged() -> None:
    image = np.zeros((50, 80, 3), np.uint8)
    assert scale_to(image, 640)[1] == 1.0


def test_large_pictures_are_scaled_to_the_longest_side() -> None:
    scaled, factor = scale_to(np.zeros((3000, 4000, 3), np.uint8), 1000)
    assert (scaled.shape, factor) == ((750, 1000, 3), 0.25)


@pytest.fixture(scope="module")
def onnx(models_folder: Path) -> Path:
    return Store(models_folder).path("yunet")


@pytest.fixture(scope="module")
def converted(onnx: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "yunet.tflite"
    path.write_bytes(recipes.build("yunet-tflite", onnx))
    return path


@pytest.fixture(scope="module", params=["opencv", "litert"])
def detector(request: pytest.FixtureRequest, onnx: Path, converted: Path) -> object:
    if request.param == "opencv":
        return YuNetOpenCv("yunet", onnx)
    return YuNetLiteRt("yunet-tflite", LiteRt(converted))


def photo(demo_folder: Path, name: str) -> np.ndarray:
    image = cv2.imread(str(demo_folder / name), cv2.IMREAD_COLOR_RGB)
    assert image is not None
    return image


def test_a_portrait_has_one_face_with_the_eyes_above_the_mouth(
    detector: YuNetOpenCv, demo_folder: Path
) -> None:
    (face,) = detector.find(photo(demo_folder, "astronaut.png"))
    right_eye, left_eye, nose, right_mouth, left_mouth = face.landmarks
    assert right_eye[0] < left_eye[0]
    assert right_mouth[0] < left_mouth[0]
    assert right_eye[1] < nose[1] < right_mouth[1]


@pytest.mark.parametrize("name", ["coffee.png", "rocket.jpg", "hubble-deep-field.jpg"])
def test_a_picture_without_people_has_no_face(
    detector: YuNetOpenCv, demo_folder: Path, name: str
) -> None:
    assert detector.find(photo(demo_folder, name)) == []


def test_faces_of_40_pixels_in_a_group_are_found(detector: YuNetOpenCv, demo_folder: Path) -> None:
    image = photo(demo_folder, "group-5.jpg")
    canvas = np.full((3 * image.shape[0] // 2, 3 * image.shape[1] // 2, 3), 128, np.uint8)
    small, _ = scale_to(image, 400)
    canvas[100 : 100 + small.shape[0], 100 : 100 + small.shape[1]] = small
    assert len(detector.find(image)) == 5
    assert len(detector.find(np.ascontiguousarray(canvas[:600, :1000]))) == 5


def test_faces_are_in_the_pixels_of_the_given_picture(
    detector: YuNetOpenCv, demo_folder: Path
) -> None:
    image = photo(demo_folder, "group-5.jpg")
    large = detector.find(image)
    half = detector.find(scale_to(image, max(image.shape) // 2)[0])
    assert len(large) == 5
    for face in large:
        distances = [np.abs(other.landmarks * 2 - face.landmarks).max() for other in half]
        # The net itself places landmarks by up to a tenth of the face apart from scale to scale.
        assert min(distances) < 0.15 * face.box.width


def test_both_backends_find_the_same_landmarks(
    onnx: Path, converted: Path, demo_folder: Path
) -> None:
    image = photo(demo_folder, "group-3.jpg")
    expected = YuNetOpenCv("yunet", onnx).find(image)
    found = YuNetLiteRt("yunet-tflite", LiteRt(converted)).find(image)
    assert len(found) == len(expected) > 0
    for one, other in zip(found, expected, strict=True):
        assert one.landmarks == pytest.approx(other.landmarks, abs=0.01)


def test_pictures_of_any_shape_can_follow_each_other(detector: YuNetOpenCv) -> None:
    for shape in [(1, 1, 3), (33, 700, 3), (2000, 10, 3), (64, 64, 3)]:
        assert detector.find(np.zeros(shape, np.uint8)) == []


def test_opencv_refuses_a_file_that_is_no_net(tmp_path: Path) -> None:
    path = tmp_path / "yunet.onnx"
    path.write_bytes(b"nothing of the kind" * 50)
    with pytest.raises(ModelDamaged, match="yunet"):
        YuNetOpenCv("yunet", path)


def test_another_net_is_not_taken_for_a_yunet(models_folder: Path) -> None:
    other = LiteRt(Store(models_folder).path("mobilefacenet"))
    with pytest.raises(WrongInput, match="is not a YuNet"):
        YuNetLiteRt("yunet-tflite", other)
