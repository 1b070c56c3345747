"""WebP scaled while it is decoded, row by row (libwebp's advanced interface, `webp/decode.h`).

Pillow's own reader treats every WebP as an animation and takes 16 bytes a pixel, half of them as
soon as the header is read.
"""

import ctypes
import struct
from collections.abc import Iterator
from typing import IO

from PIL import Image, ImageFile, WebPImagePlugin, _webp

ABI_VERSION = 0x0209
"""WEBP_DECODER_ABI_VERSION; its upper byte must be the library's."""
MODE_RGB, MODE_RGBA = 0, 1
LOSSLESS, OUT_OF_MEMORY = 2, 1
READ_BYTES = 4096
"""Enough of a picture to know its features."""
PICTURE_CHUNKS = (b"ALPH", b"VP8 ", b"VP8L")
KEPT_CHUNKS = {b"EXIF": "exif", b"ICCP": "icc_profile"}
KEPT_LIMIT_BYTES = 1 << 20
FRAME_HEADER_BYTES = 16
ALPHA_FLAG = 0x10
LOSSLESS_BYTES_PER_PIXEL = 4.3
"""Lossless pictures are decoded whole before they are scaled: ARGB and what predicts it."""
ALPHA_BYTES_PER_PIXEL = 3


class _Features(ctypes.Structure):
    _fields_ = (
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("has_alpha", ctypes.c_int),
        ("has_animation", ctypes.c_int),
        ("format", ctypes.c_int),
        ("padding", ctypes.c_uint32 * 5),
    )


class _Buffer(ctypes.Structure):
    """WebPDecBuffer with the RGBA side of its union; the other side has 80 bytes."""

    _fields_ = (
        ("colourspace", ctypes.c_int),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("is_external_memory", ctypes.c_int),
        ("pixels", ctypes.c_void_p),
        ("stride", ctypes.c_int),
        ("size", ctypes.c_size_t),
        ("union_rest", ctypes.c_uint8 * 56),
        ("padding", ctypes.c_uint32 * 4),
        ("private_memory", ctypes.c_void_p),
    )


class _Options(ctypes.Structure):
    _fields_ = (
        ("bypass_filtering", ctypes.c_int),
        ("no_fancy_upsampling", ctypes.c_int),
        ("use_cropping", ctypes.c_int),
        ("crop", ctypes.c_int * 4),
        ("use_scaling", ctypes.c_int),
        ("scaled_width", ctypes.c_int),
        ("scaled_height", ctypes.c_int),
        ("rest", ctypes.c_int * 4),
        ("padding", ctypes.c_uint32 * 5),
    )


class _Configuration(ctypes.Structure):
    _fields_ = (("input", _Features), ("output", _Buffer), ("options", _Options))


_library = ctypes.CDLL(_webp.__file__)
"""Pillow's module, whose libwebp is found through it."""
_library.WebPInitDecoderConfigInternal.argtypes = (ctypes.POINTER(_Configuration), ctypes.c_int)
_library.WebPGetFeaturesInternal.argtypes = (
    *(ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(_Features)),
    ctypes.c_int,
)
_library.WebPDecode.argtypes = (
    *(ctypes.c_char_p, ctypes.c_size_t),
    ctypes.POINTER(_Configuration),
)


