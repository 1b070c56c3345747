"""HEIC pictures tile by tile: phones cut theirs into tiles of 512 pixels, and libheif can open each
alone (its C interface `heif_image_handle_decode_image_tile`, 1.19 and later), so that 200
megapixels take no more memory than one.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import _pillow_heif  # type: ignore[import-not-found] # compiled, without types
from PIL import Image

from appliance.albums.pieces import assemble

TILE_PIXELS_LIMIT = 4 << 20
"""A tile larger than this is no help; phones have 512 x 512."""
TILE_DIVISOR = 16
"""Pixels; a small picture is put together from tiles that its factor divides."""
COLOURSPACE_RGB, INTERLEAVED_RGB = 1, 10
"""heif.h: heif_colorspace_RGB, heif_chroma_interleaved_RGB, which is also the channel's number."""
MIRROR, ROTATION = (int.from_bytes(name, "big") for name in (b"imir", b"irot"))
"""heif_properties.h; the third kind, `clap`, cuts borders off."""
TRANSFORMATIONS_LIMIT = 8
TURNS = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}
"""Counterclockwise, as irot is (ISO/IEC 23008-12, 6.5.10)."""
FLIPS = {0: Image.Transpose.FLIP_TOP_BOTTOM, 1: Image.Transpose.FLIP_LEFT_RIGHT}
"""enum heif_transform_mirror_direction."""


class _Result(ctypes.Structure):
    _fields_ = (("code", ctypes.c_int), ("detail", ctypes.c_int), ("message", ctypes.c_char_p))


class _Tiling(ctypes.Structure):
    """heif_tiling.h: struct heif_image_tiling, version 1."""

    _fields_ = (
        ("version", ctypes.c_int),
        ("columns", ctypes.c_uint32),
        ("rows", ctypes.c_uint32),
        ("tile_width", ctypes.c_uint32),
        ("tile_height", ctypes.c_uint32),
        ("width", ctypes.c_uint32),
        ("height", ctypes.c_uint32),
        ("top", ctypes.c_uint32),
        ("left", ctypes.c_uint32),
        ("extra_dimensions", ctypes.c_uint8),
        ("extra_sizes", ctypes.c_uint32 * 8),
    )


class _Options(ctypes.Structure):
    """heif_decoding.h: the beginning of struct heif_decoding_options, which libheif allocates."""

    _fields_ = (
        ("version", ctypes.c_uint8),
        ("ignore_transformations", ctypes.c_uint8),
        ("progress", ctypes.c_void_p * 4),
        ("to_eight_bits", ctypes.c_uint8),
    )


_library = ctypes.CDLL(_pillow_heif.__file__)
AVAILABLE = hasattr(_library, "heif_image_handle_decode_image_tile")
_pointer, _out = ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)
_property = (_pointer, ctypes.c_uint32, ctypes.c_uint32)
_SIGNATURES: dict[str, tuple[object, tuple[object, ...]]] = {
    "heif_context_alloc": (_pointer, ()),
    "heif_context_free": (None, (_pointer,)),
    "heif_context_read_from_memory_without_copy": (
        _Result,
        (_pointer, ctypes.c_char_p, ctypes.c_size_t, _pointer),
    ),
    "heif_context_set_max_decoding_threads": (None, (_pointer, ctypes.c_int)),
    "heif_context_get_primary_image_handle": (_Result, (_pointer, _out)),
    "heif_image_handle_get_item_id": (ctypes.c_uint32, (_pointer,)),
    "heif_item_get_transformation_properties": (
        ctypes.c_int,
        (_pointer, ctypes.c_uint32, ctypes.POINTER(ctypes.c_uint32), ctypes.c_int),
    ),
    "heif_item_get_property_type": (ctypes.c_uint32, _property),
    "heif_item_get_property_transform_mirror": (ctypes.c_int, _property),
    "heif_item_get_property_transform_rotation_ccw": (ctypes.c_int, _property),
    "heif_image_handle_release": (None, (_pointer,)),
    "heif_image_handle_has_alpha_channel": (ctypes.c_int, (_pointer,)),
    "heif_image_handle_get_image_tiling": (
        _Result,
        (_pointer, ctypes.c_int, ctypes.POINTER(_Tiling)),
    ),
    "heif_decoding_options_alloc": (ctypes.POINTER(_Options), ()),
    "heif_decoding_options_free": (None, (ctypes.POINTER(_Options),)),
    "heif_image_handle_decode_image_tile": (
        _Result,
        (
            *(_pointer, _out, ctypes.c_int, ctypes.c_int, ctypes.POINTER(_Options)),
            *(ctypes.c_uint32, ctypes.c_uint32),
        ),
    ),
    "heif_image_release": (None, (_pointer,)),
    "heif_image_get_width": (ctypes.c_int, (_pointer, ctypes.c_int)),
    "heif_image_get_height": (ctypes.c_int, (_pointer, ctypes.c_int)),
    "heif_image_get_plane_readonly": (
        _pointer,
        (_pointer, ctypes.c_int, ctypes.POINTER(ctypes.c_int)),
    ),
}
if AVAILABLE:
    for _name, (_result, _arguments) in _SIGNATURES.items():
        _function = getattr(_library, _name)
        _function.restype, _function.argtypes = _result, _arguments


