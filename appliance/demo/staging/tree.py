"""A tree whose crown moves in the wind."""

import math

import cv2
import numpy as np

from appliance.demo.staging.canvas import Frame, blend, shade
from appliance.demo.staging.view import View

CROWN_M = (2.6, 3.4)
"""Width and height."""
LEAVES = 420
CALM_M = 0.012
"""How far leaves move in a light wind."""
TRUNK_M = 1.2


class Tree:
    """Of one view."""

    def __init__(self, view: View) -> None:
        x, y, scale = view.lens.project(view.tree)
        self._scale, self._foot = scale, (x, y)
        width, height = (round(each * scale * 1.3) for each in CROWN_M)
        self._left, self._top = round(x - width / 2), round(y - height - TRUNK_M * scale * 0.6)
        self._image = np.zeros((height, width, 3), np.uint8)
        self._alpha = np.zeros((height, width), np.uint8)
        chance = np.random.default_rng((view.seed, 6))
        for _ in range(LEAVES):
            angle, reach = chance.uniform(0, 2 * math.pi), math.sqrt(chance.uniform())
            centre = (
                round(width / 2 + reach * math.cos(angle) * CROWN_M[0] * scale / 2),
                round(height / 2 + reach * math.sin(angle) * CROWN_M[1] * scale / 2),
            )
            colour = (
                int(chance.integers(25, 55)),
                int(chance.integers(60, 140)),
                int(chance.integers(30, 70)),
            )
            axes = (max(1, round(0.17 * scale)), max(1, round(0.09 * scale)))
            turn = float(chance.uniform(0, 180))
            for target, paint in ((self._image, colour), (self._alpha, 255)):
                cv2.ellipse(target, centre, axes, turn, 0, 360, paint, cv2.FILLED)
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        self._rows, self._columns = rows, columns
        # Branches swing together, leaves by themselves; the top most.
        phases = cv2.resize(chance.uniform(0, 6.3, (4, 4)).astype(np.float32), (width, height))
        self._phases = phases
        self._height = (1 - rows / height) * 0.8 + 0.2

    def draw(self, frame: Frame, time_s: float, sway_m: float) -> None:
        x, y = self._foot
        shade(frame, (x, y), (0.9 * self._scale, 0.25 * self._scale))
        thickness = max(2, round(0.25 * self._scale))
        top = (round(x), round(self._top + self._image.shape[0] * 0.7))
        cv2.line(frame, (round(x), round(y)), top, (45, 60, 75), thickness, cv2.LINE_AA)
        reach = (CALM_M + sway_m) * self._scale
        swing = (
            np.sin(self._phases + time_s * 2.1) * 0.6 + np.sin(self._phases * 2 + time_s * 5) * 0.4
        )
        together = math.sin(time_s * 1.3) * (sway_m > 0)
        right = (swing + together) * self._height * reach
        down = swing[::-1] * 0.4 * reach
        columns, rows = (
            self._columns + right.astype(np.float32),
            self._rows + down.astype(np.float32),
        )
        image = cv2.remap(self._image, columns, rows, cv2.INTER_LINEAR, borderValue=0)
        alpha = cv2.remap(self._alpha, columns, rows, cv2.INTER_LINEAR, borderValue=0)
        blend(frame, image, alpha, self._left, self._top)
