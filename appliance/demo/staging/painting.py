"""The empty ground and walls of a view, covered with photographs of such surfaces."""

from importlib.resources import files

import cv2
import numpy as np
import numpy.typing as npt

from appliance.demo.staging.canvas import Frame
from appliance.demo.staging.lens import Field
from appliance.demo.staging.view import Ground, View

Colours = npt.NDArray[np.float32]
"""Height x width x 3, BGR."""

TEXTURE_M = 3.0
"""What a texture's picture covers."""
TEXTURES = {
    Ground.LAWN: "grass",
    Ground.PAVEMENT: "gravel",
    Ground.ROAD: "gravel",
    Ground.WALL: "brick",
}
TINTS = {
    Ground.LAWN: (62, 128, 100),
    Ground.PAVEMENT: (150, 160, 168),
    Ground.ROAD: (92, 90, 88),
    Ground.WALL: (110, 130, 165),
}
"""Mean colour, BGR."""
CONTRASTS = {Ground.LAWN: 0.55, Ground.PAVEMENT: 0.3, Ground.ROAD: 0.22, Ground.WALL: 0.6}


def paint(view: View) -> Frame:
    """The empty scene in even light, without what stands there."""
    along, away = view.lens.ground()
    picture = np.zeros((view.lens.height, view.lens.width, 3), np.float32)
    for band in view.bands[:-1]:
        _cover(picture, (away >= band.near_m) & (away < band.far_m), band.ground, along, away)
    if view.door_m is not None:
        lawn = view.band(Ground.LAWN)
        path = (np.abs(along - view.door_m) < 0.8) & (away >= lawn.near_m) & (away < lawn.far_m)
        _cover(picture, path, Ground.PAVEMENT, along, away)
    wall = view.bands[-1]
    wall_along, above = view.lens.wall(wall.near_m)
    _cover(picture, above >= 0, Ground.WALL, wall_along, above)
    _openings(picture, view, wall_along, above)
    light = 0.92 + 0.16 * np.random.default_rng((view.seed, 2)).random((5, 8), np.float32)
    size = (view.lens.width, view.lens.height)
    picture *= cv2.resize(light, size, interpolation=cv2.INTER_CUBIC)[..., None]
    return np.clip(picture, 0, 255).astype(np.uint8)


def _openings(picture: Colours, view: View, along: Field, above: Field) -> None:
    """Windows, and the door."""
    for x in np.arange(-15, 16, 3.0) + view.seed % 3:
        if view.door_m is None or abs(x - view.door_m) > 1.3:
            for margin_m, colour in ((0.1, (205, 210, 215)), (0.0, (95, 80, 70))):
                beside = np.abs(along - x) < 0.6 + margin_m
                picture[beside & (np.abs(above - 1.6) < 0.6 + margin_m)] = colour
    if view.door_m is not None:
        door = (np.abs(along - view.door_m) < 0.5) & (above >= 0) & (above < 2.1)
        picture[door] = (60, 85, 70)


def _cover(
    picture: Colours,
    where: npt.NDArray[np.bool_],
    ground: Ground,
    right_m: Field,
    up_m: Field,
) -> None:
    """Lays the ground's texture where `where` is true."""
    sample = texture_of(TEXTURES[ground])
    scale = sample.shape[0] / TEXTURE_M
    x, y = right_m * scale, up_m * scale
    relief = cv2.remap(
        sample,
        np.mod(x, sample.shape[1]).astype(np.float32),
        np.mod(-y, sample.shape[0]).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    shade = 1 + (relief - float(relief.mean())) / 128 * CONTRASTS[ground]
    picture[where] = shade[where, None] * np.asarray(TINTS[ground], np.float32)


def texture_of(name: str) -> Field:
    """A photograph of a surface, grey; scikit-image's, in the public domain (CC0)."""
    data = files("appliance.demo.staging").joinpath("textures", f"{name}.webp").read_bytes()
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    grey = np.asarray(picture, np.float32)
    return grey.T.copy() if name == "brick" else grey  # its courses stand upright
