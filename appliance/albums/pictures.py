"""Opening pictures of any origin in little memory. Only the decoder's child process imports this.

The header decides before a pixel is read: what would take more than `memory_limit_bytes` to open is
refused (`decoding.py` knows what it takes).
"""

import io
import struct
import sys
import warnings
from dataclasses import dataclass
from typing import IO

import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
)

from appliance.albums.capture import ExifDates
from appliance.albums.colour_modes import to_rgb, turn
from appliance.albums.decoding import choose_way
from appliance.albums.embedded import open_embedded
from appliance.albums.errors import TooHeavy, Unreadable
from appliance.albums.scaled_webp import WebpFile

READERS = (
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    AvifImagePlugin,
    GifImagePlugin,
    TiffImagePlugin,
    BmpImagePlugin,
    WebpFile,
)
"""What Pillow needs for the formats below; all its readers would take 5 MB more."""
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "GIF", "TIFF", "BMP")
"""Tried in this order; no other of Pillow's readers is ever called."""
SCALED = ("JPEG", "MPO")
"""Decoded at a part of their size."""
NAMES = {"MPO": "jpeg", "HEIF": "heic"}
LONGEST_SIDE_LIMIT = 65_500
"""Pixels; the limit of JPEG itself (65,535) and far more than a panorama has."""
BOMB_PIXELS = 300_000_000
"""What has more is no photo; except a JPEG, of which an eighth can be decoded alone."""
PROFILE_LIMIT_BYTES = 4096
"""Of a colour profile that is kept in derived pictures; phones' profiles have 500 bytes."""
Image.MAX_IMAGE_PIXELS = None  # the limit here counts bytes, by format
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False
pillow_heif.register_heif_opener()

SAVE_AGAIN = "open it in a photo program, save it as JPEG and drop that in"


def prepare() -> None:
    """Loads what Pillow would load later, for a process that will open no file any more."""
    Image.preinit()
    Image.new("LAB", (2, 2)).convert("RGB")
    for kind in ("PNG", "GIF", "WEBP", "JPEG", "TIFF"):
        data = io.BytesIO()
        Image.new("P", (2, 2)).convert("RGB").save(data, kind)
        with open_picture(data) as picture:
            read_header(picture)
            decode(picture, 1, 1 << 25)


@dataclass(frozen=True)
class Header:
    """What a picture says of itself."""

    format: str
    """`jpeg`, `heic`, `png`, ..."""
    width: int
    """Pixels of the upright picture."""
    height: int
    dates: ExifDates


def open_picture(file: IO[bytes]) -> Image.Image:
    """Reads the header only. Raises Unreadable."""
    file.seek(0)
    beginning = file.read(32)
    file.seek(0)
    if not beginning:
        raise Unreadable("The file is empty.", "copy it here again from where it came from")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise Unreadable(*_describe(beginning)) from error
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError) as error:
        raise Unreadable("The picture's header is damaged.", _again()) from error
    if min(picture.size) < 1 or max(picture.size) > LONGEST_SIDE_LIMIT:
        raise _bomb(picture.size)
    return picture


def read_header(picture: Image.Image) -> Header:
    """Of an open picture whose pixels were not read yet."""
    width, height = picture.size
    if _orientation(picture) in (5, 6, 7, 8):
        width, height = height, width
    kind = picture.format or ""
    return Header(NAMES.get(kind, kind.lower()), width, height, _dates(_exif(picture)))


