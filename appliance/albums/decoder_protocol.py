"""What the decoder and its child process say to each other: one message a packet, pixels and
encoded pictures in memory that both see.
"""

import msgspec

PIXELS_LIMIT_BYTES = 8 << 20
"""The first part of the shared memory: the picture, upright RGB, row by row."""
ENCODED_LIMIT_BYTES = 16 << 20
"""The second part: thumbnails, previews, crops."""
SHARED_BYTES = PIXELS_LIMIT_BYTES + ENCODED_LIMIT_BYTES
LONGEST_SIDE_LIMIT = 1600
"""Pixels of the analysed picture: 1600 x 1600 x 3 bytes fit in the first part."""
PACKET_LIMIT_BYTES = 64 << 10


class Analyse(msgspec.Struct, tag=True, frozen=True):
    """Decode the file of the attached descriptor into the shared memory."""

    longest_side: int
    thumbnail_side: int
    """0: no thumbnail."""
    thumbnail_quality: int
    memory_limit_bytes: int
    embedded: bool = False
    """Of the smaller picture that the camera put into the file."""


class Preview(msgspec.Struct, tag=True, frozen=True):
    """Make a JPEG of the file of the attached descriptor."""

    longest_side: int
    quality: int
    memory_limit_bytes: int
    embedded: bool = False


class Square(msgspec.Struct, frozen=True, array_like=True):
    """A part of the analysed picture, in its pixels; moved inside where it reaches beyond."""

    left: int
    top: int
    side: int


class Crop(msgspec.Struct, tag=True, frozen=True):
    """Cut squares out of the picture that was analysed last, as WebP."""

    squares: tuple[Square, ...]
    side: int
    quality: int


class Analysed(msgspec.Struct, tag=True, frozen=True):
    format: str
    width: int
    """Pixels of the upright original."""
    height: int
    analysed_width: int
    analysed_height: int
    whole: bool
    """False where the pixels are those of a smaller picture inside the file, or a neutral tile."""
    thumbnail_bytes: int
    colour: str
    dates: dict[str, str | tuple[float, ...]]
    """The fields of `capture.ExifDates`."""
    resident_bytes: int
    """What the child holds now."""


class Encoded(msgspec.Struct, tag=True, frozen=True):
    """Pictures lie one behind the other in the second part of the shared memory."""

    sizes_bytes: tuple[int, ...]
    resident_bytes: int


class Refused(msgspec.Struct, tag=True, frozen=True):
    reason: str
    mend: str
    needed_bytes: int = 0
    """What opening the picture takes, where that is why."""


Request = Analyse | Preview | Crop
Response = Analysed | Encoded | Refused
