"""The demo library comes once."""

from pathlib import Path

import pytest

from appliance.demo import library
from appliance.service.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths(tmp_path, tmp_path / "run")
    (paths.demo / "set").mkdir(parents=True)
    (paths.demo / "set" / "one.jpg").write_bytes(b"1")
    (paths.demo / "two.JPG").write_bytes(b"2")
    (paths.demo / "LICENSE").write_bytes(b"words")
    return paths


def test_the_photos_go_into_their_spool(paths: Paths) -> None:
    assert library.lay_out(paths) == 2
    assert {p.name: p.read_bytes() for p in paths.demo_spool.iterdir()} == {
        "set-one.jpg": b"1",
        "two.JPG": b"2",
    }


def test_they_never_come_again(paths: Paths) -> None:
    library.lay_out(paths)
    for photo in paths.demo_spool.iterdir():
        photo.unlink()
    assert library.lay_out(paths) == 0
    assert list(paths.demo_spool.iterdir()) == []


def test_a_demo_that_was_not_fetched_may_come_later(paths: Paths) -> None:
    empty = Paths(paths.data / "other", paths.runtime)
    assert library.lay_out(empty) == 0
    (empty.demo).mkdir(parents=True)
    (empty.demo / "late.png").write_bytes(b"3")
    assert library.lay_out(empty) == 1