def decode(
    picture: Image.Image, longest_side: int, memory_limit_bytes: int, *, share: float = 1.0
) -> Image.Image:
    """Upright RGB, at most `longest_side` pixels wide and high, never enlarged.

    A JPEG that is scaled while it is decoded may come out smaller, by `share`: one of 3,000 pixels
    asked for 1,600 is then decoded at half its size and not in full, which takes a third.
    Transparency becomes white. Raises Unreadable; TooHeavy before anything is read.
    """
    orientation = _orientation(picture)
    profile = picture.info.get("icc_profile", b"")
    full = picture.size
    if full[0] * full[1] > BOMB_PIXELS and picture.format not in SCALED:
        raise _bomb(full)
    if picture.format in ("JPEG", "MPO"):
        asked = max(1, round(longest_side * share))
        picture.draft("RGB", (asked, asked * min(full) // max(full) or 1))
    try:
        way = choose_way(picture, full, longest_side)
        if way.memory_bytes > memory_limit_bytes:
            raise _too_heavy(picture, full, way.memory_bytes)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            small = to_rgb(way.open())
    except MemoryError as error:
        raise _too_heavy(picture, full, sys.maxsize) from error
    except (OSError, ValueError, SyntaxError, RuntimeError, EOFError, IndexError) as error:
        raise Unreadable("The picture is damaged or cut off.", _again()) from error
    if max(small.size) > longest_side:
        small.thumbnail((longest_side, longest_side), Image.Resampling.BICUBIC, 2.0)
    upright = turn(small, orientation)
    keep = picture.mode in ("RGB", "RGBA", "P") and 0 < len(profile) <= PROFILE_LIMIT_BYTES
    upright.info = {"icc_profile": profile} if keep else {}
    return upright


def decode_embedded(picture: Image.Image, longest_side: int) -> Image.Image:
    """As `decode`, for what that finds too heavy: the small picture inside the file.

    Raises Unreadable where the whole is larger than any photo.
    """
    full, orientation = picture.size, _orientation(picture)
    if full[0] * full[1] > BOMB_PIXELS:
        raise _bomb(full)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        small = open_embedded(picture, full)
    small.thumbnail((longest_side, longest_side), Image.Resampling.BICUBIC)
    return turn(small, orientation)


def encode(
    picture: Image.Image, longest_side: int, kind: str, quality: int
) -> tuple[bytes, tuple[int, int]]:
    """A smaller picture as WebP or JPEG, and its size."""
    small = picture.copy()
    small.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    data = io.BytesIO()
    options = {"method": 4} if kind == "WEBP" else {"progressive": True, "optimize": True}
    profile = picture.info.get("icc_profile")
    small.save(data, kind, quality=quality, icc_profile=profile, **options)
    return data.getvalue(), small.size


def mean_colour(picture: Image.Image) -> str:
    """`#rrggbb`."""
    red, green, blue = picture.resize((1, 1), Image.Resampling.BOX).tobytes()
    return f"#{red:02x}{green:02x}{blue:02x}"


def _orientation(picture: Image.Image) -> int:
    """1-8 (EXIF 2.32, tag 0x0112); 1 also for formats that come upright out of their readers."""
    if picture.format in ("TIFF", "HEIF"):
        return 1
    orientation = _exif(picture).get(ExifTags.Base.Orientation, 1)
    return orientation if isinstance(orientation, int) else 1


def _exif(picture: Image.Image) -> Image.Exif:
    """What stands before the pixels; to look behind them Pillow would decode a whole PNG."""
    try:
        if picture.format != "PNG":
            return picture.getexif()
        exif = Image.Exif()
        data = picture.info.get("exif")
        if isinstance(data, bytes):
            exif.load(data)
    except (ValueError, TypeError, KeyError, SyntaxError, OSError, IndexError, struct.error):
        return Image.Exif()  # damaged EXIF data are no reason to refuse a picture
    return exif


def _dates(exif: Image.Exif) -> ExifDates:
    try:
        detail = exif.get_ifd(ExifTags.IFD.Exif)
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        return ExifDates(
            original=_text(detail.get(ExifTags.Base.DateTimeOriginal)),
            original_offset=_text(detail.get(ExifTags.Base.OffsetTimeOriginal)),
            digitized=_text(detail.get(ExifTags.Base.DateTimeDigitized)),
            digitized_offset=_text(detail.get(ExifTags.Base.OffsetTimeDigitized)),
            changed=_text(exif.get(ExifTags.Base.DateTime)),
            changed_offset=_text(detail.get(ExifTags.Base.OffsetTime)),
            gps_date=_text(gps.get(ExifTags.GPS.GPSDateStamp)),
            gps_time=_numbers(gps.get(ExifTags.GPS.GPSTimeStamp)),
        )
    except (ValueError, TypeError, KeyError, SyntaxError, OSError, IndexError, struct.error):
        return ExifDates()


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return value.strip("\0 ")[:40] if isinstance(value, str) else ""


def _numbers(value: object) -> tuple[float, ...]:
    if not isinstance(value, tuple | list) or len(value) != 3:
        return ()
    try:
        return tuple(float(part) for part in value)
    except (TypeError, ValueError, ZeroDivisionError):
        return ()


def _bomb(full: tuple[int, int]) -> Unreadable:
    return Unreadable(
        f"The picture claims to be {full[0]} x {full[1]} pixels, more than this box can open.",
        SAVE_AGAIN,
    )


def _too_heavy(picture: Image.Image, full: tuple[int, int], needed_bytes: int) -> TooHeavy:
    return TooHeavy(
        f"A {picture.format} of {full[0]} x {full[1]} pixels is more than this box can open.",
        "open it in a photo program, make it smaller, and drop that in",
        needed_bytes,
    )


def _describe(beginning: bytes) -> tuple[str, str]:
    """Reason and mend for something that is no picture."""
    if beginning[4:8] == b"ftyp" or beginning[:4] in (
        b"RIFF",
        b"\x1aE\xdf\xa3",
        b"\x00\x00\x01\xba",
    ):
        return "This is a video or a sound, not a picture.", "keep videos elsewhere for now"
    if beginning[:3] == b"\xff\xd8\xff" or beginning[:4] == b"\x89PNG":
        return "The picture's header is damaged.", _again()
    if beginning[:5] == b"%PDF-":
        return "This is a PDF document, not a picture.", SAVE_AGAIN
    if all(9 <= byte <= 13 or byte >= 32 for byte in beginning):
        return "This is a text, not a picture.", "drop pictures only: JPEG, HEIC, PNG, WebP, ..."
    return "This is no picture of a kind that the box knows.", SAVE_AGAIN


def _again() -> str:
    return "copy it again from the phone or camera it comes from"
