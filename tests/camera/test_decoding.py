"""From packets to pictures."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from appliance.camera.box import Box
from appliance.camera.errors import SourceFailed
from appliance.camera.streams.decoding import Decoder, read_file
from appliance.camera.streams.pictures import Picture
from tests.camera.scenes import HEIGHT, RATE, WIDTH, encode, paint, walker

SPEED_PX_S = 60.0


def film(path: Path, codec: str = "libx264", **options: str) -> list[Picture]:
    """Somebody walks to the right for three seconds."""
    pictures = paint(3, [walker(0, 120, SPEED_PX_S)], noise=0.5)
    return list(read_file(encode(path, pictures, codec, **options)))


def movement(picture: Picture) -> tuple[float, float]:
    """Of the walker since the picture before, by the vectors of blocks that moved."""
    assert picture.vectors is not None
    moved = picture.vectors[np.abs(picture.vectors[:, 4]) > 2]
    across, down = np.median(moved[:, 4:6], axis=0)
    return float(across), float(down)


def test_a_picture_is_of_the_stream_s_size_and_time(tmp_path: Path) -> None:
    pictures = film(tmp_path / "walk.mp4")
    assert [round(each.time_s * RATE) for each in pictures] == list(range(3 * RATE))
    assert {each.grey.shape for each in pictures} == {(HEIGHT, WIDTH)}


def test_vectors_say_how_far_things_moved_since_the_picture_before(tmp_path: Path) -> None:
    across, down = movement(film(tmp_path / "walk.mp4")[15])
    assert across == pytest.approx(SPEED_PX_S / RATE, abs=1)
    assert abs(down) < 2


def test_vectors_are_not_believed_where_b_frames_lie_between(tmp_path: Path) -> None:
    """They span one picture or several, and nothing says how many."""
    pictures = film(tmp_path / "walk.mp4", bf="2", **{"x264-params": "b-adapt=0"})
    assert len(pictures) == 3 * RATE
    assert all(each.vectors is None for each in pictures[2:])


def test_key_frames_carry_no_vectors(tmp_path: Path) -> None:
    pictures = film(tmp_path / "walk.mp4")
    assert pictures[0].key_frame
    assert pictures[0].vectors is None


@pytest.mark.parametrize("codec", ["mjpeg", "libx265"])
def test_codecs_without_vectors_are_decoded_all_the_same(tmp_path: Path, codec: str) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    pictures = film(tmp_path / "walk.mkv", codec, **options)
    assert len(pictures) == 3 * RATE
    assert all(each.vectors is None for each in pictures)


def test_a_part_of_a_picture_is_converted_to_colours(tmp_path: Path) -> None:
    picture = film(tmp_path / "walk.mp4")[10]
    image = picture.colour(Box(0.25, 0.5, 0.5, 0.25))
    assert image.shape == (HEIGHT // 4, WIDTH // 2, 3)
    grey = picture.grey[HEIGHT // 2 : HEIGHT * 3 // 4, WIDTH // 4 : WIDTH * 3 // 4]
    assert np.corrcoef(image.mean(-1).ravel(), grey.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("box", [Box(-1, -1, 0.1, 0.1), Box(0.999, 0.999, 3, 3), Box(0, 0, 0, 0)])
def test_a_box_outside_the_picture_gives_something_small(tmp_path: Path, box: Box) -> None:
    image = film(tmp_path / "walk.mp4")[1].colour(box)
    assert image.shape[0] >= 2
    assert image.shape[1] >= 2


def test_packets_that_are_rubbish_are_counted_and_passed_over(tmp_path: Path) -> None:
    path = encode(tmp_path / "walk.mp4", paint(3, [walker(0, 120)]))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoder, seen = Decoder(stream), 0
        for number, packet in enumerate(container.demux(stream)):
            if number == 5:
                rubbish: Any = av.Packet(b"\x00\x00\x00\x08\x65\xff\xfe\xfd\xfc\xfb\xfa\xf9")
                rubbish.stream, rubbish.pts, rubbish.dts = stream, packet.pts, packet.dts
                packet = rubbish
            seen += len(list(decoder.decode(packet)))
    assert seen >= 3 * RATE - 2


def test_a_file_without_video_says_so(tmp_path: Path) -> None:
    path = tmp_path / "walk.mp4"
    path.write_bytes(b"no film")
    with pytest.raises(SourceFailed, match=r"walk\.mp4"):
        list(read_file(path))
