"""Compressed TIFF strip by strip (libtiff's TIFFReadRGBAStrip); scanners store a few rows in each.

Pillow has libtiff open the whole picture at once.
"""

import ctypes
import os
from collections.abc import Iterator

from PIL import ExifTags, Image, ImageFile, TiffImagePlugin, _imaging

MODES = ("1", "L", "P", "RGB", "RGBA", "CMYK")
STRIP_PIXELS_LIMIT = 2 << 20
"""Larger strips are no help; many programs write the whole picture as one."""
_library = ctypes.CDLL(_imaging.__file__)
"""Pillow's module, whose libtiff is found through it."""
AVAILABLE = hasattr(_library, "TIFFReadRGBAStrip")
if AVAILABLE:
    _library.TIFFFdOpen.restype = ctypes.c_void_p
    _library.TIFFFdOpen.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p)
    _library.TIFFReadRGBAStrip.argtypes = (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)
    _library.TIFFClose.argtypes = (ctypes.c_void_p,)
    _library.TIFFSetErrorHandler(None)
    _library.TIFFSetWarningHandler(None)


def find_strips(picture: Image.Image) -> Iterator[Image.Image] | None:
    """RGBA strips from above to below; None for tiles, large strips and other kinds of pixels."""
    if not AVAILABLE or not isinstance(picture, TiffImagePlugin.TiffImageFile):
        return None
    rows = picture.tag_v2.get(TiffImagePlugin.ROWSPERSTRIP)
    upright = picture.tag_v2.get(ExifTags.Base.Orientation, 1) == 1
    packed = [tile.codec_name for tile in picture.tile] == ["libtiff"]
    if not isinstance(rows, int) or not upright or not packed or picture.mode not in MODES:
        return None
    if rows < 1 or rows * picture.width > STRIP_PIXELS_LIMIT:
        return None
    return _read(picture, rows)


def _read(picture: ImageFile.ImageFile, rows: int) -> Iterator[Image.Image]:
    if picture.fp is None:
        raise OSError("the file is closed")
    descriptor = os.dup(picture.fp.fileno())
    os.lseek(descriptor, 0, os.SEEK_SET)
    # "m": not mapped into memory; "h": the first directory.
    file = _library.TIFFFdOpen(descriptor, b"picture", b"rm")
    if not file:
        os.close(descriptor)
        raise OSError("the picture is damaged")
    try:
        width, height = picture.size
        pixels = (ctypes.c_uint32 * (width * rows))()
        for top in range(0, height, rows):
            if not _library.TIFFReadRGBAStrip(file, top, pixels):
                raise OSError("the picture is damaged")
            size = (width, min(rows, height - top))
            data = bytes(memoryview(pixels).cast("B")[: 4 * size[0] * size[1]])
            # Premultiplied, the last row first.
            yield Image.frombytes("RGBa", size, data, "raw", ("RGBa", 0, -1)).convert("RGBA")
    finally:
        _library.TIFFClose(file)
