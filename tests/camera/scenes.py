"""Scenes before a camera, painted: things that walk over a textured ground, encoded as a camera
would send them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT, RATE = 320, 240, 10
Image = npt.NDArray[np.uint8]
Place = tuple[float, float] | None


def texture(width: int, height: int, seed: int) -> Image:
    """A picture with the spectrum of natural ones: amplitude falls with frequency."""
    generator = np.random.default_rng(seed)
    down, across = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None]
    amplitude = 1 / np.maximum(np.hypot(down, across), 1 / max(width, height))
    phase = np.exp(2j * np.pi * generator.random((height, width)))
    plain = np.real(np.fft.ifft2(amplitude * phase))
    return np.clip(118 + 30 * plain / plain.std(), 0, 255).astype(np.uint8)


@dataclass
class Thing:
    """Something that is painted where `at` says, in pixels of its upper left corner."""

    at: Callable[[float], Place]
    width: int = 14
    height: int = 34
    seed: int = 0

    def __post_init__(self) -> None:
        self.look = texture(self.width, self.height, self.seed + 100)
        dark = np.clip(self.look.astype(int) - 60, 0, 255).astype(np.uint8)
        self.look = dark if self.seed % 2 else 255 - dark


def walker(
    begin_s: float, y: float, speed: float = 34.0, *, back: bool = False, seed: int = 0
) -> Thing:
    """Crosses the picture, `speed` pixels a second."""

    def at(time_s: float) -> Place:
        way = (time_s - begin_s) * speed - 14
        if not -14 <= way < WIDTH:
            return None
        return (WIDTH - way if back else way), y + 1.5 * np.sin(time_s * 6)

    return Thing(at, seed=seed)


def walkers(seconds: float, seed: int = 0, pause_s: float = 7.0) -> list[Thing]:
    """People who cross from left to right, at slightly different speeds and heights."""
    generator = np.random.default_rng(seed)
    found, begin_s = [], 0.5
    while begin_s < seconds:
        y, speed = generator.uniform(120, 150), generator.uniform(30, 40)
        found.append(walker(begin_s, y, speed, seed=int(generator.integers(1000))))
        begin_s += generator.uniform(0.6, 1.4) * pause_s
    return found


def paint(
    seconds: float,
    things: Sequence[Thing] = (),
    *,
    light: Callable[[float], float] = lambda _: 1.0,
    shift: Callable[[float], tuple[int, int]] = lambda _: (0, 0),
    noise: float = 2.0,
    seed: int = 0,
) -> Iterator[Image]:
    """Grey pictures; `light` multiplies, `shift` moves the camera, `noise` is the sensor's."""
    generator = np.random.default_rng(seed)
    wide = texture(WIDTH + 32, HEIGHT + 32, 7)
    for index in range(round(seconds * RATE)):
        time_s = index / RATE
        x, y = shift(time_s)
        picture = wide[16 + y : 16 + y + HEIGHT, 16 + x : 16 + x + WIDTH].astype(np.float32)
        for thing in things:
            place = thing.at(time_s)
            if place is not None:
                _put(picture, thing.look, *place)
        seen = picture * light(time_s) + generator.normal(0, noise, picture.shape)
        yield np.clip(seen, 0, 255).astype(np.uint8)


def _put(picture: npt.NDArray[np.float32], look: Image, x: float, y: float) -> None:
    """At a place between pixels, too."""
    move = np.array([[1, 0, x], [0, 1, y]], np.float64)
    size = (picture.shape[1], picture.shape[0])
    ones = np.ones(look.shape, np.float32)
    share = cv2.warpAffine(ones, move, size)
    moved = cv2.warpAffine(look.astype(np.float32), move, size)
    picture *= 1 - share
    picture += moved * share


def encode(path: Path, pictures: Iterator[Image], codec: str = "libx264", **options: str) -> Path:
    """Writes a recording; without options as a camera does: no B-frames, a key frame in 5 s."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        if codec == "mjpeg":
            stream.pix_fmt = "yuvj420p"
        stream.time_base = Fraction(1, RATE)
        stream.codec_context.gop_size = 50
        if codec == "libx264":
            options = {"preset": "veryfast", "bf": "0", "crf": "24"} | options
        stream.options = dict(options)
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(
                format=stream.pix_fmt
            )
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
