"""Weights as integers."""

import numpy as np
import numpy.typing as npt

from appliance.models.build.graph import Array

LARGEST = 127
"""Symmetric: -128 is not used, as TensorFlow Lite's 8-bit quantization specification asks for
weights.
"""


def quantize_rows(weights: Array) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """int8 values and one scale for each index of the first axis (an output channel)."""
    largest = np.abs(weights).reshape(len(weights), -1).max(axis=1)
    scales = (np.where(largest > 0, largest, 1.0) / LARGEST).astype(np.float32)
    shaped = scales.reshape(-1, *[1] * (weights.ndim - 1)).astype(np.float64)
    values = np.clip(np.rint(weights / shaped), -LARGEST, LARGEST)
    return values.astype(np.int8), scales
