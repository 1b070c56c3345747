"""The folders that photos arrive in."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.albums.inbox import Arrival, Inbox

LIMIT_S = 10.0
SETTLE_S = 0.3


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    for name in ("inbox", "uploads"):
        (tmp_path / name).mkdir()
    folders = {"inbox": tmp_path / "inbox", "upload": tmp_path / "uploads"}
    inbox = Inbox(folders, settle_s=SETTLE_S)
    yield inbox
    inbox.close()


def put(path: Path, age_s: float = 0.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    then = time.time() - age_s
    os.utime(path, (then, then))
    return path


def arrivals(inbox: Inbox, count: int) -> list[Arrival]:
    """Waits until so many have arrived."""
    found: list[Arrival] = []
    deadline = time.monotonic() + LIMIT_S
    while len(found) < count and time.monotonic() < deadline:
        found += inbox.wait(0.5)
    return found


def names(found: list[Arrival]) -> list[str]:
    return [arrival.name for arrival in found]


def test_files_that_are_there_at_the_start_arrive(inbox: Inbox, tmp_path: Path) -> None:
    put(tmp_path / "inbox/a.jpg", age_s=60)
    put(tmp_path / "inbox/deep/er/b.jpg", age_s=60)
    assert names(inbox.wait(0)) == ["a.jpg", "b.jpg"]


def test_a_file_that_is_written_arrives_when_it_is_closed(inbox: Inbox, tmp_path: Path) -> None:
    inbox.wait(0)
    with (tmp_path / "inbox/a.jpg").open("wb") as file:
        file.write(b"half")
        file.flush()
        assert inbox.wait(0.2) == []
        file.write(b"whole")
    assert names(inbox.wait(LIMIT_S)) == ["a.jpg"]


def test_a_file_that_is_moved_in_arrives(inbox: Inbox, tmp_path: Path) -> None:
    inbox.wait(0)
    put(tmp_path / "a.jpg").rename(tmp_path / "inbox/a.jpg")
    assert names(inbox.wait(LIMIT_S)) == ["a.jpg"]


def test_a_folder_that_is_moved_in_arrives_with_all_its_files(inbox: Inbox, tmp_path: Path) -> None:
    inbox.wait(0)
    put(tmp_path / "trip/a.jpg", age_s=60)
    put(tmp_path / "trip/day 2/b.jpg", age_s=60)
    (tmp_path / "trip").rename(tmp_path / "inbox/trip")
    assert names(arrivals(inbox, 2)) == ["a.jpg", "b.jpg"]


def test_a_file_in_a_new_folder_arrives(inbox: Inbox, tmp_path: Path) -> None:
    inbox.wait(0)
    (tmp_path / "inbox/new").mkdir()
    inbox.wait(0.2)
    put(tmp_path / "inbox/new/a.jpg")
    assert set(names(arrivals(inbox, 1))) == {"a.jpg"}


def test_a_file_found_by_looking_is_left_alone_while_it_is_fresh(
    tmp_path: Path, inbox: Inbox
) -> None:
    put(tmp_path / "inbox/fresh.jpg")
    put(tmp_path / "inbox/old.jpg", age_s=SETTLE_S + 1)
    assert names(inbox.wait(0)) == ["old.jpg"]
    assert names(arrivals(inbox, 1)) == ["fresh.jpg"]


def test_a_file_from_the_future_is_taken(tmp_path: Path, inbox: Inbox) -> None:
    put(tmp_path / "inbox/a.jpg", age_s=-1e6)
    assert names(inbox.wait(0)) == ["a.jpg"]


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.jpg",
        ".writing-0123",
        "a.jpg.part",
        "a.jpg.PART",
        "a.crdownload",
        "a.jpg~",
        "~$a.jpg",
        "a.tmp",
        "Thumbs.db",
        "desktop.ini",
        ".DS_Store",
        "._a.jpg",
        ".Trash-1000/a.jpg",
    ],
)
def test_what_is_under_way_or_not_meant_for_us_is_ignored(
    inbox: Inbox, tmp_path: Path, name: str
) -> None:
    put(tmp_path / "inbox" / name, age_s=60)
    assert inbox.wait(0) == []
    put(tmp_path / "inbox" / name)
    assert inbox.wait(0.1) == []


def test_links_are_not_followed(inbox: Inbox, tmp_path: Path) -> None:
    put(tmp_path / "elsewhere/a.jpg", age_s=60)
    (tmp_path / "inbox/file.jpg").symlink_to(tmp_path / "elsewhere/a.jpg")
    (tmp_path / "inbox/folder").symlink_to(tmp_path / "elsewhere")
    assert inbox.wait(0) == []


def test_an_upload_is_called_what_it_was_called(inbox: Inbox, tmp_path: Path) -> None:
    spooled = tmp_path / "uploads" / f"{'0a' * 16}-Gro%C3%9Fe%20Reise.jpg"
    put(spooled, age_s=60)
    assert inbox.wait(0) == [Arrival(spooled, "Große Reise.jpg", "upload")]


def test_a_file_that_was_put_off_is_offered_again(inbox: Inbox, tmp_path: Path) -> None:
    put(tmp_path / "inbox/a.jpg", age_s=60)
    (arrival,) = inbox.wait(0)
    inbox.later(arrival, 0.1)
    assert inbox.waiting == 1
    assert inbox.wait(LIMIT_S) == [arrival]


def test_waking_ends_the_wait(inbox: Inbox) -> None:
    inbox.wait(0)
    inbox.wake()
    began = time.monotonic()
    assert inbox.wait(LIMIT_S) == []
    assert time.monotonic() - began < LIMIT_S / 2


def test_a_thousand_files_at_once_all_arrive(inbox: Inbox, tmp_path: Path) -> None:
    inbox.wait(0)
    for number in range(1000):
        put(tmp_path / f"inbox/{number % 10}/{number}.jpg")
    assert len(set(arrivals(inbox, 1000))) == 1000


def test_a_folder_that_was_removed_and_came_back_is_watched(inbox: Inbox, tmp_path: Path) -> None:
    (tmp_path / "inbox/trip").mkdir()
    inbox.wait(0)
    (tmp_path / "inbox/trip").rmdir()
    inbox.wait(0.2)
    put(tmp_path / "inbox/trip/a.jpg")
    assert set(names(arrivals(inbox, 1))) == {"a.jpg"}


def test_folders_may_be_nested_as_deep_as_paths_go(inbox: Inbox, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    for _ in range(1_100):
        folder = folder / "d"
        folder.mkdir()
    try:
        put(folder / "a.jpg", age_s=60)
        assert names(inbox.wait(0)) == ["a.jpg"]
    finally:  # deeper than shutil.rmtree can go
        subprocess.run(["rm", "-r", tmp_path / "inbox/d"], check=True)


def test_links_and_pipes_that_are_moved_in_are_left_alone(inbox: Inbox, tmp_path: Path) -> None:
    inbox.wait(0)
    (tmp_path / "link.jpg").symlink_to(put(tmp_path / "target"))
    os.mkfifo(tmp_path / "pipe.jpg")
    for name in ("link.jpg", "pipe.jpg"):
        (tmp_path / name).rename(tmp_path / "inbox" / name)
    put(tmp_path / "inbox/a.jpg")
    assert names(arrivals(inbox, 1)) == ["a.jpg"]


def test_without_any_watch_the_folders_are_looked_through(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("appliance.albums.inbox.inotify_simple.INotify", refuse)
    put(tmp_path / "inbox/a.jpg", age_s=60)
    assert names(inbox.wait(0)) == ["a.jpg"]
    assert inbox.blind
