"""Turning aligned faces into vectors whose angle says how alike they are."""

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from appliance.models.errors import WrongInput
from appliance.models.runtimes.litert import LiteRt
from appliance.models.tasks.face_alignment import CROP_SIDE
from appliance.models.tasks.face_detection import Floats

Crops = npt.NDArray[np.uint8]
"""N x 112 x 112 x 3, RGB, from `face_alignment.align`."""


class FaceEmbedder(Protocol):
    """Embeds faces. Vectors of different models cannot be compared: keep the name beside them."""

    @property
    def name(self) -> str:
        """The catalogue's name of the model."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    def embed(self, crops: Crops) -> Floats:
        """N x dimensions, each of length 1, so that a dot product is the cosine. Raises WrongInput."""


class LiteRtEmbedder:
    """A FaceEmbedder on a TensorFlow Lite net of a fixed batch size."""

    def __init__(
        self, name: str, model: Path, *, offset: float, divisor: float, threads: int = 1
    ) -> None:
        """The net gets (value - offset) / divisor. Raises ModelMissing, ModelDamaged."""
        self.name = name
        self.runtime = LiteRt(model, threads=threads)
        self._offset = np.float32(offset)
        self._divisor = np.float32(divisor)
        self._batch = self.runtime.inputs[0].shape[0]

    @property
    def dimensions(self) -> int:
        return self.runtime.outputs[0].shape[-1]

    def embed(self, crops: Crops) -> Floats:
        if crops.ndim != 4 or crops.shape[1:] != (CROP_SIDE, CROP_SIDE, 3):
            raise WrongInput(self.name, f"takes crops of Nx112x112x3 and was given {crops.shape}")
        vectors = np.empty((len(crops), self.dimensions), np.float32)
        for start in range(0, len(crops), self._batch):
            batch = crops[start : start + self._batch]
            given = np.zeros(self.runtime.inputs[0].shape, np.float32)
            given[: len(batch)] = (batch - self._offset) / self._divisor
            vectors[start : start + len(batch)] = self.runtime.run(given)[0][: len(batch)]
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def mobilefacenet(model: Path, threads: int = 1) -> LiteRtEmbedder:
    """MobileFaceNet: 192 dimensions, two faces a call."""
    return LiteRtEmbedder("mobilefacenet", model, offset=127.5, divisor=128.0, threads=threads)


def sface(model: Path, threads: int = 1) -> LiteRtEmbedder:
    """SFace: 128 dimensions; the net scales its input itself."""
    return LiteRtEmbedder("sface", model, offset=0.0, divisor=1.0, threads=threads)
