"""Pixels of every kind as upright RGB."""

from PIL import Image

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF 2.32, tag 0x0112."""


def turn(picture: Image.Image, orientation: int) -> Image.Image:
    """Upright; `orientation` 1-8."""
    transposition = TURNS.get(orientation)
    return picture if transposition is None else picture.transpose(transposition)


def to_rgb(picture: Image.Image) -> Image.Image:
    """Transparency becomes white."""
    picture = _to_eight_bits(picture)
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGB", picture.size, "white")
        white.paste(picture, mask=picture.getchannel("A"))
        return white
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _to_eight_bits(picture: Image.Image) -> Image.Image:
    """16-bit greys as 8-bit ones; Pillow's own conversion would cut them off."""
    if picture.mode.startswith("I;16"):
        picture = picture.convert("I")
    if picture.mode == "I":
        return picture.point(lambda value: value / 256).convert("L")
    if picture.mode == "F":
        return picture.convert("L")
    return picture
