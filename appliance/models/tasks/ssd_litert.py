"""Objectron's SSD MobileNetV2 as TensorFlow Lite: raw boxes and scores, decoded here.

The anchors and scales are those of MediaPipe's graph for this file
(mediapipe/modules/objectron/object_detection_oid_v4_cpu.pbtxt); the anchors are laid out as in
Liu et al., SSD: single shot multibox detector (2016).
"""

import math

import cv2
import numpy as np
import numpy.typing as npt

from appliance.models.errors import ModelDamaged
from appliance.models.runtimes.litert import LiteRt
from appliance.models.tasks.face_detection import Box, Image
from appliance.models.tasks.object_detection import Thing

Floats = npt.NDArray[np.float32]

SIDE = 300
STRIDES = (16, 32, 64, 128, 256, 512)
SMALLEST, LARGEST = 0.2, 0.95
FIRST = 0.1
"""Scale of the extra square of the first layer, which has three shapes a place, not six."""
RATIOS = (1.0, 2.0, 0.5, 3.0, 1 / 3)
CENTRE_SCALE, SIZE_SCALE = 10.0, 5.0
SCORE = 0.3
OVERLAP = 0.5
THINGS_LIMIT = 100
# fmt: off
LABELS = (
    "???", "Bicycle", "Boot", "Laptop", "Person", "Chair", "Cattle", "Desk", "Cat",
    "Computer mouse", "Computer monitor", "Box", "Mug", "Coffee cup", "Stationary bicycle", "Table",
    "Bottle", "High heels", "Vehicle", "Footwear", "Dog", "Book", "Camera", "Car",
)
# fmt: on
"""As in the label map that is packed with the file."""


class SsdLiteRt:
    """Implements `ObjectDetector`."""

    def __init__(self, name: str, runtime: LiteRt) -> None:
        """Raises ModelDamaged for a net of another shape."""
        self.name = name
        self._runtime = runtime
        self._anchors = anchors()
        given = [tensor.shape for tensor in runtime.inputs]
        results = [tensor.shape for tensor in runtime.outputs]
        count = len(self._anchors)
        if given != [(1, SIDE, SIDE, 3)] or results != [(1, count, 4), (1, count, len(LABELS))]:
            raise ModelDamaged(name, f"it takes {given} and gives {results}", "")

    def find(self, image: Image) -> list[Thing]:
        scaled = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        encodings, logits = self._runtime.run((scaled.astype(np.float32) / 127.5 - 1)[None])
        height, width = image.shape[:2]
        boxes = decode(encodings[0], self._anchors)
        boxes *= np.array((width, height, width, height), np.float32)
        scores = 1 / (1 + np.exp(-logits[0]))
        scores[:, 0] = 0  # no label
        kept = _suppress(boxes, scores)
        return [
            Thing(LABELS[label], Box(*map(float, boxes[row])), float(scores[row, label]))
            for row, label in kept
        ]


def anchors() -> Floats:
    """Nx4: centre x and y, width and height, in fractions of the picture."""
    count = len(STRIDES)
    scales = [SMALLEST + (LARGEST - SMALLEST) * layer / (count - 1) for layer in range(count)]
    found = []
    for layer, stride in enumerate(STRIDES):
        scale = scales[layer]
        if layer == 0:
            shapes = [(FIRST, 1.0), (scale, 2.0), (scale, 0.5)]
        else:
            larger = scales[layer + 1] if layer + 1 < count else 1.0
            shapes = [(scale, ratio) for ratio in RATIOS] + [(math.sqrt(scale * larger), 1.0)]
        places = -(-SIDE // stride)
        found += [
            ((x + 0.5) / places, (y + 0.5) / places, s * math.sqrt(ratio), s / math.sqrt(ratio))
            for y in range(places)
            for x in range(places)
            for s, ratio in shapes
        ]
    return np.array(found, np.float32)


def decode(encodings: Floats, anchors: Floats) -> Floats:
    """Nx4: left, top, width, height, in fractions of the picture."""
    size = np.exp(np.clip(encodings[:, 3:1:-1] / SIZE_SCALE, -10, 10)) * anchors[:, 2:]
    centre = encodings[:, 1::-1] / CENTRE_SCALE * anchors[:, 2:] + anchors[:, :2]
    return np.concatenate([centre - size / 2, size], axis=1).astype(np.float32)


def _suppress(boxes: Floats, scores: Floats) -> list[tuple[int, int]]:
    """Rows and labels that stay, the highest scores first; what overlaps a better box of the same
    label goes."""
    rows, labels = np.nonzero(scores >= SCORE)
    order = np.argsort(-scores[rows, labels], kind="stable")[: 4 * THINGS_LIMIT]
    kept: list[tuple[int, int]] = []
    for row, label in zip(rows[order].tolist(), labels[order].tolist(), strict=True):
        same = [boxes[other] for other, its in kept if its == label]
        if not same or _overlap(boxes[row], np.stack(same)) <= OVERLAP:
            kept.append((row, label))
        if len(kept) == THINGS_LIMIT:
            break
    return kept


def _overlap(box: Floats, others: Floats) -> float:
    """The highest intersection over union."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    common = np.prod(np.maximum(high - low, 0), axis=1)
    union = np.prod(box[2:]) + np.prod(others[:, 2:], axis=1) - common
    return float((common / np.maximum(union, 1e-9)).max())
