"""Turning aligned faces into vectors whose angle says how alike they are."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from appliance.models.errors import WrongInput
from appliance.models.runtimes.litert import LiteRt
from appliance.models.tasks.face_alignment import CROP_SIDE
from appliance.models.tasks.face_detection import Floats

Crops = npt.NDArray[np.uint8]
"""N x 112 x 112 x 3, RGB, from `face_alignment.align`."""


CROP_SHAPE = (CROP_SIDE, CROP_SIDE, 3)


class FaceEmbedder(Protocol):
    """Embeds faces. Vectors of different models cannot be compared: keep the name beside them."""

    @property
    def name(self) -> str:
        """The catalogue's name of the model."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    def embed(self, crops: Crops) -> Floats:
        """N x dimensions, each of length 1: a dot product is the cosine. Raises WrongInput."""


class LiteRtEmbedder:
    """A FaceEmbedder on a TensorFlow Lite net of a fixed batch size."""

    def __init__(self, name: str, runtime: LiteRt, *, offset: float, divisor: float) -> None:
        """The net gets (value - offset) / divisor. Raises WrongInput for a net of another shape."""
        shapes = [tensor.shape for tensor in (*runtime.inputs, *runtime.outputs)]
        if [len(shape) for shape in shapes] != [4, 2] or shapes[0][1:] != CROP_SHAPE:
            raise WrongInput(name, f"is not a net from Nx112x112x3 to NxD: {shapes}")
        self.name = name
        self.runtime = runtime
        self._offset = np.float32(offset)
        self._divisor = np.float32(divisor)
        self._batch = runtime.inputs[0].shape[0]

    @property
    def dimensions(self) -> int:
        return self.runtime.outputs[0].shape[-1]

    def embed(self, crops: Crops) -> Floats:
        if crops.ndim != 4 or crops.shape[1:] != CROP_SHAPE:
            raise WrongInput(self.name, f"takes crops of Nx112x112x3 and was given {crops.shape}")
        vectors = np.empty((len(crops), self.dimensions), np.float32)
        for start in range(0, len(crops), self._batch):
            batch = crops[start : start + self._batch]
            given = np.zeros(self.runtime.inputs[0].shape, np.float32)
            given[: len(batch)] = (batch - self._offset) / self._divisor
            vectors[start : start + len(batch)] = self.runtime.run(given)[0][: len(batch)]
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)