class _TiledHeif:
    """The primary picture of a file, as it lies in the tiles."""

    def __init__(
        self, handle: ctypes.c_void_p, tiling: _Tiling, turns: tuple[Image.Transpose, ...]
    ) -> None:
        self._handle = handle
        self._tiling = tiling
        self.size = (tiling.width, tiling.height)
        self.turns = turns
        """What makes it upright, in this order."""

    def tiles(self) -> Iterator[tuple[int, int, Image.Image]]:
        """Left, top and the RGB pixels of each. Raises OSError where one is damaged."""
        options = _library.heif_decoding_options_alloc()
        try:
            options.contents.ignore_transformations = 1
            options.contents.to_eight_bits = 1
            for row in range(self._tiling.rows):
                for column in range(self._tiling.columns):
                    left, top = column * self._tiling.tile_width, row * self._tiling.tile_height
                    yield left, top, self._decode(column, row, options)
        finally:
            _library.heif_decoding_options_free(options)

    def _decode(self, column: int, row: int, options: object) -> Image.Image:
        image = ctypes.c_void_p()
        _check(
            _library.heif_image_handle_decode_image_tile(
                *(self._handle, ctypes.byref(image), COLOURSPACE_RGB, INTERLEAVED_RGB),
                *(options, column, row),
            )
        )
        try:
            size = (
                _library.heif_image_get_width(image, INTERLEAVED_RGB),
                _library.heif_image_get_height(image, INTERLEAVED_RGB),
            )
            stride = ctypes.c_int()
            plane = _library.heif_image_get_plane_readonly(
                image, INTERLEAVED_RGB, ctypes.byref(stride)
            )
            if not plane or min(size) < 1 or stride.value < 3 * size[0]:
                raise OSError("a tile is damaged")
            pixels = ctypes.string_at(plane, stride.value * size[1])
            return Image.frombytes("RGB", size, pixels, "raw", "RGB", stride.value)
        finally:
            _library.heif_image_release(image)


def is_tiled(data: bytes) -> bool:
    """Whether `shrink` can open it. Raises OSError when it is damaged."""
    with _opened(data) as picture:
        return picture is not None


def shrink(data: bytes, factor: int) -> Image.Image:
    """Upright RGB, one pixel for `factor` x `factor` (a power of two). Raises OSError."""
    with _opened(data) as picture:
        if picture is None:
            raise OSError("the picture has no tiles")
        small = assemble(picture.tiles(), picture.size, factor)
        for turn in picture.turns:
            small = small.transpose(turn)
        return small


@contextmanager
def _opened(data: bytes) -> Iterator[_TiledHeif | None]:
    """None for a picture that is not cut into tiles, or is partly transparent.

    Raises OSError when it is damaged.
    """
    if not AVAILABLE:
        yield None
        return
    context, handle = _library.heif_context_alloc(), ctypes.c_void_p()
    try:
        _library.heif_context_set_max_decoding_threads(context, 0)
        _check(_library.heif_context_read_from_memory_without_copy(context, data, len(data), None))
        _check(_library.heif_context_get_primary_image_handle(context, ctypes.byref(handle)))
        yield _tiled(context, handle)
    finally:
        if handle:
            _library.heif_image_handle_release(handle)
        _library.heif_context_free(context)


def _tiled(context: ctypes.c_void_p, handle: ctypes.c_void_p) -> _TiledHeif | None:
    tiling = _Tiling(version=1)
    _check(_library.heif_image_handle_get_image_tiling(handle, 0, ctypes.byref(tiling)))
    tile_pixels = tiling.tile_width * tiling.tile_height
    alone = tiling.columns * tiling.rows <= 1 or tile_pixels > TILE_PIXELS_LIMIT
    alone = alone or any(side % TILE_DIVISOR for side in (tiling.tile_width, tiling.tile_height))
    if alone or tiling.extra_dimensions or _library.heif_image_handle_has_alpha_channel(handle):
        return None
    turns = _turns(context, _library.heif_image_handle_get_item_id(handle))
    return None if turns is None else _TiledHeif(handle, tiling, turns)


def _turns(context: ctypes.c_void_p, item: int) -> tuple[Image.Transpose, ...] | None:
    """None where there is something else than turning and mirroring."""
    properties = (ctypes.c_uint32 * TRANSFORMATIONS_LIMIT)()
    count = _library.heif_item_get_transformation_properties(
        context, item, properties, TRANSFORMATIONS_LIMIT
    )
    found: list[Image.Transpose | None] = []
    for number in properties[:count]:
        here = (context, item, number)
        kind = _library.heif_item_get_property_type(*here)
        if kind == ROTATION:
            degrees = _library.heif_item_get_property_transform_rotation_ccw(*here)
            found += [TURNS.get(degrees)] if degrees else []
        else:
            direction = _library.heif_item_get_property_transform_mirror(*here)
            found.append(FLIPS.get(direction) if kind == MIRROR else None)
    turns = tuple(turn for turn in found if turn is not None)
    return turns if len(turns) == len(found) else None


def _check(result: _Result) -> None:
    if result.code:
        raise OSError((result.message or b"damaged").decode(errors="replace"))
