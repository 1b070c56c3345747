"""The ways to open a picture, and what memory each takes: known from the header, before it is done.

JPEGs are decoded at a half, quarter or eighth by their own transform, WebP is scaled row by row,
PNG, BMP, TIFF and the tiles of HEIC are read piece by piece. What must be opened as a whole counts
in full.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pillow_heif
from PIL import Image, ImageFile, JpegImagePlugin
from PIL import _avif as _avif_module

from appliance.albums import pieces, tiff_strips, tiled_heif
from appliance.albums.scaled_webp import WebpFile

BYTES_PER_PIXEL = {"HEIF": 4.2, "AVIF": 8.4, "GIF": 1.6, "1": 1.0, "L": 1.0, "P": 1.0, "I;16": 2.0}
"""What opening a whole picture takes, by format or else by Pillow's mode; others take 4. HEIF: the
planes of luminance and colour, and RGB beside them; AVIF: those, and RGB twice."""
STRIP_ROWS = 256
PIECES_BYTES = 16_000_000
"""What opening a picture piece by piece takes, beside the small picture that it becomes."""


@dataclass(frozen=True)
class Way:
    """How a picture can be opened."""

    memory_bytes: int
    """What that takes at its peak."""
    open: Callable[[], Image.Image]
    """RGB with no fewer pixels than asked for where the picture has them. Raises what readers
    raise."""


def choose_way(picture: Image.Image, full: tuple[int, int], longest_side: int) -> Way:
    """The one that takes the least memory. `full` is the size before a JPEG was drafted."""
    factor = max(1, max(picture.size) // longest_side)
    pixels = full[0] * full[1]
    if isinstance(picture, JpegImagePlugin.JpegImageFile):
        return Way(_jpeg_bytes(picture, full), lambda: _whole(picture, factor))
    if isinstance(picture, WebpFile):
        share = min(1.0, longest_side / max(full))
        size = max(1, round(full[0] * share)), max(1, round(full[1] * share))
        needed = picture.stored_bytes + picture.bytes_per_pixel * pixels
        return Way(round(needed), lambda: picture.decode_scaled(size))
    if picture.format == "HEIF" and isinstance(picture, ImageFile.ImageFile):
        return _choose_for_heif(picture, pixels, factor)
    if picture.format == "AVIF" and isinstance(picture, ImageFile.ImageFile):
        needed = round(BYTES_PER_PIXEL["AVIF"] * pixels * len(picture.mode) / 3)
        return Way(needed, lambda: pieces.assemble(_avif(picture, factor), full, factor))
    strips = pieces.find_strips(picture) or tiff_strips.find_strips(picture)
    if strips is not None:
        aligned = pieces.align(strips, factor)
        return Way(PIECES_BYTES, lambda: pieces.assemble(aligned, full, factor))
    each = BYTES_PER_PIXEL.get(picture.format or "", BYTES_PER_PIXEL.get(picture.mode, 4.0))
    return Way(round(each * pixels), lambda: _whole(picture, factor))


def _choose_for_heif(picture: ImageFile.ImageFile, pixels: int, factor: int) -> Way:
    if picture.fp is not None:
        picture.fp.seek(0)
        data = picture.fp.read()
        if tiled_heif.is_tiled(data):
            needed = PIECES_BYTES + 2 * len(data)
            return Way(needed, lambda: tiled_heif.shrink(data, pieces.power_of_two(factor)))
    needed = round(BYTES_PER_PIXEL["HEIF"] * pixels)
    return Way(needed, lambda: pieces.assemble(*_heif(picture, factor), factor))


def _jpeg_bytes(picture: JpegImagePlugin.JpegImageFile, full: tuple[int, int]) -> int:
    needed = 4 * picture.width * picture.height
    if not picture.info.get("progressive"):
        return needed
    # A progressive JPEG keeps every coefficient (2 bytes) of the full picture until its end.
    layers = [(horizontal, vertical) for _, horizontal, vertical, _ in picture.layer]
    largest = max(h for h, _ in layers) * max(v for _, v in layers)
    return needed + 2 * full[0] * full[1] * sum(h * v for h, v in layers) // largest


def _whole(picture: Image.Image, factor: int) -> Image.Image:
    picture.load()
    return pieces.assemble(pieces.cut(picture, factor), picture.size, factor)


def _heif(
    picture: ImageFile.ImageFile, factor: int
) -> tuple[Iterator[pieces.Piece], tuple[int, int]]:
    """Strips of one that libheif opens as a whole, so that Pillow never holds a second one."""
    if picture.fp is None:
        raise OSError("the file is closed")
    picture.fp.seek(0)
    heif = pillow_heif.open_heif(picture.fp, convert_hdr_to_8bit=True)
    primary = heif[heif.primary_index]
    strips = _strips(memoryview(primary.data), primary.mode, primary.size, primary.stride)
    return pieces.align(strips, factor), primary.size


def _avif(picture: ImageFile.ImageFile, factor: int) -> Iterator[pieces.Piece]:
    """The same; Pillow would hold a third copy, and the decoder as long."""
    if picture.fp is None:
        raise OSError("the file is closed")
    picture.fp.seek(0)
    decoder = _avif_module.AvifDecoder(picture.fp.read(), "auto", 1)
    data = decoder.get_frame(0)[0]
    del decoder
    stride = len(picture.mode) * picture.width
    yield from pieces.align(_strips(memoryview(data), picture.mode, picture.size, stride), factor)


def _strips(
    pixels: memoryview, mode: str, size: tuple[int, int], stride: int
) -> Iterator[Image.Image]:
    width, height = size
    for top in range(0, height, STRIP_ROWS):
        rows = min(STRIP_ROWS, height - top)
        part = bytes(pixels[top * stride : (top + rows) * stride])
        yield Image.frombuffer(mode, (width, rows), part, "raw", mode, stride, 1)
