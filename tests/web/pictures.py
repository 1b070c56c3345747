"""Pictures made by code, for tests and for the screenshots of the documentation: landscapes, and
scenes with drawn people. Nobody real is on them."""

import math
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

SKIES: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((64, 132, 201), (168, 207, 232), (240, 226, 200)),
    ((38, 54, 110), (206, 116, 122), (253, 196, 130)),
    ((120, 158, 190), (196, 212, 222), (236, 236, 230)),
    ((18, 30, 66), (72, 74, 128), (226, 140, 116)),
    ((72, 152, 190), (150, 214, 214), (250, 240, 206)),
)
GROUNDS: tuple[tuple[Colour, Colour], ...] = (
    ((120, 158, 134), (28, 66, 50)),
    ((150, 130, 160), (48, 40, 74)),
    ((196, 164, 116), (96, 62, 40)),
    ((126, 160, 184), (28, 52, 82)),
)
SKINS: tuple[Colour, ...] = (
    (246, 214, 188), (232, 188, 152), (204, 150, 112), (160, 108, 76), (112, 74, 54),
)  # fmt: skip
HAIR: tuple[Colour, ...] = (
    (46, 32, 26), (92, 58, 36), (188, 140, 76), (212, 208, 204), (24, 22, 24), (150, 66, 38),
)  # fmt: skip
CLOTHES: tuple[Colour, ...] = (
    (196, 72, 60), (44, 104, 120), (228, 178, 80), (72, 96, 66), (96, 76, 130), (230, 226, 216),
)  # fmt: skip


@dataclass(frozen=True)
class Looks:
    """A drawn person, the same on every picture."""

    skin: Colour
    hair: Colour
    clothes: Colour
    long_hair: bool
    glasses: bool
    beard: bool


@dataclass(frozen=True)
class Box:
    """A face, shares (0-1) of the picture."""

    x: float
    y: float
    width: float
    height: float


