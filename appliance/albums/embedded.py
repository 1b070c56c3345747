"""The small picture that cameras put into a file beside the large one.

For pictures that take more memory than there is: the multi-picture format's preview (CIPA DC-007,
5.2.3.3) of some 1,000 to 2,000 pixels, or the thumbnail of EXIF (2.32, 4.5.8) of 160 and more.
"""

import io
import struct

from PIL import ExifTags, Image, JpegImagePlugin, MpoImagePlugin

PREVIEW = "Large Thumbnail"
"""How Pillow's names of the multi-picture types begin that are smaller copies; others are depth,
gain maps or other views."""
MP_ENTRIES = 0xB002
SIDE_LIMIT = 4096
NEUTRAL_SIDE = 320
NEUTRAL_COLOUR = "#808080"
DAMAGED = (OSError, ValueError, TypeError, SyntaxError, LookupError, AttributeError, struct.error)
"""What Pillow raises; then there is no small picture, or there might as well be none."""
ASPECT_TOLERANCE = 0.02
"""Cameras pad thumbnails to 4:3 with black bars."""


def open_embedded(picture: Image.Image, full: tuple[int, int]) -> Image.Image:
    """RGB of the shape of the picture, which was not loaded, not turned upright; grey and small
    where there is none."""
    found = _thumbnail(picture)
    if isinstance(picture, MpoImagePlugin.MpoImageFile):
        found = _preview(picture) or found
    return neutral(full) if found is None else _cut_bars(found, full)


def neutral(full: tuple[int, int]) -> Image.Image:
    """What stands for a picture that cannot be shown."""
    longest = max(full)
    size = tuple(max(1, round(NEUTRAL_SIDE * side / longest)) for side in full)
    return Image.new("RGB", (size[0], size[1]), NEUTRAL_COLOUR)


def _preview(picture: MpoImagePlugin.MpoImageFile) -> Image.Image | None:
    try:
        for number, entry in enumerate((picture.mpinfo or {})[MP_ENTRIES]):
            if str(entry["Attribute"]["MPType"]).startswith(PREVIEW):
                picture.seek(number)
                if max(picture.size) <= SIDE_LIMIT:
                    return picture.convert("RGB")
    except DAMAGED:
        pass
    return None


def _thumbnail(picture: Image.Image) -> Image.Image | None:
    data = picture.info.get("exif", b"")
    try:
        data = data.removeprefix(b"Exif\0\0")
        directory = picture.getexif().get_ifd(ExifTags.IFD.IFD1)
        offset = directory[ExifTags.Base.JpegIFOffset]
        length = directory[ExifTags.Base.JpegIFByteCount]
        jpeg = io.BytesIO(data[offset : offset + length])
        with JpegImagePlugin.JpegImageFile(jpeg) as thumbnail:
            return thumbnail.convert("RGB") if max(thumbnail.size) <= SIDE_LIMIT else None
    except DAMAGED:
        return None


def _cut_bars(picture: Image.Image, full: tuple[int, int]) -> Image.Image:
    """The middle that has the shape of the whole."""
    width, height = picture.size
    wanted = full[0] / full[1]
    if abs(width / height - wanted) <= ASPECT_TOLERANCE * wanted:
        return picture
    inner_width = min(width, max(1, round(height * wanted)))
    inner_height = min(height, max(1, round(width / wanted)))
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    return picture.crop((left, top, left + inner_width, top + inner_height))
