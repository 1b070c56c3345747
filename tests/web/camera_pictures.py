"""What cameras of a household show, drawn by code: a street, a garden, a drive, and what moves in
them. Nobody real is on them."""

import random
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tests.web.pictures import Colour

WIDTH, HEIGHT = 960, 540
VIEWS = ("street", "garden", "drive")


@dataclass(frozen=True)
class Thing:
    """What stands in a picture: `person`, `car`, `dog`, `parcel`."""

    kind: str
    x: float
    """Of its foot, shares of the picture, as y."""
    y: float
    size: float
    """Its height, a share of the picture's."""
    colour: Colour = (176, 58, 48)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width, height, shares of the picture."""
        wide = {"person": 0.42, "car": 2.3, "dog": 1.5, "parcel": 1.3}[self.kind]
        width = self.size * wide * HEIGHT / WIDTH
        return self.x - width / 2, self.y - self.size, width, self.size


def view(name: str, things: tuple[Thing, ...] = (), *, marked: int | None = None) -> Image.Image:
    """A picture with things in it, one of them in a frame as the room of cameras marks it."""
    image = {"street": _street, "garden": _garden, "drive": _drive}[name]()
    for thing in sorted(things, key=lambda one: one.y):
        _draw(image, thing)
    grain = np.random.default_rng(7).normal(0, 3.0, (HEIGHT, WIDTH, 1))
    pixels = np.clip(np.asarray(image, np.float32) + grain, 0, 255)
    image = Image.fromarray(pixels.astype(np.uint8))
    if marked is not None:
        left, top, width, height = things[marked].box
        frame = (left * WIDTH - 7, top * HEIGHT - 7,
                 (left + width) * WIDTH + 7, (top + height) * HEIGHT + 7)  # fmt: skip
        ImageDraw.Draw(image).rectangle(frame, outline=(255, 176, 0), width=3)
    return image


def save_jpeg(path: Path, image: Image.Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, "JPEG", quality=82)


def film(
    path: Path,
    name: str,
    kind: str = "person",
    seconds: float = 6,
    fps: int = 10,
    options: dict[str, str] | None = None,
) -> None:
    """An MP4 (H.264) in which something crosses the picture; `options` are the muxer's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = options or {"movflags": "+faststart"}
    with av.open(str(path), "w", format="mp4", options=options) as output:
        track = output.add_stream("libx264", rate=fps)
        track.width, track.height, track.pix_fmt = WIDTH // 2, HEIGHT // 2, "yuv420p"
        track.options = {"g": str(fps), "preset": "ultrafast"}
        frames = int(seconds * fps)
        for number in range(frames):
            thing = Thing(kind, 0.1 + 0.8 * number / frames, 0.8, 0.34)
            image = view(name, (thing,)).resize((WIDTH // 2, HEIGHT // 2))
            output.mux(track.encode(av.VideoFrame.from_image(image)))
        output.mux(track.encode(None))


def _ground(top: Colour, bottom: Colour, begin: float) -> Image.Image:
    """A sky, and below `begin` a ground that grows lighter towards the viewer."""
    image = Image.new("RGB", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(image)
    edge = int(begin * HEIGHT)
    for y in range(HEIGHT):
        if y < edge:
            share = y / edge
            colour = tuple(round(a + (b - a) * share) for a, b in
                           zip((132, 168, 198), (214, 221, 222), strict=True))  # fmt: skip
        else:
            share = (y - edge) / (HEIGHT - edge)
            colour = tuple(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True))
        draw.line((0, y, WIDTH, y), fill=colour)
    return image


def _box(draw: ImageDraw.ImageDraw, left: float, top: float, right: float, bottom: float,
         colour: Colour) -> None:  # fmt: skip
    draw.rectangle((left * WIDTH, top * HEIGHT, right * WIDTH, bottom * HEIGHT), fill=colour)


def _shape(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], colour: Colour) -> None:
    draw.polygon([(x * WIDTH, y * HEIGHT) for x, y in points], fill=colour)


def _tree(draw: ImageDraw.ImageDraw, x: float, foot: float, size: float, seed: int) -> None:
    chance = random.Random(seed)
    _box(draw, x - 0.01 * size, foot - 0.3 * size, x + 0.01 * size, foot, (84, 66, 52))
    for _ in range(60):
        angle_x, angle_y = chance.gauss(0, 0.075) * size, chance.gauss(0, 0.11) * size
        radius = chance.uniform(14, 34) * size
        shade = chance.randint(-16, 22)
        cx, cy = (x + angle_x) * WIDTH, (foot - 0.5 * size + angle_y) * HEIGHT
        draw.ellipse((cx - radius, cy - radius, cx + radius, cy + radius),
                     fill=(70 + shade, 104 + shade, 66 + shade // 2))  # fmt: skip


def _house(draw: ImageDraw.ImageDraw, left: float, right: float, top: float, foot: float,
           wall: Colour, roof: Colour) -> None:  # fmt: skip
    _box(draw, left, top, right, foot, wall)
    middle = (left + right) / 2
    eaves = (right - left) * 0.08
    _shape(draw, [(left - eaves, top), (middle, top - 0.13), (right + eaves, top)], roof)
    wide = (right - left) / 7
    for place in range(3):
        x = left + wide * (0.8 + 2.1 * place)
        _box(draw, x, top + 0.05, x + wide, top + 0.13, (92, 108, 122))
        _box(draw, x, top + 0.05, x + wide, top + 0.058, (232, 228, 218))


def _street() -> Image.Image:
    image = _ground((122, 128, 110), (150, 152, 140), 0.36)
    draw = ImageDraw.Draw(image)
    _house(draw, 0.02, 0.3, 0.2, 0.4, (206, 190, 166), (126, 78, 64))
    _house(draw, 0.36, 0.62, 0.17, 0.4, (188, 196, 198), (86, 88, 96))
    _house(draw, 0.68, 0.97, 0.21, 0.4, (214, 198, 176), (116, 84, 70))
    _box(draw, 0, 0.37, 1, 0.43, (88, 112, 74))
    _box(draw, 0, 0.43, 1, 0.47, (168, 164, 156))
    _box(draw, 0, 0.47, 1, 0.63, (92, 94, 98))
    for place in range(9):
        _box(draw, 0.02 + place * 0.12, 0.545, 0.08 + place * 0.12, 0.553, (204, 202, 194))
    _box(draw, 0, 0.63, 1, 0.68, (176, 172, 164))
    _box(draw, 0, 0.68, 1, 1, (104, 132, 84))
    _shape(draw, [(0.44, 0.68), (0.54, 0.68), (0.68, 1), (0.3, 1)], (184, 176, 162))
    for x in [number / 24 for number in range(25) if not 10 <= number <= 13]:
        _box(draw, x, 0.66, x + 0.012, 0.8, (236, 232, 222))
    _box(draw, 0, 0.69, 0.43, 0.705, (236, 232, 222))
    _box(draw, 0.56, 0.69, 1, 0.705, (236, 232, 222))
    _tree(draw, 0.13, 0.72, 0.9, 3)
    return image.filter(ImageFilter.GaussianBlur(0.8))


def _garden() -> Image.Image:
    image = _ground((116, 142, 92), (92, 122, 70), 0.38)
    draw = ImageDraw.Draw(image)
    _box(draw, 0, 0.3, 1, 0.44, (128, 98, 72))
    for number in range(48):
        x = number / 48
        _box(draw, x + 0.018, 0.3, x + 0.0205, 0.44, (96, 72, 54))
    _house(draw, 0.7, 0.95, 0.3, 0.52, (150, 116, 88), (82, 66, 58))
    _tree(draw, 0.2, 0.55, 1.1, 5)
    _tree(draw, 0.52, 0.46, 0.7, 9)
    _shape(draw, [(0.78, 0.52), (0.85, 0.52), (0.6, 1), (0.36, 1)], (186, 176, 156))
    draw.ellipse((0.06 * WIDTH, 0.72 * HEIGHT, 0.3 * WIDTH, 0.9 * HEIGHT), fill=(112, 148, 168))
    return image.filter(ImageFilter.GaussianBlur(0.8))


def _drive() -> Image.Image:
    image = _ground((136, 140, 128), (158, 156, 148), 0.3)
    draw = ImageDraw.Draw(image)
    _box(draw, 0, 0.12, 0.46, 0.5, (214, 206, 190))
    _shape(draw, [(-0.02, 0.12), (0.1, 0.0), (0.4, 0.0), (0.5, 0.12)], (112, 72, 60))
    _box(draw, 0.08, 0.24, 0.34, 0.5, (236, 234, 228))
    for row in range(4):
        _box(draw, 0.08, 0.29 + row * 0.055, 0.34, 0.294 + row * 0.055, (196, 194, 188))
    _box(draw, 0.46, 0.38, 1, 0.47, (84, 108, 70))
    _box(draw, 0.46, 0.47, 1, 1, (112, 138, 88))
    _shape(draw, [(0.06, 0.5), (0.36, 0.5), (0.9, 1), (0.04, 1)], (164, 160, 152))
    _tree(draw, 0.76, 0.56, 1.0, 11)
    return image.filter(ImageFilter.GaussianBlur(0.8))


def _draw(image: Image.Image, thing: Thing) -> None:
    """At three times the size, so that edges are smooth, with a shadow."""
    x, y, width, height = thing.box
    scale = 3
    size = max(2, int(width * WIDTH * scale * 1.2)), max(2, int(height * HEIGHT * scale * 1.1))
    layer = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    wide, high = size

    def part(
        from_x: float, from_y: float, to_x: float, to_y: float, colour: Colour, rounded: float
    ) -> None:
        corners = (from_x * wide, from_y * high, to_x * wide, to_y * high)
        draw.rounded_rectangle(corners, radius=rounded * min(size), fill=(*colour, 255))

    draw.ellipse((0.05 * wide, 0.9 * high, 0.95 * wide, high), fill=(20, 20, 16, 84))
    if thing.kind == "person":
        part(0.3, 0.52, 0.46, 0.96, (52, 58, 74), 0.1)
        part(0.54, 0.52, 0.7, 0.94, (46, 52, 68), 0.1)
        part(0.22, 0.2, 0.78, 0.58, thing.colour, 0.2)
        part(0.12, 0.24, 0.26, 0.54, thing.colour, 0.1)
        part(0.74, 0.24, 0.88, 0.54, thing.colour, 0.1)
        draw.ellipse((0.3 * wide, 0.02 * high, 0.7 * wide, 0.21 * high), fill=(206, 164, 130, 255))
        draw.pieslice(
            (0.28 * wide, 0.0, 0.72 * wide, 0.21 * high), 180, 360, fill=(58, 42, 34, 255)
        )
    elif thing.kind == "car":
        part(0.2, 0.1, 0.74, 0.55, thing.colour, 0.2)
        part(0.25, 0.17, 0.46, 0.45, (176, 198, 208), 0.06)
        part(0.49, 0.17, 0.69, 0.45, (164, 188, 200), 0.06)
        part(0.03, 0.42, 0.97, 0.82, thing.colour, 0.16)
        for at in (0.24, 0.76):
            radius, left, top = 0.17 * high, at * wide - 0.17 * high, 0.62 * high
            wheel = (left, top, left + 2 * radius, top + 2 * radius)
            draw.ellipse(wheel, fill=(28, 28, 30, 255))
    elif thing.kind == "dog":
        part(0.2, 0.3, 0.74, 0.62, thing.colour, 0.2)
        part(0.66, 0.08, 0.95, 0.42, thing.colour, 0.2)
        for at in (0.24, 0.36, 0.6, 0.7):
            part(at, 0.5, at + 0.07, 0.95, thing.colour, 0.05)
        part(0.06, 0.18, 0.24, 0.28, thing.colour, 0.05)
    else:
        part(0.06, 0.1, 0.94, 0.95, (178, 138, 92), 0.03)
        part(0.44, 0.1, 0.56, 0.95, (206, 178, 132), 0.0)
    small = layer.resize((size[0] // scale, size[1] // scale), Image.Resampling.LANCZOS)
    place = int((x - 0.1 * width) * WIDTH), int((y - 0.05 * height) * HEIGHT)
    image.paste(small, place, small)
