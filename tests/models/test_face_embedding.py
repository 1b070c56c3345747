"""Faces as vectors."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.models import selection
from appliance.models.errors import WrongInput
from appliance.models.store import Store
from appliance.models.tasks.face_alignment import align
from appliance.models.tasks.face_embedding import FaceEmbedder


@pytest.fixture(scope="module")
def embedder(models_folder: Path) -> FaceEmbedder:
    return selection.face_embedder(Store(models_folder), ("mobilefacenet",))


@pytest.fixture(scope="module")
def crops(models_folder: Path, demo_folder: Path) -> np.ndarray:
    """Five people of one photo."""
    image = np.asarray(cv2.imread(str(demo_folder / "group-5.jpg"), cv2.IMREAD_COLOR_RGB), np.uint8)
    faces = selection.face_detector(Store(models_folder), ("yunet",)).find(image)
    return np.stack([align(image, face.landmarks) for face in faces])


def test_vectors_have_length_one(embedder: FaceEmbedder, crops: np.ndarray) -> None:
    assert np.linalg.norm(embedder.embed(crops), axis=1) == pytest.approx(np.ones(5), abs=1e-5)


def test_there_is_a_vector_for_each_face(embedder: FaceEmbedder, crops: np.ndarray) -> None:
    assert embedder.embed(crops).shape == (5, embedder.dimensions) == (5, 192)


def test_no_faces_give_no_vectors(embedder: FaceEmbedder) -> None:
    assert embedder.embed(np.empty((0, 112, 112, 3), np.uint8)).shape == (0, 192)


def test_a_vector_does_not_depend_on_the_faces_beside_it(
    embedder: FaceEmbedder, crops: np.ndarray
) -> None:
    together = embedder.embed(crops)
    alone = np.concatenate([embedder.embed(crop[None]) for crop in crops])
    assert together == pytest.approx(alone, abs=1e-5)


def test_a_face_is_more_like_its_darker_self_than_like_anyone_else(
    embedder: FaceEmbedder, crops: np.ndarray
) -> None:
    darker = (crops * 0.6).astype(np.uint8)
    likeness = embedder.embed(crops) @ embedder.embed(darker).T
    assert likeness.argmax(axis=1).tolist() == [0, 1, 2, 3, 4]


def test_crops_of_another_size_are_refused(embedder: FaceEmbedder) -> None:
    with pytest.raises(WrongInput, match="112x112"):
        embedder.embed(np.zeros((1, 96, 96, 3), np.uint8))
