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

    def __init__(
        self,
        name: str,
        model: Path,
        *,
        score_threshold: float = SCORE_THRESHOLD,
        longest_side: int = LONGEST_SIDE,
    ) -> None:
        """Pictures are scaled down to `longest_side` pixels. Raises ModelDamaged."""
        self.name = name
        self._longest_side = longest_side
        # OpenCV 5 warns at every start that its new engine has only one target.
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
        try:
            self._detector = cv2.FaceDetectorYN.create(
                str(model), "", (320, 320), score_threshold, NMS_THRESHOLD, TOP_K
            )
        except cv2.error as error:
            raise ModelDamaged(
                name, f"OpenCV refuses {model} ({error.err})", "appliance models verify"
            ) from error

    def find(self, image: Image) -> list[Face]:
        scaled, factor = scale_to(image, self._longest_side)
        height, width = scaled.shape[:2]
        self._detector.setInputSize((width, height))
        _, rows = self._detector.detect(cv2.cvtColor(scaled, cv2.COLOR_RGB2BGR))
        if rows is None:
            return []
        faces = [
            Face(
                Box(*(float(value) / factor for value in row[:4])),
                np.asarray(row[4:14].reshape(5, 2) / factor, np.float32),
                float(row[14]),
            )
            for row in rows
        ]
        return sorted(faces, key=lambda face: -face.score)
