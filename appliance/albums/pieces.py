"""Large pictures opened piece by piece, each shrunk before the next is read.

PNG, BMP and TIFF store their rows one after the other; what is open at a time is a strip of about a
megabyte and the small picture that grows from it.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

from PIL import ExifTags, Image, ImageFile

from appliance.albums.colour_modes import to_rgb

STRIP_BYTES = 1 << 20
READ_BYTES = 64 << 10
PNG_BYTES_PER_PIXEL = {"L": 1, "P": 1, "LA": 2, "RGB": 3, "RGBA": 4}
"""Pixels that Pillow keeps as they are in the file, 8 bits a channel."""
RAW_BYTES_PER_PIXEL = PNG_BYTES_PER_PIXEL | {
    rawmode: bytes_per_pixel
    for bytes_per_pixel, rawmodes in {
        2: ("I;16", "I;16B"),
        3: ("BGR",),
        4: ("BGRX", "BGRA", "RGBX", "CMYK"),
    }.items()
    for rawmode in rawmodes
}
"""Pillow's names for how pixels are stored."""
Piece = tuple[int, int, Image.Image]
"""Left, top and pixels."""


def power_of_two(factor: int) -> int:
    """The largest that is not above `factor`: tiles of any picture divide by it."""
    return 1 << (max(1, factor).bit_length() - 1)


