"""Motion of what is about as large as half a person, averaged over the time of a step."""

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np

from appliance.camera.seeing.motion import Cells, Disturbance, Field, Motion

WINDOW_S = 0.9
"""Of the average: about two steps of somebody who walks."""
SIDE_SHARE = 0.1
"""Side of the square that is averaged over, in picture heights: half a person where people are a
fifth of the picture's height."""


@dataclass(frozen=True, eq=False)
class Flow:
    """How things moved about the time of one picture."""

    time_s: float
    step_s: float
    field: Field
    """Averaged over time: what swings to and fro cancels out."""
    speed: Cells
    """Averaged over a square, too; picture heights a second. What is half out of the picture counts
    half."""
    known: bool
    disturbance: Disturbance | None
    fresh: bool


class Pooling:
    """Gives each picture's flow half a window later."""

    def __init__(self) -> None:
        self._motions: deque[Motion] = deque()
        self._next = 0
        """Index of the oldest motion whose flow is due."""

    def add(self, motion: Motion) -> list[Flow]:
        """The flows that are due now that this motion is there."""
        found = self.finish() if motion.fresh else []
        self._motions.append(motion)
        # The next picture would come too late to count.
        next_s = motion.time_s + motion.step_s
        while self._next < len(self._motions) and (
            self._motions[self._next].time_s + WINDOW_S / 2 < next_s
        ):
            found.append(self._flow())
        return found

    def finish(self) -> list[Flow]:
        """The flows that are still due, of what there is."""
        found = [self._flow() for _ in range(len(self._motions) - self._next)]
        self._motions.clear()
        self._next = 0
        return found

    def _flow(self) -> Flow:
        middle = self._motions[self._next]
        while self._motions[0].time_s < middle.time_s - WINDOW_S / 2:
            self._motions.popleft()
            self._next -= 1
        self._next += 1
        window = [each for each in self._motions if each.time_s <= middle.time_s + WINDOW_S / 2]
        near = [each.field for each in window if each.known]
        # The mean of few is wild: where most are not known, the rest count as half of all.
        count = max(len(near), len(window) / 2)
        field = np.zeros_like(middle.field)
        for each in near:
            field += each / np.float32(count)
        side = max(1, round(SIDE_SHARE * field.shape[0]))
        pooled = np.asarray(
            cv2.blur(field, (side, side), borderType=cv2.BORDER_CONSTANT), np.float32
        )
        return Flow(
            time_s=middle.time_s,
            step_s=middle.step_s,
            field=field,
            speed=np.hypot(pooled[..., 0], pooled[..., 1]),
            known=bool(near),
            disturbance=middle.disturbance,
            fresh=middle.fresh,
        )
