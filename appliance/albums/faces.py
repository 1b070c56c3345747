"""Faces on a picture: found, aligned, embedded; everything as shares of the upright picture."""

import gc
import logging
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from appliance.albums.decoder_protocol import Square
from appliance.models import selection
from appliance.models.errors import ModelError
from appliance.models.store import Store
from appliance.models.tasks.face_alignment import align
from appliance.models.tasks.face_detection import Face, FaceDetector, Image
from appliance.models.tasks.face_embedding import FaceEmbedder
from appliance.service import allocator

Floats = npt.NDArray[np.float32]

SHARP_WIDTH_PX = 80
"""A face this wide in the analysed picture has all the detail that an embedding of 112 pixels uses
in practice; below, quality falls with the width."""
CROP_MARGIN = 1.7
"""Side of the square to show over the longer side of the face's box: hair and chin are in it."""
OVERLAP_SAME = 0.4
"""Intersection over union from which two boxes of one photo are the same face."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rectangle:
    """Shares (0-1) of the upright picture; a face at the border may reach beyond."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: "Rectangle") -> float:
        """Intersection over union, 0-1."""
        width = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        height = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        common = max(0.0, width) * max(0.0, height)
        union = self.width * self.height + other.width * other.height - common
        return common / union if union > 0 else 0.0


@dataclass(frozen=True, eq=False)
class FoundFace:
    """A face on a picture."""

    box: Rectangle
    landmarks: Floats
    """5x2 shares: the person's right eye, left eye, nose, right and left corner of the mouth."""
    score: float
    """0-1: the detector's confidence."""
    quality: float
    """0-1: how much of the face an embedding can see."""
    square: Square
    """What to show of it, in pixels of the analysed picture."""
    vector: Floats
    """Length 1, rounded to float16, as the library keeps it."""


class FaceFinder:
    """A detector and an embedder. Not for two threads at once."""

    def __init__(self, detector: FaceDetector, embedder: FaceEmbedder) -> None:
        self._detector = detector
        self._embedder = embedder

    @property
    def detector_name(self) -> str:
        return self._detector.name

    @property
    def embedder_name(self) -> str:
        return self._embedder.name

    def find(self, image: Image) -> list[FoundFace]:
        """The faces of an upright RGB picture, the surest first."""
        faces = self._detector.find(image)
        if not faces:
            return []
        crops = np.stack([align(image, face.landmarks) for face in faces])
        vectors = round_vectors(self._embedder.embed(crops))
        return [_describe(face, vector, image) for face, vector in zip(faces, vectors, strict=True)]

    def embed_known(self, image: Image, landmarks: Floats) -> Floats:
        """The vectors (NxD) of faces that were found before; landmarks are Nx5x2 shares."""
        height, width = image.shape[:2]
        pixels = landmarks * np.array([width, height], np.float32)
        return round_vectors(self._embedder.embed(np.stack([align(image, p) for p in pixels])))


class FaceModels:
    """The finder of this box, loaded when it is first needed and again when better models came."""

    def __init__(self, store: Store, *, threads: int = 1) -> None:
        self._store = store
        self._threads = threads
        self._finder: FaceFinder | None = None
        self._problem: ModelError | None = None

    def load(self) -> FaceFinder | None:
        """None while a model is missing or damaged; `problem` says which."""
        if self._finder is None:
            try:
                self._finder = FaceFinder(
                    selection.face_detector(self._store),
                    selection.face_embedder(self._store, threads=self._threads),
                )
                self._problem = None
            except ModelError as error:
                if self._problem is None:
                    logger.warning("no face models", extra={"reason": str(error)})
                self._problem = error
        return self._finder

    def unload(self) -> None:
        """Gives their memory back; the next `load` takes 0.1 s."""
        if self._finder is not None:
            self._finder = None
            gc.collect()  # the interpreters lie in reference cycles
            allocator.trim()

    @property
    def problem(self) -> ModelError | None:
        """Why the last `load` gave None."""
        return self._problem


def round_vectors(vectors: Floats) -> Floats:
    """To the precision of the library, so that what is grouped now and after a restart is equal."""
    return vectors.astype(np.float16).astype(np.float32)


def _describe(face: Face, vector: Floats, image: Image) -> FoundFace:
    height, width = image.shape[:2]
    box = face.box
    side = round(CROP_MARGIN * max(box.width, box.height))
    return FoundFace(
        Rectangle(box.x / width, box.y / height, box.width / width, box.height / height),
        np.asarray(face.landmarks / np.array([width, height], np.float32), np.float32),
        face.score,
        rate(face),
        Square(round(box.x + (box.width - side) / 2), round(box.y + (box.height - side) / 2), side),
        vector,
    )


def rate(face: Face) -> float:
    """The quality of a face, 0-1: sure, wide enough, seen from the front."""
    right_eye, left_eye, nose = face.landmarks[:3]
    eyes = float(np.hypot(*(left_eye - right_eye)))
    along = (left_eye - right_eye) / max(eyes, 1e-6)
    turned = abs(float((nose - (right_eye + left_eye) / 2) @ along)) / max(eyes, 1e-6)
    detail = min(1.0, face.box.width / SHARP_WIDTH_PX)
    return float(np.clip(face.score * detail * (1.0 - min(1.0, turned)), 0.0, 1.0))
