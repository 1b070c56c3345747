"""When something was recorded, as the names of pieces tell it."""

import datetime as dt
import os
import shutil
from pathlib import Path

import av
import pytest

from appliance.camera import queries
from appliance.camera.footage.recorder import OPTIONS
from appliance.camera.footage.recordings import name_of
from tests.web import camera_pictures

KEY = "front_door"
NOON_MS = round(dt.datetime(2026, 11, 23, 12).astimezone().timestamp() * 1000)


def keep(folder: Path, start_ms: int, length_ms: int = 10_000, data: bytes = b"piece") -> Path:
    """A piece of a camera."""
    path = folder / queries.RECORDINGS / KEY / name_of(start_ms)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, ((start_ms + length_ms) / 1000,) * 2)
    return path


def recorded(folder: Path, from_ms: int = NOON_MS, to_ms: int = NOON_MS + 3_600_000) -> list[int]:
    """Beginnings and ends in turn, seconds after noon."""
    spans = queries.recorded(folder, KEY, from_ms, to_ms)
    return [(at - NOON_MS) // 1000 for span in spans for at in (span.start_ms, span.end_ms)]


def test_a_piece_lasts_until_the_next_one(tmp_path: Path) -> None:
    for start_ms in (NOON_MS, NOON_MS + 10_000, NOON_MS + 23_000):
        keep(tmp_path, start_ms, 9_000)
    assert recorded(tmp_path) == [0, 10, 10, 23, 23, 32]


def test_before_a_gap_a_piece_ends_when_it_was_written_last(tmp_path: Path) -> None:
    keep(tmp_path, NOON_MS, 4_000)
    keep(tmp_path, NOON_MS + 600_000)
    assert recorded(tmp_path) == [0, 4, 600, 610]


def test_a_long_piece_is_no_gap(tmp_path: Path) -> None:
    keep(tmp_path, NOON_MS, 60_000)
    keep(tmp_path, NOON_MS + 60_000)
    assert recorded(tmp_path) == [0, 60, 60, 70]


def test_what_only_reaches_into_a_span_belongs_to_it(tmp_path: Path) -> None:
    for start_ms in (NOON_MS - 15_000, NOON_MS - 5_000, NOON_MS + 5_000):
        keep(tmp_path, start_ms)
    assert recorded(tmp_path, NOON_MS, NOON_MS + 5_000) == [-5, 5]


def test_what_is_no_piece_is_passed_over(tmp_path: Path) -> None:
    keep(tmp_path, NOON_MS)
    other = keep(tmp_path, NOON_MS + 10_000)
    other.rename(other.with_suffix(".part"))
    (tmp_path / queries.RECORDINGS / KEY / "unknown").mkdir()
    assert recorded(tmp_path) == [0, 10]


@pytest.mark.parametrize("camera", ["cellar", "../front_door", ""])
def test_of_what_is_no_camera_nothing_was_recorded(tmp_path: Path, camera: str) -> None:
    keep(tmp_path, NOON_MS)
    assert queries.recorded(tmp_path, camera, NOON_MS, NOON_MS + 10_000) == []
    assert queries.recorded_days(tmp_path, camera) == []
    assert queries.find_recording(tmp_path, camera, NOON_MS) is None


def test_days_are_those_where_the_box_stands(tmp_path: Path) -> None:
    midnight_ms = NOON_MS - 12 * 3_600_000
    keep(tmp_path, midnight_ms - 1)
    keep(tmp_path, NOON_MS + 5 * 86_400_000)
    assert queries.recorded_days(tmp_path, KEY) == [dt.date(2026, 11, 22), dt.date(2026, 11, 28)]
    keep(tmp_path, midnight_ms)
    assert dt.date(2026, 11, 23) in queries.recorded_days(tmp_path, KEY)


def test_a_whole_piece_is_playable_to_its_end(tmp_path: Path, film: Path) -> None:
    keep(tmp_path, NOON_MS, data=film.read_bytes())
    piece = queries.find_recording(tmp_path, KEY, NOON_MS)
    assert piece is not None
    assert queries.playable_bytes(piece) == piece.size_bytes


@pytest.mark.parametrize("share", [0.3, 0.55, 0.9, 0.999])
def test_of_a_piece_that_was_cut_off_whole_fragments_are_playable(
    tmp_path: Path, film: Path, share: float
) -> None:
    data = film.read_bytes()
    path = keep(tmp_path, NOON_MS, data=data[: int(len(data) * share)])
    piece = queries.find_recording(tmp_path, KEY, NOON_MS)
    assert piece is not None
    whole = queries.playable_bytes(piece)
    assert 0 < whole < piece.size_bytes
    path.write_bytes(data[:whole])
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) % 5 == 0  # half a second each
    assert queries.playable_bytes(piece) == whole


@pytest.mark.parametrize("data", [b"", b"\0", b"\0" * 100, b"\xff" * 100])
def test_of_what_is_no_film_nothing_is_playable(tmp_path: Path, data: bytes) -> None:
    keep(tmp_path, NOON_MS, data=data)
    piece = queries.find_recording(tmp_path, KEY, NOON_MS)
    assert piece is not None
    assert queries.playable_bytes(piece) == 0


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A piece as the recorder writes it: fragments of half a second, ten pictures a second."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    camera_pictures.film(path, "street", seconds=2, options=OPTIONS)
    return path


def test_a_deleted_piece_is_not_found(tmp_path: Path) -> None:
    path = keep(tmp_path, NOON_MS)
    piece = queries.find_recording(tmp_path, KEY, NOON_MS)
    assert piece is not None
    shutil.rmtree(path.parent)
    assert queries.find_recording(tmp_path, KEY, NOON_MS) is None
    with pytest.raises(OSError, match="No such file"):
        queries.playable_bytes(piece)
