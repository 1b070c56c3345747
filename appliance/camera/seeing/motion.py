"""How everything before a camera moves, on a grid of 8-pixel cells, from what its codec says.

The vectors are the encoder's guesses: a median of 3x3 cells takes off the wild ones. Where a stream
has none (H.265, MJPEG, raw devices), dense optical flow on a small picture stands in. What changes
the whole picture at once is no motion: light, infrared, a cut, a camera that shakes.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from appliance.camera.streams.pictures import Grey, Picture, Vectors

Field = npt.NDArray[np.float32]
"""Rows x columns x 2: to the right and down, in picture heights a second."""
Cells = npt.NDArray[np.float32]
"""Rows x columns."""

CELL_PX = 8
ROWS_LIMIT = 68
"""Larger pictures get larger cells."""
FLOW_WIDTH_PX = 320
FLOW_NOISE_PX = 0.3
"""Dense flow below it is noise of the sensor."""
WITHOUT_VECTORS = 3
"""Pictures in a row without vectors until dense flow stands in."""
MOVING = 0.008
"""Picture heights a second. Slower is standing: four pixels of 480 in a second."""
GAP_S = 2.0
"""Without pictures so long, what was before counts no more."""
THUMBNAIL = (24, 16)
CHANGE_LEVELS = 8.0
CHANGED_SHARE = 0.5
"""A picture changes as a whole when half of it gets brighter or darker by that many of 255 levels
within half a second."""
CHANGE_WINDOW_S = 0.5
SETTLING_S = 1.0
"""After such a change the encoder's guesses mean nothing for so long."""
SHAKE_SHARE = 0.6
SHAKE_CELLS = 0.1
"""The camera moves when in each quarter of the picture a tenth of the cells moves, and of all that
moves that share goes one way."""


class Disturbance(StrEnum):
    """What changes a picture as a whole."""

    LIGHT = "light"
    SHAKE = "shake"


@dataclass(frozen=True, eq=False)
class Motion:
    """Of one picture."""

    time_s: float
    step_s: float
    """Since the picture before; 0 for the first of a stretch."""
    field: Field
    known: bool
    """Whether the field says anything; key frames and disturbed pictures say nothing."""
    disturbance: Disturbance | None
    relit: bool
    """The light changed now or a moment ago."""
    fresh: bool
    """The first of a stretch: what was before counts no more."""


class MotionReader:
    """Reads one camera's motion picture by picture."""

    def __init__(self) -> None:
        self._last: tuple[float, int, int] | None = None
        self._last_small: Grey | None = None
        self._thumbnails: deque[tuple[float, Cells]] = deque()
        self._unsettled_until_s = self._relit_until_s = -1.0
        self._without_vectors = 0
        self._flow: cv2.DenseOpticalFlow | None = None

    def read(self, picture: Picture) -> Motion:
        last = self._last
        step_s = picture.time_s - last[0] if last else 0.0
        fresh = (
            last is None or not 0 < step_s <= GAP_S or (picture.width, picture.height) != last[1:]
        )
        if fresh:
            step_s = 0.0
            self._thumbnails.clear()
            self._unsettled_until_s = self._relit_until_s = -1.0
            self._last_small = None
        self._last = picture.time_s, picture.width, picture.height
        field = self._field(picture, step_s)
        disturbance = None
        if self._changes_as_a_whole(picture):
            disturbance = Disturbance.LIGHT
        elif field is not None and _shakes(field):
            disturbance = Disturbance.SHAKE
        if disturbance is Disturbance.LIGHT:
            self._relit_until_s = picture.time_s + SETTLING_S
        if disturbance:
            self._unsettled_until_s = picture.time_s + SETTLING_S
        settled = picture.time_s >= self._unsettled_until_s
        known = field is not None and not fresh and settled
        relit = picture.time_s < self._relit_until_s
        if field is None:
            field = np.zeros((*grid(picture.width, picture.height), 2), np.float32)
        return Motion(picture.time_s, step_s, field, known, disturbance, relit, fresh)

    def _field(self, picture: Picture, step_s: float) -> Field | None:
        """None where there is nothing to say."""
        if picture.vectors is not None:
            self._without_vectors = 0
            self._last_small = None
            if step_s == 0:
                return None
            field = paint(picture.vectors, picture.width, picture.height)
            return field / np.float32(picture.height * step_s)
        self._without_vectors += 1
        if self._without_vectors < WITHOUT_VECTORS:
            return None
        return self._dense(picture, step_s)

    def _dense(self, picture: Picture, step_s: float) -> Field | None:
        scale = FLOW_WIDTH_PX / picture.width
        size = (FLOW_WIDTH_PX, max(16, round(picture.height * scale)))
        small = np.asarray(cv2.resize(picture.grey, size, interpolation=cv2.INTER_AREA), np.uint8)
        before, self._last_small = self._last_small, small
        if before is None or before.shape != small.shape or step_s == 0:
            return None
        if self._flow is None:
            # cv2's own type stubs lack it.
            create = cv2.DISOpticalFlow_create  # type: ignore[attr-defined]
            self._flow = create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        flow = self._flow.calc(before, small, np.zeros((*small.shape, 2), np.float32))
        flow[np.hypot(flow[..., 0], flow[..., 1]) < FLOW_NOISE_PX] = 0
        rows, columns = grid(picture.width, picture.height)
        cells = np.asarray(
            cv2.resize(flow, (columns, rows), interpolation=cv2.INTER_AREA), np.float32
        )
        return _median(cells) / np.float32(size[1] * step_s)

    def _changes_as_a_whole(self, picture: Picture) -> bool:
        # Every eighth pixel is enough for averages of a sixteenth of the picture's height.
        sparse = np.ascontiguousarray(picture.grey[::8, ::8])
        now = cv2.resize(sparse, THUMBNAIL, interpolation=cv2.INTER_AREA).astype(np.float32)
        changed = False
        if self._thumbnails:
            change = np.abs(now - self._thumbnails[0][1]) > CHANGE_LEVELS
            changed = float(change.mean()) > CHANGED_SHARE
        self._thumbnails.append((picture.time_s, now))
        while self._thumbnails[0][0] < picture.time_s - CHANGE_WINDOW_S:
            self._thumbnails.popleft()
        return changed


