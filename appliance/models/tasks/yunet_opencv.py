"""YuNet by OpenCV's own implementation, on the ONNX file as it was published."""

from pathlib import Path

import cv2
import numpy as np

from appliance.models.errors import ModelDamaged
from appliance.models.tasks.face_detection import Box, Face, Image, scale_to

SCORE_THRESHOLD = 0.6
NMS_THRESHOLD = 0.3
TOP_K = 5000
LONGEST_SIDE = 1024


class YuNetOpenCv:
    """A FaceDetector."""

    name = "yunet"

    def __init__(
        self,
        model: Path,
        *,
        score_threshold: float = SCORE_THRESHOLD,
        longest_side: int = LONGEST_SIDE,
    ) -> None:
        """Pictures are scaled down to `longest_side` pixels. Raises ModelDamaged."""
        self._longest_side = longest_side
        try:
            self._detector = cv2.FaceDetectorYN.create(
                str(model), "", (320, 320), score_threshold, NMS_THRESHOLD, TOP_K
            )
        except cv2.error as error:
            raise ModelDamaged(
                self.name, f"OpenCV refuses {model} ({error.err})", "appliance models verify"
            ) from error

    def find(self, image: Image) -> list[Face]:
        scaled, factor = scale_to(image, self._longest_side)
        height, width = scaled.shape[:2]
        self._detector.setInputSize((width, height))
        _, rows = self._detector.detect(cv2.cvtColor(scaled, cv2.COLOR_RGB2BGR))
        if rows is None:
            return []
        rows = np.asarray(rows, np.float32)
        rows[:, :14] /= factor
        faces = [
            Face(Box(*map(float, row[:4])), row[4:14].reshape(5, 2), float(row[14])) for row in rows
        ]
        return sorted(faces, key=lambda face: -face.score)
