"""Turning a found face into the upright crop that embedding nets were trained on."""

import cv2
import numpy as np
import numpy.typing as npt

from appliance.models.tasks.face_detection import Floats, Image

CROP_SIDE = 112
TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    np.float32,
)
"""Where the five landmarks lie in a 112x112 crop (InsightFace, for Deng et al., ArcFace, 2019)."""


def similarity_transform(landmarks: Floats, template: Floats = TEMPLATE) -> npt.NDArray[np.float64]:
    """The 2x3 rotation, scale and shift that bring the landmarks closest to the template.

    Least squares without reflection (Umeyama, IEEE PAMI 13(4), 1991). Both are Nx2 pixels.
    """
    source = landmarks.astype(np.float64)
    target = template.astype(np.float64)
    source_mean, target_mean = source.mean(0), target.mean(0)
    source_centred, target_centred = source - source_mean, target - target_mean
    u, singular, vt = np.linalg.svd(target_centred.T @ source_centred / len(source))
    sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ np.diag(sign) @ vt
    variance = source_centred.var(0).sum()
    scale = float(singular @ sign) / variance if variance > 0 else 1.0
    shift = target_mean - scale * rotation @ source_mean
    return np.hstack([scale * rotation, shift[:, None]])


def align(image: Image, landmarks: Floats) -> Image:
    """The face as 112x112x3 RGB; black where it reaches beyond the picture."""
    transform = similarity_transform(landmarks)
    # Sampling a large face directly would alias: shrink it to about the crop's scale first.
    scale = float(np.hypot(*transform[:, 0]))
    if scale < 0.5:
        image, transform = _shrink_around(image, landmarks, transform, scale)
    crop = cv2.warpAffine(image, transform, (CROP_SIDE, CROP_SIDE), flags=cv2.INTER_LINEAR)
    return np.asarray(crop, np.uint8)


def _shrink_around(
    image: Image, landmarks: Floats, transform: npt.NDArray[np.float64], scale: float
) -> tuple[Image, npt.NDArray[np.float64]]:
    """The part of the picture that the crop sees, area-averaged, and the transform for it."""
    # One pixel more than the crop all round, for the interpolation at its border.
    first, last = -1, CROP_SIDE
    corners = np.array([[first, first], [last, first], [first, last], [last, last]], np.float64)
    seen = (corners - transform[:, 2]) @ np.linalg.inv(transform[:, :2]).T
    height, width = image.shape[:2]
    left, top = np.clip(np.floor(seen.min(0)), 0, (width - 1, height - 1)).astype(int)
    right, bottom = np.clip(np.ceil(seen.max(0)) + 1, 1, (width, height)).astype(int)
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    small = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    factors = np.array([part.shape[1] / size[0], part.shape[0] / size[1]])
    # Pixel centres: x_small = (x - left + 0.5) / factor - 0.5.
    linear = transform[:, :2] * factors
    shift = transform[:, :2] @ (np.array([left, top]) + 0.5 * factors - 0.5) + transform[:, 2]
    return small, np.hstack([linear, shift[:, None]])