def grid(width: int, height: int) -> tuple[int, int]:
    """Rows and columns for a picture of that size."""
    cell = _cell_px(height)
    return max(1, -(-height // cell)), max(1, -(-width // cell))


def _cell_px(height: int) -> int:
    return CELL_PX * max(1, -(-height // (CELL_PX * ROWS_LIMIT)))


def paint(vectors: Vectors, width: int, height: int) -> Field:
    """The blocks' movements laid on the grid, in pixels; blocks that were copied did not move."""
    rows, columns = -(-height // CELL_PX), -(-width // CELL_PX)
    field = np.zeros((rows, columns, 2), np.float32)
    vectors = vectors[(vectors[:, 4] != 0) | (vectors[:, 5] != 0)]
    corner = (vectors[:, :2] / CELL_PX).astype(np.intp)
    wide = np.maximum(1, vectors[:, 2:4] // CELL_PX).astype(np.intp)
    for across in range(int(wide[:, 0].max(initial=0))):
        for down in range(int(wide[:, 1].max(initial=0))):
            reach = (wide[:, 0] > across) & (wide[:, 1] > down)
            x = np.clip(corner[reach, 0] + across, 0, columns - 1)
            y = np.clip(corner[reach, 1] + down, 0, rows - 1)
            field[y, x] = vectors[reach, 4:6]
    field = _median(field)
    shape = grid(width, height)
    if shape != (rows, columns):
        field = np.asarray(
            cv2.resize(field, (shape[1], shape[0]), interpolation=cv2.INTER_AREA), np.float32
        )
    return field


def _median(field: Field) -> Field:
    """Of each direction over 3x3 cells."""
    parts = [cv2.medianBlur(np.ascontiguousarray(field[..., axis]), 3) for axis in (0, 1)]
    return np.stack(parts, axis=-1).astype(np.float32, copy=False)


def _shakes(field: Field) -> bool:
    moving = (field[..., 0] != 0) | (field[..., 1] != 0)
    rows, columns = moving.shape[0] // 2, moving.shape[1] // 2
    quarters = (
        moving[:rows, :columns],
        moving[:rows, columns:],
        moving[rows:, :columns],
        moving[rows:, columns:],
    )
    if min(float(quarter.mean()) if quarter.size else 0.0 for quarter in quarters) < SHAKE_CELLS:
        return False
    found = field[moving]
    middle = np.median(found, axis=0)
    length = float(np.hypot(*middle))
    near = np.hypot(*(found - middle).T) < 0.5 * length
    return float(near.mean()) > SHAKE_SHARE
