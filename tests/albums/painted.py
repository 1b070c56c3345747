"""Pictures made by code, with painted faces that need no fetched model to be found and told apart.

A painted face is a square of one of the colours below; a colour is a person. `PaintedFaces` stands
where the fetched models stand: it implements the same two protocols.
"""

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from appliance.albums.faces import FaceFinder
from appliance.models.errors import ModelMissing
from appliance.models.tasks.face_alignment import CROP_SIDE, TEMPLATE
from appliance.models.tasks.face_detection import Box, Face

COLOURS = np.array(
    [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [255, 0, 255], [0, 255, 255]], np.float32
)
TOLERANCE = 60.0
FACE_PX = 120
GREY = 128


def paint(
    people: Iterable[int] = (), *, size: tuple[int, int] = (800, 600), seed: int = 0
) -> bytes:
    """A JPEG with one face for each of these people (numbers of colours), from left to right."""
    picture = canvas(people, size=size, seed=seed)
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=95, subsampling=0)
    return data.getvalue()


def canvas(
    people: Iterable[int] = (), *, size: tuple[int, int] = (800, 600), seed: int = 0
) -> Image.Image:
    width, height = size
    shades = np.random.default_rng(seed).integers(GREY - 20, GREY + 20, (6, 8, 1), np.uint8)
    picture = Image.fromarray(np.repeat(shades, 3, 2)).resize(size)
    for position, person in enumerate(people):
        colour = tuple(int(value) for value in COLOURS[person])
        left, top = 20 + position * (FACE_PX + 10), height // 2 - FACE_PX // 2
        picture.paste(colour, (left, top, left + FACE_PX, top + FACE_PX))
    assert width >= 20
    return picture


class PaintedDetector:
    name = "painted"

    def find(self, image: np.ndarray) -> list[Face]:
        faces = []
        for colour in COLOURS:
            rows, columns = np.nonzero(np.abs(image - colour).max(axis=2) < TOLERANCE)
            if len(rows) < 100:
                continue
            left, top = float(columns.min()), float(rows.min())
            width, height = float(np.ptp(columns)) + 1, float(np.ptp(rows)) + 1
            landmarks = TEMPLATE / CROP_SIDE * [width, height] + [left, top]
            faces.append(Face(Box(left, top, width, height), landmarks.astype(np.float32), 0.99))
        return faces


class PaintedEmbedder:
    """The vector of a colour, a little different for every picture of it."""

    dimensions = 192

    def __init__(self, name: str = "mobilefacenet") -> None:
        self.name = name

    def embed(self, crops: np.ndarray) -> np.ndarray:
        vectors = np.zeros((len(crops), self.dimensions), np.float32)
        for vector, crop in zip(vectors, crops, strict=True):
            middle = crop[40:72, 40:72].reshape(-1, 3).mean(axis=0)
            person = int(np.abs(COLOURS - middle).sum(axis=1).argmin())
            vector += np.random.default_rng(person).normal(size=self.dimensions)
            vector += np.random.default_rng(int(crop.sum())).normal(0, 0.3, self.dimensions)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class PaintedFaces:
    """In the place of `FaceModels`."""

    def __init__(self, embedder: str = "mobilefacenet") -> None:
        self.present = True
        self.problem: ModelMissing | None = None
        self.embedder = embedder
        self.unloaded = 0

    def load(self) -> FaceFinder | None:
        if not self.present:
            self.problem = ModelMissing("painted", "paint it")
            return None
        self.problem = None
        return FaceFinder(PaintedDetector(), PaintedEmbedder(self.embedder))

    def unload(self) -> None:
        self.unloaded += 1


def drop(folder: Path, name: str, data: bytes) -> Path:
    """A file as if the household had put it there."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
