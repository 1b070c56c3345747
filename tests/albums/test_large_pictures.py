"""Pictures larger than memory: opened piece by piece, or kept with the small picture in them."""

import io
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from appliance.albums import pieces, queries
from appliance.albums.decoder import Decoder
from tests.albums.conftest import Box
from tests.albums.painted import canvas
from tests.albums.tiled import save_tiled

pillow_heif.register_heif_opener()


def gradient(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """Every place has a colour of its own, and neighbours are alike."""
    width, height = size
    across = Image.linear_gradient("L").rotate(90).resize(size)
    down = Image.linear_gradient("L").resize(size)
    picture = Image.merge("RGB", (across, down, Image.new("L", (width, height), 90)))
    if mode == "RGB":
        return picture
    return picture.convert(mode, dither=Image.Dither.NONE, palette=Image.Palette.ADAPTIVE)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.close()


def opened(decoder: Decoder, path: Path) -> np.ndarray:
    return decoder.analyse(path).pixels.astype(int)


def expected(picture: Image.Image, shape: tuple[int, ...]) -> np.ndarray:
    small = picture.convert("RGB").resize((shape[1], shape[0]), Image.Resampling.BOX)
    return np.asarray(small).astype(int)


LARGE = (3600, 2500)


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("PNG", "RGB", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "L", {}),
        ("PNG", "LA", {}),
        ("PNG", "P", {}),
        ("PNG", "1", {}),
        ("BMP", "RGB", {}),
        ("BMP", "L", {}),
        ("BMP", "P", {}),
        ("TIFF", "RGB", {}),
        ("TIFF", "CMYK", {}),
        ("TIFF", "L", {}),
        ("TIFF", "P", {}),
        ("TIFF", "RGB", {"tiffinfo": {278: 7}}),
        ("TIFF", "RGB", {"compression": "tiff_lzw"}),
        ("TIFF", "RGB", {"compression": "tiff_adobe_deflate", "tiffinfo": {278: 7}}),
        ("TIFF", "RGBA", {"compression": "tiff_lzw"}),
        ("WEBP", "RGB", {"quality": 95}),
        ("WEBP", "RGBA", {"quality": 95}),
        ("WEBP", "RGB", {"lossless": True, "quality": 0}),
        ("AVIF", "RGB", {"speed": 10}),
        ("GIF", "P", {}),
        ("HEIF", "RGB", {"quality": 80}),
        ("JPEG", "RGB", {"progressive": True}),
    ],
)
def test_a_large_picture_looks_as_it_does_when_it_is_opened_at_once(
    decoder: Decoder, tmp_path: Path, kind: str, mode: str, options: dict[str, object]
) -> None:
    picture = gradient(LARGE, mode)
    picture.save(tmp_path / "picture", kind, **options)
    pixels = opened(decoder, tmp_path / "picture")
    assert np.abs(pixels - expected(picture, pixels.shape)).mean() < 3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_heic_of_tiles_is_turned_upright(
    decoder: Decoder, tmp_path: Path, orientation: int
) -> None:
    save_tiled(np.asarray(gradient((3700, 2300))), tmp_path / "t.heic", orientation=orientation)
    with pillow_heif.open_heif(tmp_path / "t.heic").to_pillow() as picture:
        pixels = opened(decoder, tmp_path / "t.heic")
        assert (picture.width > picture.height) == (pixels.shape[1] > pixels.shape[0])
        assert np.abs(pixels - expected(picture, pixels.shape)).mean() < 2


def test_the_first_frame_of_an_animation_is_shown(decoder: Decoder, tmp_path: Path) -> None:
    frames = [Image.new("RGBA", (300, 200), colour) for colour in ("#ff000080", "blue")]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], quality=95)
    red, green, blue = opened(decoder, tmp_path / "a.webp")[100, 150]
    assert red > 240
    assert abs(green - 127) < 12
    assert abs(blue - 127) < 12


def test_strips_are_joined_where_they_do_not_divide() -> None:
    picture = gradient((64, 50))
    strips = [picture.crop((0, top, 64, min(top + 7, 50))) for top in range(0, 50, 7)]
    small = pieces.assemble(pieces.align(strips, 4), picture.size, 4)
    assert small.tobytes() == picture.reduce(4).tobytes()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP", "TIFF"])