def looks(seed: int) -> Looks:
    chance = random.Random(seed * 7919 + 5)
    return Looks(
        SKINS[seed % len(SKINS)],
        HAIR[(seed * 5 + 1) % len(HAIR)],
        CLOTHES[(seed * 5 + seed // 6) % len(CLOTHES)],
        long_hair=seed % 2 == 0,
        glasses=chance.random() < 0.35,
        beard=seed % 2 == 1 and chance.random() < 0.5,
    )


def landscape(seed: int, width: int, height: int) -> Image.Image:
    """Sky, perhaps a sun, and ranges of hills."""
    chance = random.Random(seed)
    top, middle, low = chance.choice(SKIES)
    far, near = chance.choice(GROUNDS)
    image = _gradient(width, height, (top, middle, low))
    if chance.random() < 0.6:
        _sun(image, chance, low)
    horizon = chance.uniform(0.45, 0.68)
    ranges = chance.randint(3, 5)
    for number in range(ranges):
        share = number / (ranges - 1)
        base = (horizon + (1 - horizon) * share * 0.75) * height
        colour = _mix(far, near, share)
        rough = chance.uniform(0.02, 0.16) * (1 - share * 0.7) * height
        _range(image, chance, base, rough, colour)
    grain = np.random.default_rng(seed).normal(0, 2.2, (height, width, 1))
    pixels = np.asarray(image, dtype=np.float32) + grain
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def scene(seed: int, width: int, height: int, people: list[int]) -> tuple[Image.Image, list[Box]]:
    """A landscape with people in front of it, and where their faces are."""
    image = landscape(seed, width, height).filter(ImageFilter.GaussianBlur(width / 220))
    chance = random.Random(seed + 1)
    boxes = []
    room = 1 / len(people)
    for place, person in enumerate(people):
        head = min(width * room * 0.2, height * 0.16) * chance.uniform(0.92, 1.08)
        x = width * room * (place + 0.5) + chance.uniform(-0.04, 0.04) * width * room
        y = height * chance.uniform(0.4, 0.47)
        _person(image, looks(person), x, y, head)
        boxes.append(
            Box(
                (x - head * 0.86) / width,
                (y - head * 1.05) / height,
                head * 1.72 / width,
                head * 2.2 / height,
            )
        )
    return image, boxes


def crop(image: Image.Image, box: Box, size: int = 256) -> Image.Image:
    """The square around a face, with some margin, inside the picture."""
    width, height = image.size
    centre_x, centre_y = (box.x + box.width / 2) * width, (box.y + box.height / 2) * height
    side = min(max(box.width * width, box.height * height) * 1.45, width, height)
    left = min(max(0.0, centre_x - side / 2), width - side)
    top = min(max(0.0, centre_y - side / 2), height - side)
    square = (int(left), int(top), int(left + side), int(top + side))
    return image.resize((size, size), Image.Resampling.LANCZOS, box=square)


def mean_colour(image: Image.Image) -> str:
    red, green, blue = image.resize((1, 1), Image.Resampling.BOX).tobytes()
    return f"#{red:02x}{green:02x}{blue:02x}"


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    mixed = [round(a + (b - a) * share) for a, b in zip(first, second, strict=True)]
    return mixed[0], mixed[1], mixed[2]


def _gradient(width: int, height: int, colours: tuple[Colour, Colour, Colour]) -> Image.Image:
    places = np.linspace(0, 2, height)[:, None]
    table = np.array(colours, dtype=np.float32)
    rows = np.stack(
        [np.interp(places[:, 0], [0, 1, 2], table[:, channel]) for channel in range(3)], axis=1
    )
    return Image.fromarray(np.repeat(rows[:, None, :], width, axis=1).astype(np.uint8))


def _sun(image: Image.Image, chance: random.Random, colour: Colour) -> None:
    width, height = image.size
    x, y = chance.uniform(0.15, 0.85) * width, chance.uniform(0.2, 0.5) * height
    glow = Image.new("RGB", image.size, colour)
    mask = Image.new("L", image.size, 0)
    radius = min(width, height) * chance.uniform(0.04, 0.09)
    ImageDraw.Draw(mask).ellipse(
        (x - 3 * radius, y - 3 * radius, x + 3 * radius, y + 3 * radius), fill=110
    )
    mask = mask.filter(ImageFilter.GaussianBlur(radius * 1.6))
    ImageDraw.Draw(mask).ellipse((x - radius, y - radius, x + radius, y + radius), fill=235)
    image.paste(_lighter(glow), (0, 0), mask.filter(ImageFilter.GaussianBlur(1.5)))


def _lighter(image: Image.Image) -> Image.Image:
    return Image.blend(image, Image.new("RGB", image.size, (255, 250, 235)), 0.6)


def _range(
    image: Image.Image, chance: random.Random, base: float, rough: float, colour: Colour
) -> None:
    width, height = image.size
    waves = [(chance.uniform(0.6, 9), chance.uniform(0, 6.3), chance.random()) for _ in range(7)]
    points: list[tuple[float, float]] = []
    for step in range(161):
        x = step / 160
        lift = sum(
            weight / (1 + rate) * math.sin(rate * x * 6.3 + phase) for rate, phase, weight in waves
        )
        points.append((x * width, base - rough * lift * 2.2))
    ImageDraw.Draw(image).polygon([*points, (width, height), (0, height)], fill=colour)


def _person(image: Image.Image, person: Looks, x: float, y: float, head: float) -> None:
    """Drawn at four times the size, so that edges are smooth."""
    scale = 3
    size = (int(head * 6) * scale, int(image.height - y + head * 2) * scale)
    layer = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    unit, middle, top = head * scale, size[0] / 2, head * 2 * scale

    def ellipse(left: float, up: float, right: float, down: float, colour: Colour) -> None:
        box = (middle + left * unit, top + up * unit, middle + right * unit, top + down * unit)
        draw.ellipse(box, fill=(*colour, 255))

    if person.long_hair:
        ellipse(-1.08, -1.22, 1.08, 1.75, person.hair)
    draw.rounded_rectangle(
        (middle - 1.9 * unit, top + 1.35 * unit, middle + 1.9 * unit, size[1] + 2 * unit),
        radius=1.1 * unit, fill=(*person.clothes, 255),
    )  # fmt: skip
    neck = _mix(person.skin, (60, 30, 20), 0.16)
    draw.rounded_rectangle(
        (middle - 0.36 * unit, top + 0.6 * unit, middle + 0.36 * unit, top + 1.62 * unit),
        radius=0.3 * unit, fill=(*neck, 255),
    )  # fmt: skip
    ellipse(-0.84, -1.0, 0.84, 1.12, person.skin)
    _face(draw, ellipse, person, unit, middle, top)
    layer = layer.resize((size[0] // scale, size[1] // scale), Image.Resampling.LANCZOS)
    image.paste(layer, (int(x - layer.width / 2), int(y - head * 2)), layer)


def _face(
    draw: ImageDraw.ImageDraw,
    ellipse: object,
    person: Looks,
    unit: float,
    middle: float,
    top: float,
) -> None:
    assert callable(ellipse)
    dark = _mix(person.hair, (20, 14, 12), 0.5)
    hair = (*person.hair, 255)
    draw.pieslice(
        (middle - 0.95 * unit, top - 1.25 * unit, middle + 0.95 * unit, top + 0.75 * unit),
        182,
        358,
        fill=hair,
    )
    ellipse(-0.62, -0.62, 0.72, 0.02, person.skin)
    if person.beard:
        draw.pieslice(
            (middle - 0.8 * unit, top - 0.3 * unit, middle + 0.8 * unit, top + 1.14 * unit),
            10,
            170,
            fill=hair,
        )
    for side in (-1, 1):
        ellipse(side * 0.34 - 0.085, -0.06, side * 0.34 + 0.085, 0.13, dark)
        left = middle + (side * 0.34 - 0.2) * unit
        draw.arc(
            (left, top - 0.34 * unit, left + 0.4 * unit, top + 0.0 * unit),
            200,
            340,
            fill=(*dark, 255),
            width=max(2, int(unit * 0.06)),
        )
        ellipse(
            side * 0.56 - 0.15,
            0.3,
            side * 0.56 + 0.15,
            0.52,
            _mix(person.skin, (226, 110, 96), 0.28),
        )
        if person.glasses:
            draw.ellipse(
                (
                    middle + (side * 0.34 - 0.27) * unit,
                    top - 0.22 * unit,
                    middle + (side * 0.34 + 0.27) * unit,
                    top + 0.3 * unit,
                ),
                outline=(40, 36, 40, 255),
                width=max(2, int(unit * 0.05)),
            )
    draw.arc(
        (middle - 0.34 * unit, top + 0.2 * unit, middle + 0.34 * unit, top + 0.76 * unit),
        22,
        158,
        fill=(150, 58, 54, 255),
        width=max(3, int(unit * 0.085)),
    )
    draw.arc(
        (middle - 0.1 * unit, top + 0.12 * unit, middle + 0.14 * unit, top + 0.36 * unit),
        30,
        150,
        fill=(*_mix(person.skin, (110, 50, 36), 0.45), 255),
        width=max(2, int(unit * 0.05)),
    )