def assemble(pieces: Iterable[Piece], size: tuple[int, int], factor: int) -> Image.Image:
    """The whole as RGB, one pixel for `factor` x `factor`; pieces begin at multiples of it."""
    small = Image.new("RGB", (-(-size[0] // factor), -(-size[1] // factor)))
    for left, top, piece in pieces:
        if left + piece.width > size[0] or top + piece.height > size[1]:
            piece = piece.crop((0, 0, min(piece.width, size[0] - left), size[1] - top))
        part = to_rgb(piece)
        small.paste(part.reduce(factor) if factor > 1 else part, (left // factor, top // factor))
    return small


def align(strips: Iterable[Image.Image], factor: int) -> Iterator[Piece]:
    """RGB strips of full width, joined so that each begins at a multiple of `factor`."""
    top, rest = 0, None
    for strip in map(to_rgb, strips):
        if rest is not None:
            joined = Image.new("RGB", (strip.width, rest.height + strip.height))
            joined.paste(rest, (0, 0))
            joined.paste(strip, (0, rest.height))
            strip = joined
        rows = strip.height // factor * factor
        if rows:
            yield 0, top, strip.crop((0, 0, strip.width, rows))
        top += rows
        rest = strip.crop((0, rows, strip.width, strip.height)) if rows < strip.height else None
    if rest is not None:
        yield 0, top, rest


def cut(picture: Image.Image, factor: int) -> Iterator[Piece]:
    """A picture that is open as a whole, so that only strips of it become RGB."""
    rows = max(1, STRIP_BYTES // (4 * picture.width) // factor) * factor
    for top in range(0, picture.height, rows):
        yield 0, top, picture.crop((0, top, picture.width, min(top + rows, picture.height)))


def find_strips(picture: Image.Image) -> Iterator[Image.Image] | None:
    """The rows of a picture that was not loaded yet; None where it must be opened as a whole."""
    if not isinstance(picture, ImageFile.ImageFile) or picture.fp is None or not picture.tile:
        return None
    if picture.format == "PNG":
        return _png_strips(picture, picture.fp)
    upright = picture.format == "BMP" or (
        picture.format == "TIFF" and picture.getexif().get(ExifTags.Base.Orientation, 1) == 1
    )
    if upright and all(tile.codec_name == "raw" for tile in picture.tile):
        return _raw_strips(picture, picture.fp)
    return None


def _png_strips(picture: ImageFile.ImageFile, file: IO[bytes]) -> Iterator[Image.Image] | None:
    """None for interlaced ones and those whose pixels have 1, 2, 4 or 16 bits."""
    (tile,) = picture.tile[:1]
    kept = picture.mode in PNG_BYTES_PER_PIXEL and tile.args == picture.mode
    if tile.codec_name != "zip" or not kept or picture.info.get("interlace"):
        return None
    if getattr(picture, "is_animated", False):
        return None
    return _unfilter(picture, _inflate(file, tile.offset))


def _unfilter(picture: Image.Image, data: Iterator[bytes]) -> Iterator[Image.Image]:
    """Strips of a PNG, each opened by Pillow as a small PNG of its own.

    A row may be stored as its difference to the row above (PNG specification, 9), so each strip but
    the first begins with the last row of the one before, stored as it is.
    """
    width, height, mode = picture.width, picture.height, picture.mode
    row_bytes = 1 + width * PNG_BYTES_PER_PIXEL[mode]
    rows = max(1, STRIP_BYTES // row_bytes)
    stored, above, done = bytearray(), b"", 0
    while done < height:
        count = min(rows, height - done)
        while len(stored) < count * row_bytes:
            more = next(data, b"")
            if not more:
                raise OSError("the picture is cut off")
            stored += more
        packed = zlib.compress(above + stored[: count * row_bytes], 0)
        del stored[: count * row_bytes]
        extra = 1 if above else 0
        strip = Image.frombytes(mode, (width, count + extra), packed, "zip", (mode,))
        strip = strip.crop((0, extra, width, count + extra)) if extra else strip
        above = b"\0" + strip.crop((0, count - 1, width, count)).tobytes()
        done += count
        yield _dress(strip, picture)


def _inflate(file: IO[bytes], offset: int) -> Iterator[bytes]:
    """What the IDAT chunks from `offset` (of the first one's data) on hold."""
    unpacker = zlib.decompressobj()
    file.seek(offset - 8)
    while True:
        beginning = file.read(8)
        if beginning[4:] != b"IDAT":
            return
        (left,) = struct.unpack(">I", beginning[:4])
        while left:
            packed = file.read(min(left, READ_BYTES))
            if not packed:
                return
            left -= len(packed)
            while packed:
                try:
                    yield unpacker.decompress(packed, STRIP_BYTES)
                except zlib.error as error:
                    raise OSError("the picture is damaged") from error
                packed = unpacker.unconsumed_tail
        file.seek(4, 1)  # the checksum; zlib has one of its own


def _raw_strips(picture: ImageFile.ImageFile, file: IO[bytes]) -> Iterator[Image.Image] | None:
    """Of rows that are stored as they are; None where some are not of full width."""
    parts, bottom = [], 0
    for tile in picture.tile:
        left, top, right, next_bottom = tile.extents or (0, 0, *picture.size)
        rawmode, stride, direction = _raw_arguments(tile.args)
        bytes_per_pixel = RAW_BYTES_PER_PIXEL.get(rawmode, 0)
        if (left, top, right) != (0, bottom, picture.width) or not bytes_per_pixel:
            return None
        row_bytes = stride or bytes_per_pixel * picture.width
        if direction < 0 and len(picture.tile) > 1:
            return None
        parts.append((tile.offset, next_bottom - top, rawmode, row_bytes, direction))
        bottom = next_bottom
    if bottom != picture.height:
        return None
    return (
        strip
        for offset, rows, rawmode, row_bytes, direction in parts
        for strip in _rows(picture, file, offset, rows, rawmode, row_bytes, direction)
    )


def _raw_arguments(arguments: object) -> tuple[str, int, int]:
    """Mode, bytes from row to row (0: no gap), 1 or, for rows from the bottom up, -1."""
    given = arguments if isinstance(arguments, tuple) else (arguments,)
    rawmode, stride, direction = (*given, *("", 0, 1)[len(given) :])[:3]
    return str(rawmode), int(stride), int(direction)


def _rows(
    picture: Image.Image,
    file: IO[bytes],
    offset: int,
    rows: int,
    rawmode: str,
    row_bytes: int,
    direction: int,
) -> Iterator[Image.Image]:
    count = max(1, STRIP_BYTES // row_bytes)
    for top in range(0, rows, count):
        some = min(count, rows - top)
        first = top if direction > 0 else rows - top - some
        file.seek(offset + first * row_bytes)
        data = file.read(some * row_bytes)
        if len(data) < some * row_bytes:
            raise OSError("the picture is cut off")
        size = (picture.width, some)
        strip = Image.frombytes(picture.mode, size, data, "raw", (rawmode, row_bytes, direction))
        yield _dress(strip, picture)


def _dress(strip: Image.Image, picture: Image.Image) -> Image.Image:
    """Palette and transparency of the whole picture."""
    if picture.mode == "P" and picture.palette is not None:
        strip.putpalette(picture.palette)
    if "transparency" in picture.info:
        strip.info["transparency"] = picture.info["transparency"]
    return strip