def test_a_picture_that_is_cut_off_is_damaged(box: Box, tmp_path: Path, kind: str) -> None:
    gradient((2000, 1500)).save(tmp_path / "whole", kind)
    data = (tmp_path / "whole").read_bytes()
    outcome = box.take(data[: len(data) // 2], "half")
    assert (outcome.kind, outcome.reason) == ("quarantined", "The picture is damaged or cut off.")


def exif_with_thumbnail(thumbnail: Image.Image, taken: str, orientation: int) -> bytes:
    """As cameras write it: a directory, its detail with the date, a second one with a JPEG."""
    jpeg = io.BytesIO()
    thumbnail.save(jpeg, "JPEG", quality=90)
    data = jpeg.getvalue()
    first = struct.pack("<HHHIHxxHHIII", 2, 0x0112, 3, 1, orientation, 0x8769, 4, 1, 38, 76)
    detail = struct.pack("<HHHIII", 1, 0x9003, 2, 20, 56, 0) + taken.encode() + b"\0"
    second = struct.pack("<HHHIIHHIII", 2, 0x0201, 4, 1, 106, 0x0202, 4, 1, len(data), 0)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + first + detail + second + data


TOO_LARGE = (9000, 5000)
"""A progressive JPEG of this size takes 135 MB for its coefficients alone."""


def too_large(size: tuple[int, int] = TOO_LARGE, **options: object) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, "navy").save(data, "JPEG", progressive=True, **options)
    return data.getvalue()


def with_preview(preview: Image.Image) -> bytes:
    """In the multi-picture format, the second picture a large thumbnail."""
    data = io.BytesIO()
    whole = Image.new("RGB", TOO_LARGE, "navy")
    whole.save(data, "MPO", save_all=True, append_images=[preview], progressive=True, quality=95)
    written = bytearray(data.getvalue())
    second_entry = written.index(b"MPF\0") + 70
    written[second_entry : second_entry + 4] = struct.pack("<I", 0x010002)
    return bytes(written)


def test_a_picture_that_is_too_large_is_a_photo_all_the_same(box: Box) -> None:
    photo = box.ask(queries.photo, box.take(too_large(), "large.jpg").photo)
    assert (photo.width, photo.height, photo.whole) == (9000, 5000, False)
    assert (box.paths.library / photo.original).read_bytes() == too_large()
    with Image.open(box.paths.albums / photo.thumbnail) as thumbnail:
        assert thumbnail.size == (320, 178)
    assert photo.colour == "#808080"


def test_a_picture_that_can_be_opened_is_whole(box: Box) -> None:
    assert box.photo_of().photo is not None
    assert box.ask(queries.photo, 1).whole


def test_the_thumbnail_of_the_camera_stands_for_a_picture_that_is_too_large(box: Box) -> None:
    thumbnail = Image.new("RGB", (160, 120))
    thumbnail.paste("orange", (0, 12, 160, 108))  # with the bars that cameras add
    exif = exif_with_thumbnail(thumbnail, "2024:07:31 18:05:00", orientation=6)
    photo = box.ask(queries.photo, box.take(too_large(exif=exif), "large.jpg").photo)
    assert photo.taken_at == "2024-07-31T18:05:00"
    assert (photo.width, photo.height) == (5000, 9000)
    with Image.open(box.paths.albums / photo.thumbnail) as shown:
        assert shown.height > shown.width
        assert np.asarray(shown)[:, :, 0].min() > 180, "no bars"


def test_faces_are_found_on_a_preview_that_shows_enough(box: Box) -> None:
    outcome = box.take(with_preview(canvas([1, 2], size=(1800, 1000))), "large.jpg")
    assert outcome.faces == 2
    photo = box.ask(queries.photo, outcome.photo)
    assert not photo.whole
    preview = box.albums.importer.make_preview(box.albums.library.get(photo.id))
    with Image.open(box.paths.albums / preview) as shown:
        assert shown.size == (1440, 800)


def test_faces_are_not_searched_on_a_small_preview_ever(box: Box) -> None:
    assert box.take(with_preview(canvas([1], size=(540, 300))), "large.jpg").faces == 0
    assert box.albums.library.unsearched(5) == []


def test_a_picture_that_is_larger_than_any_photo_is_refused(box: Box) -> None:
    outcome = box.take(too_large((20_000, 16_000)), "bomb.jpg")
    assert outcome.kind == "quarantined"
    assert "more than this box can open" in outcome.reason
