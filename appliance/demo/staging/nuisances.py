"""What fools cameras and is nothing: weather, insects, light, and the camera itself."""

import math
from typing import Protocol

import cv2
import numpy as np

from appliance.demo.staging.canvas import Frame
from appliance.demo.staging.view import View


class Nuisance(Protocol):
    """Of one scene."""

    kind: str
    bits_per_s: int | None
    """That the stream is squeezed into; None for as many as it needs."""

    def apply(self, frame: Frame, time_s: float) -> Frame:
        """The frame as it looks then; times rise."""

    def sway_m(self, time_s: float) -> float:
        """How far the tree moves."""

    def noise(self, time_s: float) -> float:
        """Times the sensor's usual noise."""


class _Nothing:
    """What the others have in common."""

    kind = ""
    bits_per_s: int | None = None

    def __init__(self, view: View, chance: np.random.Generator) -> None:
        self._chance = chance
        self._width, self._height = view.lens.width, view.lens.height

    def apply(self, frame: Frame, time_s: float) -> Frame:
        return frame

    def sway_m(self, time_s: float) -> float:
        return 0.0

    def noise(self, time_s: float) -> float:
        return 1.0


class Rain(_Nothing):
    """Streaks that come and go, and less contrast."""

    kind = "rain"
    STREAKS = 160

    def apply(self, frame: Frame, time_s: float) -> Frame:
        strength = min(1.0, time_s / 5)
        frame = cv2.convertScaleAbs(frame, alpha=1 - 0.2 * strength, beta=22 * strength)
        drops = np.zeros_like(frame)
        count = int(self.STREAKS * strength)
        near = self._chance.uniform(0.3, 1, count)
        x = self._chance.uniform(0, self._width, count)
        y = self._chance.uniform(-20, self._height, count)
        for index in range(count):
            length = 0.09 * self._height * near[index]
            start = (int(x[index]), int(y[index]))
            end = (int(x[index] + 0.12 * length), int(y[index] + length))
            grey = int(60 * near[index])
            cv2.line(drops, start, end, (grey, grey, grey), 1, cv2.LINE_AA)
        return cv2.add(frame, cv2.GaussianBlur(drops, (3, 3), 0))


class Insects(_Nothing):
    """Bright, blurred, fast and near the lens; one crawls over it."""

    kind = "insects"

    def __init__(self, view: View, chance: np.random.Generator) -> None:
        super().__init__(view, chance)
        self._flights: list[tuple[float, float, np.ndarray, float]] = []
        self._next_s = 4.0
        self._crawl = chance.uniform(0, 6.3, 4)

    def apply(self, frame: Frame, time_s: float) -> Frame:
        size = np.array([self._width, self._height])
        while time_s >= self._next_s:
            self._next_s += float(self._chance.exponential(4.0))
            lasts_s = float(self._chance.uniform(0.6, 2.5))
            way = self._chance.uniform(-0.2, 1.2, (4, 2)) * size
            radius = float(self._chance.uniform(0.02, 0.06)) * self._height
            self._flights.append((time_s, lasts_s, way, radius))
        self._flights = [each for each in self._flights if time_s < each[0] + each[1]]
        glow = np.zeros_like(frame)
        for begun_s, lasts_s, way, radius in self._flights:
            share = (time_s - begun_s) / lasts_s
            weights = [
                (1 - share) ** 3,
                3 * share * (1 - share) ** 2,
                3 * share**2 * (1 - share),
                share**3,
            ]
            x, y = np.asarray(weights) @ way
            cv2.circle(glow, (int(x), int(y)), int(radius), (150, 155, 150), -1, cv2.LINE_AA)
        a, b, c, d = self._crawl
        if 20 < time_s < 60:  # a spider walks over the glass, and rests
            walked = time_s - 3 * math.sin(time_s / 3)
            x = (0.5 + 0.35 * math.sin(0.09 * walked + a)) * self._width
            y = (0.5 + 0.35 * math.sin(0.07 * walked + b)) * self._height
            cv2.ellipse(
                glow, (int(x), int(y)), (int(0.05 * self._height), int(0.03 * self._height)),
                math.degrees(c + d), 0, 360, (105, 105, 110), -1, cv2.LINE_AA,
            )  # fmt: skip
        return cv2.add(frame, cv2.GaussianBlur(glow, (0, 0), 0.012 * self._height))


