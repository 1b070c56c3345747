"""Opening pictures apart from everything else."""

import io
import os
import signal
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from appliance.albums import decoder as decoder_module
from appliance.albums.decoder import Analysis, Decoder
from appliance.albums.decoder_protocol import Square
from appliance.albums.errors import Unreadable
from appliance.service.memory import tree_pss_bytes
from tests.albums.painted import drop, paint

pillow_heif.register_heif_opener()


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.close()


@pytest.fixture
def analyse(decoder: Decoder, tmp_path: Path) -> Callable[..., Analysis]:
    def analyse(picture: Image.Image, kind: str, **options: object) -> Analysis:
        picture.save(tmp_path / "picture", kind, **options)
        return decoder.analyse(tmp_path / "picture", thumbnail_side=320)

    return analyse


def quarters(size: tuple[int, int] = (400, 200)) -> Image.Image:
    """Red, green above blue, white."""
    colours = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
    return Image.fromarray(colours).resize(size, Image.Resampling.NEAREST)


def corners(pixels: np.ndarray) -> str:
    """The colours of the corners, clockwise from the upper left."""
    names = {(1, 0, 0): "r", (0, 1, 0): "g", (0, 0, 1): "b", (1, 1, 1): "w", (0, 0, 0): "k"}
    height, width = pixels.shape[:2]
    places = ((0, 0), (0, 1), (1, 1), (1, 0))
    found = [
        pixels[int((y + 0.5) * height / 2), int((x + 0.5) * width / 2)] // 128 for y, x in places
    ]
    return "".join(names[(int(red), int(green), int(blue))] for red, green, blue in found)


@pytest.mark.parametrize(
    ("orientation", "expected"),
    list(enumerate(["rgwb", "grbw", "wbrg", "bwgr", "rbwg", "brgw", "wgrb", "gwbr"], 1)),
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_picture_is_turned_upright(
    analyse: Callable[..., Analysis], kind: str, orientation: int, expected: str
) -> None:
    picture = quarters()
    exif = picture.getexif()
    exif[0x0112] = orientation
    analysis = analyse(picture, kind, exif=exif)
    assert corners(analysis.pixels) == expected
    upright = (400, 200) if orientation < 5 else (200, 400)
    assert (analysis.width, analysis.height) == upright
    assert analysis.pixels.shape[:2] == upright[::-1]


@pytest.mark.parametrize(
    ("kind", "format"),
    [
        ("JPEG", "jpeg"),
        ("PNG", "png"),
        ("WEBP", "webp"),
        ("HEIF", "heic"),
        ("AVIF", "avif"),
        ("GIF", "gif"),
        ("TIFF", "tiff"),
        ("BMP", "bmp"),
    ],
)
def test_the_formats_of_a_household(
    analyse: Callable[..., Analysis],
    kind: str,
    format: str,  # noqa: A002 # the field's name
) -> None:
    analysis = analyse(quarters(), kind)
    assert (analysis.format, analysis.width, analysis.height) == (format, 400, 200)
    assert corners(analysis.pixels) == "rgwb"


def test_a_heic_from_a_phone_held_upright(analyse: Callable[..., Analysis]) -> None:
    picture = quarters((4000, 2000))
    exif = picture.getexif()
    exif[0x0112] = 6
    analysis = analyse(picture, "HEIF", exif=exif.tobytes())
    assert corners(analysis.pixels) == "brgw"
    assert (analysis.width, analysis.height) == (2000, 4000)
    assert analysis.pixels.shape == (1600, 800, 3)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "YCbCr", "LAB", "I", "F"])
