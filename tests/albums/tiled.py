"""HEIC pictures cut into tiles, as phones make them; Pillow's plugin writes none.

By libheif's C interface: https://github.com/strukturag/libheif, heif_tiling.h, heif_encoding.h.
"""

import ctypes
from ctypes import byref, c_char_p, c_int, c_uint32, c_void_p
from pathlib import Path

import _pillow_heif  # type: ignore[import-not-found] # its own compiled part
import numpy as np

HEVC, RGB, INTERLEAVED_RGB = 1, 1, 10
ORIENTATION_OFFSET = 20
"""Of image_orientation in struct heif_encoding_options, version 5."""


class Result(ctypes.Structure):
    _fields_ = (("code", c_int), ("detail", c_int), ("message", c_char_p))


library = ctypes.CDLL(_pillow_heif.__file__)
for name in ("heif_context_alloc", "heif_encoding_options_alloc", "heif_image_get_plane"):
    getattr(library, name).restype = c_void_p


def call(name: str, *arguments: object) -> None:
    function = getattr(library, name)
    function.restype = Result
    result = function(*arguments)
    assert result.code == 0, (name, result.message)


def save_tiled(pixels: np.ndarray, path: Path, *, side: int = 512, orientation: int = 1) -> None:
    """RGB as a HEIC of tiles; `orientation` is EXIF's, stored as the turning of HEIC."""
    height, width = pixels.shape[:2]
    columns, rows = -(-width // side), -(-height // side)
    context, encoder, whole = c_void_p(library.heif_context_alloc()), c_void_p(), c_void_p()
    call("heif_context_get_encoder_for_format", context, HEVC, byref(encoder))
    call("heif_encoder_set_parameter", encoder, b"preset", b"ultrafast")
    options = library.heif_encoding_options_alloc()
    ctypes.cast(options + ORIENTATION_OFFSET, ctypes.POINTER(c_int))[0] = orientation
    sizes = (c_uint32(value) for value in (width, height, columns, rows))
    call("heif_context_add_grid_image", context, *sizes, c_void_p(options), byref(whole))
    for row in range(rows):
        for column in range(columns):
            tile = pixels[row * side : (row + 1) * side, column * side : (column + 1) * side]
            missing = ((0, side - tile.shape[0]), (0, side - tile.shape[1]), (0, 0))
            image = make_image(np.pad(tile, missing, mode="edge"))
            place = c_uint32(column), c_uint32(row)
            call("heif_context_add_image_tile", context, whole, *place, image, encoder)
            library.heif_image_release(image)
    call("heif_context_set_primary_image", context, whole)
    call("heif_context_write_to_file", context, str(path).encode())
    library.heif_image_handle_release(whole)
    library.heif_encoder_release(encoder)
    library.heif_encoding_options_free(c_void_p(options))
    library.heif_context_free(context)


def make_image(tile: np.ndarray) -> c_void_p:
    image, stride, side = c_void_p(), c_int(), tile.shape[0]
    call("heif_image_create", side, side, RGB, INTERLEAVED_RGB, byref(image))
    call("heif_image_add_plane", image, INTERLEAVED_RGB, side, side, 8)
    plane = library.heif_image_get_plane(image, INTERLEAVED_RGB, byref(stride))
    rows = ctypes.cast(plane, ctypes.POINTER(ctypes.c_uint8))
    np.ctypeslib.as_array(rows, (side, stride.value))[:, : side * 3] = tile.reshape(side, -1)
    return image