class LightSwitch(_Nothing):
    """A lamp is switched on and off: everything changes at once, most of it below the lamp."""

    kind = "light_switch"

    def __init__(self, view: View, chance: np.random.Generator) -> None:
        super().__init__(view, chance)
        self._switches_s = np.cumsum(chance.uniform(6, 16, 40))
        rows, columns = np.mgrid[0:1:9j, 0:1:16j].astype(np.float32)
        centre = chance.uniform(0.2, 0.8, 2)
        reach = np.exp(-((columns - centre[0]) ** 2 + (rows - centre[1]) ** 2) / 0.18)
        lamp = cv2.resize(0.42 + 0.75 * reach, (self._width, self._height))
        self._lit = cv2.merge([np.clip(lamp, 0, 1.25)] * 3)

    def apply(self, frame: Frame, time_s: float) -> Frame:
        if np.searchsorted(self._switches_s, time_s) % 2 == 0:
            return cv2.convertScaleAbs(frame, alpha=0.42)
        return cv2.multiply(frame, self._lit, dtype=cv2.CV_8U)

    def noise(self, time_s: float) -> float:
        return 1.5


class CloudShadow(_Nothing):
    """Shadows of clouds wander over everything."""

    kind = "cloud"

    def __init__(self, view: View, chance: np.random.Generator) -> None:
        super().__init__(view, chance)
        cells = chance.uniform(0, 1, (5, 12)).astype(np.float32)
        field = cv2.resize(cells, (160, 60), interpolation=cv2.INTER_CUBIC)
        clouds = np.where(field > 0.5, 1.0, 0.0).astype(np.float32)
        self._field = cv2.GaussianBlur(clouds, (0, 0), 2.5)
        self._speed = float(chance.uniform(2, 6)) * (1 if chance.integers(2) else -1)

    def apply(self, frame: Frame, time_s: float) -> Frame:
        shift = self._speed * time_s
        columns, rows = np.meshgrid(
            np.mod(np.arange(40, dtype=np.float32) + shift, 159.0), np.arange(24, dtype=np.float32)
        )
        part = cv2.remap(self._field, columns, rows + 15, cv2.INTER_LINEAR)
        light = cv2.resize(0.62 + 0.38 * part, (self._width, self._height))
        return cv2.multiply(frame, cv2.merge([light] * 3), dtype=cv2.CV_8U)


class Sway(_Nothing):
    """Wind in the tree."""

    kind = "sway"

    def sway_m(self, time_s: float) -> float:
        return 0.16 * (0.6 + 0.4 * math.sin(time_s / 4.0))


class Compression(_Nothing):
    """A stream that is squeezed: blocks pop at every key frame."""

    kind = "compression"
    bits_per_s: int | None = 110_000

    def noise(self, time_s: float) -> float:
        return 2.0


class Shake(_Nothing):
    """Gusts shake the camera."""

    kind = "shake"

    def apply(self, frame: Frame, time_s: float) -> Frame:
        gust = max(0.0, math.sin(time_s / 2.7)) ** 2 * 0.012 * self._height
        x = gust * (math.sin(time_s * 9.7) + 0.5 * math.sin(time_s * 17.1))
        y = gust * 0.6 * math.sin(time_s * 12.3 + 1)
        moved = np.array([[1, 0, x], [0, 1, y]], np.float32)
        return cv2.warpAffine(
            frame, moved, (self._width, self._height), borderMode=cv2.BORDER_REPLICATE
        )


class Infrared(_Nothing):
    """The camera goes over to infrared light, and back."""

    kind = "infrared"
    PERIOD_S = 30.0

    def __init__(self, view: View, chance: np.random.Generator) -> None:
        super().__init__(view, chance)
        rows, columns = np.mgrid[-1:1:9j, -1:1:16j].astype(np.float32)
        beam = 1.15 - 0.6 * np.clip(np.hypot(rows, columns), 0, 1.2)
        self._beam = cv2.resize(beam.astype(np.float32), (self._width, self._height))

    def apply(self, frame: Frame, time_s: float) -> Frame:
        dusk = cv2.convertScaleAbs(frame, alpha=0.6)
        phase = (time_s - 12) % (2 * self.PERIOD_S)
        if time_s < 12 or phase >= self.PERIOD_S:
            return dusk
        grey = cv2.multiply(frame[:, :, 2], self._beam, dtype=cv2.CV_8U)
        settled = min(1.0, phase / 0.8)  # exposure settles
        return cv2.convertScaleAbs(cv2.merge([grey] * 3), alpha=1.6 - 0.6 * settled)

    def noise(self, time_s: float) -> float:
        return 1.8


NUISANCES: dict[str, type[_Nothing]] = {
    each.kind: each
    for each in (Rain, Insects, LightSwitch, CloudShadow, Sway, Compression, Shake, Infrared)
}