class WebpFile(ImageFile.ImageFile):
    """A WebP, of an animation the first frame; open only, its pixels come from `decode_scaled`.

    Containers: https://developers.google.com/speed/webp/docs/riff_container
    """

    format = "WEBP"
    format_description = "WebP"
    bytes_per_pixel: float
    """What decoding takes for each."""

    def _open(self) -> None:
        if self.fp is None:
            raise SyntaxError("the file is closed")
        self._parts: dict[bytes, tuple[int, int]] = {}
        """Offset and length, with their headers, of the chunks that are the picture."""
        self._read_chunks(self.fp, 12, None)
        offset, _ = self._part(b"VP8 ", b"VP8L") or (0, 0)
        self.fp.seek(offset)
        features, beginning = _Features(), self.fp.read(READ_BYTES)
        if _library.WebPGetFeaturesInternal(
            beginning, len(beginning), ctypes.byref(features), ABI_VERSION
        ):
            raise SyntaxError("the header is damaged")
        self._size = features.width, features.height
        alpha = features.has_alpha or self._part(b"ALPH") is not None
        self._mode = "RGBA" if alpha else "RGB"
        self.bytes_per_pixel = ALPHA_BYTES_PER_PIXEL if alpha else 0.0
        if features.format == LOSSLESS:
            self.bytes_per_pixel = LOSSLESS_BYTES_PER_PIXEL
        self.tile = []

    def decode_scaled(self, size: tuple[int, int]) -> Image.Image:
        """RGB or RGBA. Raises OSError when the picture is damaged."""
        return _decode(self._picture_data(), size, self.mode)

    @property
    def stored_bytes(self) -> int:
        """Of the compressed picture, which is read as a whole."""
        return sum(length for _, length in self._parts.values())

    def _read_chunks(self, file: IO[bytes], start: int, end: int | None) -> None:
        for kind, offset, length in _chunks(file, start, end):
            if kind in PICTURE_CHUNKS:
                self._parts.setdefault(kind, (offset - 8, length + 8))
            elif kind == b"ANMF" and not self._parts:
                self._read_chunks(file, offset + FRAME_HEADER_BYTES, offset + length)
            elif kind in KEPT_CHUNKS and length <= KEPT_LIMIT_BYTES:
                file.seek(offset)
                self.info[KEPT_CHUNKS[kind]] = file.read(length)

    def _part(self, *kinds: bytes) -> tuple[int, int] | None:
        return next((self._parts[kind] for kind in kinds if kind in self._parts), None)

    def _picture_data(self) -> bytes:
        """A container with nothing but the picture."""
        if self.fp is None:
            raise OSError("the file is closed")
        chunks = []
        for part in (self._part(b"ALPH"), self._part(b"VP8 ", b"VP8L")):
            if part is not None:
                self.fp.seek(part[0])
                chunk = self.fp.read(part[1])
                chunks.append(chunk + b"\0" * (len(chunk) % 2))
        if len(chunks) > 1:
            sides = b"".join((side - 1).to_bytes(3, "little") for side in self.size)
            chunks.insert(0, b"VP8X" + struct.pack("<II", 10, ALPHA_FLAG) + sides)
        body = b"WEBP" + b"".join(chunks)
        return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunks(file: IO[bytes], start: int, end: int | None) -> Iterator[tuple[bytes, int, int]]:
    """Kind, offset and length of what is in the chunks."""
    offset = start
    while end is None or offset + 8 <= end:
        file.seek(offset)
        header = file.read(8)
        if len(header) < 8:
            return
        kind, length = struct.unpack("<4sI", header)
        yield kind, offset + 8, length
        offset += 8 + length + length % 2


def _decode(data: bytes, size: tuple[int, int], mode: str) -> Image.Image:
    configuration = _Configuration()
    if not _library.WebPInitDecoderConfigInternal(ctypes.byref(configuration), ABI_VERSION):
        raise OSError("another libwebp")
    channels = len(mode)
    pixels = (ctypes.c_uint8 * (channels * size[0] * size[1]))()
    output, options = configuration.output, configuration.options
    output.colourspace = MODE_RGBA if mode == "RGBA" else MODE_RGB
    output.is_external_memory = 1
    output.pixels = ctypes.addressof(pixels)
    output.stride, output.size = channels * size[0], len(pixels)
    options.use_scaling = 1
    options.scaled_width, options.scaled_height = size
    status = _library.WebPDecode(data, len(data), ctypes.byref(configuration))
    if status == OUT_OF_MEMORY:
        raise MemoryError
    if status:
        raise OSError("the picture is damaged")
    return Image.frombytes(mode, size, bytes(pixels))


def _accept(beginning: bytes) -> bool:
    return beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP"


WRITER = WebPImagePlugin
"""Loaded before, so that it does not take the place of this reader later."""
Image.register_open(WebpFile.format, WebpFile, _accept)
