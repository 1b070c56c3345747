"""YuNet by LiteRT, on the file that `appliance models build yunet-tflite` makes."""

import numpy as np
import numpy.typing as npt

from appliance.models.errors import WrongInput
from appliance.models.runtimes.litert import LiteRt
from appliance.models.tasks.face_detection import Box, Face, Floats, Image, scale_to
from appliance.models.tasks.yunet_opencv import LONGEST_SIDE, NMS_THRESHOLD, SCORE_THRESHOLD

OUTPUTS = ("cls", "obj", "bbox", "kps")
STRIDES = (8, 16, 32)
"""Pixels between the cells of the three output grids; sides of the input are multiples of the last.
"""


class YuNetLiteRt:
    """A FaceDetector. Finds what OpenCV's own YuNet finds, without OpenCV's net runtime."""

    def __init__(
        self,
        name: str,
        runtime: LiteRt,
        *,
        score_threshold: float = SCORE_THRESHOLD,
        longest_side: int = LONGEST_SIDE,
    ) -> None:
        """Pictures are scaled down to `longest_side` pixels. Raises WrongInput for another net."""
        needed = {f"{kind}_{stride}" for kind in OUTPUTS for stride in STRIDES}
        if {tensor.name for tensor in runtime.outputs} != needed or len(runtime.inputs) != 1:
            raise WrongInput(name, f"is not a YuNet with the outputs {sorted(needed)}")
        self.name = name
        self.runtime = runtime
        self._score_threshold = score_threshold
        self._longest_side = longest_side

    def find(self, image: Image) -> list[Face]:
        scaled, factor = scale_to(image, self._longest_side)
        height, width = scaled.shape[:2]
        padded = np.zeros((1, _round_up(height), _round_up(width), 3), np.float32)
        padded[0, :height, :width] = scaled[:, :, ::-1]
        self.runtime.resize(padded.shape)
        results = self.runtime.run(padded)
        named = {
            tensor.name: result
            for tensor, result in zip(self.runtime.outputs, results, strict=True)
        }
        grids = [
            decode(named, stride, padded.shape[2] // stride, self._score_threshold)
            for stride in STRIDES
        ]
        rows = suppress(np.concatenate(grids), NMS_THRESHOLD)
        rows[:, :14] /= factor
        return [
            Face(Box(*map(float, row[:4])), row[4:14].reshape(5, 2), float(row[14])) for row in rows
        ]


def decode(
    outputs: dict[str, npt.NDArray[np.float32]], stride: int, columns: int, threshold: float
) -> Floats:
    """The faces of one grid above the threshold.

    Nx15: x, y, width, height, five landmarks (x, y), score; pixels of the input. The score is the
    geometric mean of the class's and the object's; centres and landmarks are offsets from a cell in
    strides, sizes are logarithms (Wu et al., YuNet, 2023; OpenCV's face_detect.cpp).
    """
    classes = outputs[f"cls_{stride}"][0, :, 0]
    objects = outputs[f"obj_{stride}"][0, :, 0]
    scores = np.sqrt(np.clip(classes, 0, 1) * np.clip(objects, 0, 1))
    cells = np.flatnonzero(scores >= threshold)
    origin = np.stack([cells % columns, cells // columns], axis=1).astype(np.float32)
    box = outputs[f"bbox_{stride}"][0, cells]
    size = np.exp(box[:, 2:]) * stride
    corner = (origin + box[:, :2]) * stride - size / 2
    offsets = outputs[f"kps_{stride}"][0, cells].reshape(-1, 5, 2)
    landmarks = (origin[:, None] + offsets) * stride
    parts = [corner, size, landmarks.reshape(-1, 10), scores[cells, None]]
    return np.concatenate(parts, axis=1).astype(np.float32)


def suppress(rows: Floats, threshold: float) -> Floats:
    """Drops every face that overlaps a more certain one by more than `threshold` (of their union).

    Nx15 as of `decode`; the result is sorted, the most certain first.
    """
    rows = rows[np.argsort(-rows[:, 14], kind="stable")]
    left_top, right_bottom = rows[:, :2], rows[:, :2] + rows[:, 2:4]
    area = rows[:, 2] * rows[:, 3]
    remaining = np.arange(len(rows))
    kept = []
    while len(remaining):
        best, others = remaining[0], remaining[1:]
        kept.append(best)
        overlap = np.minimum(right_bottom[best], right_bottom[others]) - np.maximum(
            left_top[best], left_top[others]
        )
        shared = np.clip(overlap, 0, None).prod(axis=1)
        union = np.maximum(area[best] + area[others] - shared, np.finfo(np.float32).tiny)
        remaining = others[shared / union <= threshold]
    return rows[kept]


def _round_up(side: int) -> int:
    return -(-side // STRIDES[-1]) * STRIDES[-1]