def test_every_colour_mode_becomes_rgb(analyse: Callable[..., Analysis], mode: str) -> None:
    kind = {"YCbCr": "JPEG", "CMYK": "JPEG"}.get(mode, "TIFF")
    assert analyse(quarters().convert(mode), kind).pixels.shape == (200, 400, 3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_what_is_transparent_becomes_white(analyse: Callable[..., Analysis], kind: str) -> None:
    picture = Image.new("RGBA", (100, 50), (0, 0, 0, 0))
    assert corners(analyse(picture, kind).pixels) == "wwww"


def test_sixteen_bits_of_grey_are_not_cut_off(analyse: Callable[..., Analysis]) -> None:
    grey = Image.fromarray(np.full((50, 100), 0x8000, np.uint16))
    assert abs(int(analyse(grey, "PNG").pixels[25, 50, 0]) - 0x80) <= 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("size", [(5000, 3000), (3000, 2000), (1601, 10), (1, 4000), (1, 1)])
def test_no_side_is_longer_than_asked_for(
    analyse: Callable[..., Analysis], kind: str, size: tuple[int, int]
) -> None:
    analysis = analyse(Image.new("RGB", size, "red"), kind)
    assert (analysis.width, analysis.height) == size
    assert max(analysis.pixels.shape[:2]) <= 1600
    assert max(analysis.pixels.shape[:2]) >= min(1200, *[max(size)])
    with Image.open(io.BytesIO(analysis.thumbnail)) as thumbnail:
        assert max(thumbnail.size) == min(320, max(size))


def test_dates_are_read(analyse: Callable[..., Analysis]) -> None:
    picture = quarters()
    exif = picture.getexif()
    exif[0x010F] = "Maker"  # Pillow writes no PNG block without one
    exif.get_ifd(0x8769).update({0x9003: "2024:07:31 18:05:00", 0x9011: "+02:00"})
    exif.get_ifd(0x8825).update({29: "2024:07:31", 7: (16.0, 5.0, 0.0)})
    for kind in ("JPEG", "PNG", "WEBP"):
        dates = analyse(picture, kind, exif=exif).dates
        assert (dates.original, dates.original_offset) == ("2024:07:31 18:05:00", "+02:00")
        assert (dates.gps_date, dates.gps_time) == ("2024:07:31", (16.0, 5.0, 0.0))


def test_the_mean_colour(analyse: Callable[..., Analysis]) -> None:
    assert analyse(Image.new("RGB", (64, 64), "#204060"), "PNG").colour == "#204060"


def test_crops_are_cut_from_the_picture_and_moved_inside_it(
    decoder: Decoder, analyse: Callable[..., Analysis]
) -> None:
    with decoder.session():
        analyse(quarters(), "PNG")
        inside, beyond = decoder.crop([Square(0, 0, 100), Square(350, 150, 100)], side=50)
    for data, colour in ((inside, (255, 0, 0)), (beyond, (255, 255, 255))):
        with Image.open(io.BytesIO(data)) as crop:
            assert crop.size == (50, 50)
            found = np.asarray(crop.convert("RGB"), int)[25, 25]
            assert np.abs(found - colour).max() < 12


def test_a_hundred_megapixels_of_jpeg_are_opened_small(decoder: Decoder, tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    Image.effect_noise((145, 109), 80).convert("RGB").resize((11_600, 8_700)).save(path)
    analysis = decoder.analyse(path, thumbnail_side=320)
    assert (analysis.width, analysis.height) == (11_600, 8_700)
    assert 1200 <= max(analysis.pixels.shape) <= 1600


@pytest.fixture(scope="session")
def bombs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small files that say they are very large pictures."""
    folder = tmp_path_factory.mktemp("bombs")
    bombs = {name: folder / name for name in ("grey.png", "lie.png", "progressive.jpg", "lie.bmp")}
    Image.new("1", (30_000, 30_000)).save(bombs["grey.png"])
    honest = io.BytesIO()
    Image.new("RGB", (10, 10)).save(honest, "PNG")
    data = bytearray(honest.getvalue())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    bombs["lie.png"].write_bytes(data)
    Image.new("L", (24_000, 14_000)).save(bombs["progressive.jpg"], progressive=True)
    bitmap = io.BytesIO()
    Image.new("RGB", (10, 10)).save(bitmap, "BMP")
    data = bytearray(bitmap.getvalue())
    data[18:26] = (50_000).to_bytes(4, "little") * 2
    bombs["lie.bmp"].write_bytes(data)
    return bombs


@pytest.mark.parametrize("name", ["grey.png", "lie.png", "progressive.jpg", "lie.bmp"])
def test_what_is_no_photo_any_more_is_refused_by_its_header(
    decoder: Decoder, bombs: dict[str, Path], name: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        decoder.analyse(bombs[name])
    assert "more than this box can open" in refused.value.reason
    assert refused.value.mend


def test_albums_stays_in_its_memory_whatever_it_opens(
    bombs: dict[str, Path], tmp_path: Path
) -> None:
    """Opening a picture may take what albums leaves for it: 250 MB less 100 for the process."""
    sizes = {
        "JPEG": (11_600, 8_700),
        "HEIF": (5_712, 4_284),
        "AVIF": (4_080, 3_072),
        **dict.fromkeys(("PNG", "WEBP", "GIF", "BMP", "TIFF"), (8_160, 6_144)),
    }
    for kind, size in sizes.items():
        options = {"compression": "tiff_lzw"} if kind == "TIFF" else {}
        Image.new("RGB", size, "teal").save(tmp_path / kind, kind, **options)
    Image.new("RGB", (7_000, 5_000)).save(tmp_path / "progressive", "JPEG", progressive=True)
    sizes["progressive"] = (7_000, 5_000)
    decoder, peak, done = Decoder(), 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.005):
            if decoder.pid is not None:
                peak = max(peak, tree_pss_bytes(decoder.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for kind in sizes:
            assert decoder.analyse(tmp_path / kind, thumbnail_side=320).width == sizes[kind][0]
        for bomb in bombs.values():
            with pytest.raises(Unreadable):
                decoder.analyse(bomb)
    finally:
        done.set()
        watcher.join()
        decoder.close()
    assert peak < 160e6


def test_models_make_room_for_a_heavy_picture_only(tmp_path: Path) -> None:
    made: list[str] = []
    decoder = Decoder(make_room=lambda: made.append("room"))
    try:
        decoder.analyse(drop(tmp_path, "light.jpg", paint()))
        assert made == []
        Image.new("RGB", (4000, 3000)).save(tmp_path / "heavy.jpg", progressive=True)
        decoder.analyse(tmp_path / "heavy.jpg")
        assert made == ["room"]
    finally:
        decoder.close()


def test_a_child_that_is_killed_costs_no_picture(tmp_path: Path) -> None:
    decoder = Decoder()
    photo = drop(tmp_path, "photo.jpg", paint())
    try:
        decoder.analyse(photo)
        assert decoder.pid is not None
        os.kill(decoder.pid, signal.SIGKILL)
        assert decoder.analyse(photo).width == 800
    finally:
        decoder.close()


def test_a_picture_that_ends_two_children_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_module, "CHILD", "this")  # a program that says something and ends
    decoder = Decoder()
    with pytest.raises(Unreadable, match="fail"):
        decoder.analyse(drop(tmp_path, "photo.jpg", paint()))
    assert decoder.pid is None


def test_a_picture_that_takes_for_ever_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoder_module, "START_LIMIT_S", 0.0)
    decoder = Decoder(time_limit_s=1.0)
    photo = drop(tmp_path, "photo.jpg", paint())
    try:
        while decoder.pid is None:
            try:
                decoder.analyse(photo)
            except Unreadable:
                continue  # this machine took more than a second to start it
        os.kill(decoder.pid, signal.SIGSTOP)
        with pytest.raises(Unreadable, match="longer than"):
            decoder.analyse(photo)
        assert decoder.pid is None
    finally:
        decoder.close()


def test_a_child_is_replaced_after_its_share_of_pictures(tmp_path: Path) -> None:
    decoder = Decoder(pictures_per_child=2)
    photo = drop(tmp_path, "photo.jpg", paint())
    pids = set()
    try:
        for _ in range(4):
            decoder.analyse(photo)
            pids.add(decoder.pid)
            decoder.tidy()
    finally:
        decoder.close()
    assert len(pids) == 2


def test_the_child_knows_no_secret_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPLIANCE_SECRET", "do not tell")
    decoder = Decoder()
    try:
        decoder.analyse(drop(tmp_path, "photo.jpg", paint()))
        environment = Path(f"/proc/{decoder.pid}/environ").read_bytes()
        descriptors = list(Path(f"/proc/{decoder.pid}/fd").iterdir())
    finally:
        decoder.close()
    assert b"do not tell" not in environment
    assert len(descriptors) <= 6, "the standard ones, the socket, the shared memory, its own size"


CONFINED = """
import socket, sys
from appliance.service.confinement import give_up_files_and_network
sys.exit(77) if not give_up_files_and_network() else None
for attempt in (lambda: open("/etc/passwd"), lambda: open("/tmp/new", "w")):
    try:
        attempt()
    except PermissionError:
        continue
    sys.exit(1)
"""


def test_a_confined_process_opens_no_file(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", CONFINED], cwd=tmp_path, check=False)
    if ended.returncode == 77:
        pytest.skip("this kernel has no Landlock")
    assert ended.returncode == 0


def test_a_link_is_not_followed(decoder: Decoder, tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to(drop(tmp_path, "photo.jpg", paint()))
    with pytest.raises(OSError, match="symbolic links"):
        decoder.analyse(tmp_path / "link.jpg")


SAMPLES: dict[str, bytes] = {}
for _kind in ("JPEG", "PNG", "WEBP", "HEIF", "GIF", "TIFF", "BMP"):
    _data = io.BytesIO()
    quarters((64, 48)).save(_data, _kind)
    SAMPLES[_kind] = _data.getvalue()


@given(
    kind=st.sampled_from(sorted(SAMPLES)),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8),
    length=st.integers(1, 20_000),
)
@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
def test_damaged_pictures_are_opened_or_refused_and_never_stop_the_next(
    decoder: Decoder,
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    changes: list[tuple[int, int]],
    length: int,
) -> None:
    data = bytearray(SAMPLES[kind])
    for place, value in changes:
        data[place % len(data)] = value
    path = drop(tmp_path_factory.getbasetemp(), "damaged", bytes(data[:length]))
    try:
        analysis = decoder.analyse(path, thumbnail_side=320)
    except Unreadable as error:
        refused = error
    else:
        assert max(analysis.pixels.shape[:2]) <= 1600
        return
    assert refused.reason
    assert refused.mend
