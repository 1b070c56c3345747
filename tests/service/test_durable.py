"""Files are whole or as they were."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.service import durable


class Calls:
    """The order of the calls that durability rests on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        real_fsync, real_rename = os.fsync, Path.rename

        def fsync(descriptor: int) -> None:
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            self.names.append("sync folder" if path.is_dir() else "sync file")
            real_fsync(descriptor)

        def rename(path: Path, target: Path) -> Path:
            self.names.append("rename")
            return real_rename(path, target)

        monkeypatch.setattr(os, "fsync", fsync)
        monkeypatch.setattr(Path, "rename", rename)


@given(data=st.binary(max_size=5000), before=st.none() | st.binary(max_size=50))
def test_a_write_replaces_the_whole_file(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, before: bytes | None
) -> None:
    folder = tmp_path_factory.mktemp("write")
    path = folder / "file"
    if before is not None:
        path.write_bytes(before)
    durable.write_file(path, data, 0o600)
    assert path.read_bytes() == data
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(folder.iterdir()) == [path]


def test_a_write_is_synced_before_and_after_its_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(monkeypatch)
    durable.write_file(tmp_path / "file", b"new")
    assert calls.names == ["sync file", "rename", "sync folder"]


@pytest.mark.parametrize("step", ["fsync", "fchmod"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="No space left"):
        durable.write_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_move_syncs_the_file_and_both_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "a" / "file", tmp_path / "b" / "other"
    for path in (source, target):
        path.parent.mkdir()
    source.write_bytes(b"photo")
    calls = Calls(monkeypatch)
    durable.move_file(source, target)
    assert calls.names == ["sync file", "rename", "sync folder", "sync folder"]
    assert target.read_bytes() == b"photo"
    assert not source.exists()


def test_a_move_that_fails_leaves_the_source(tmp_path: Path) -> None:
    source = tmp_path / "file"
    source.write_bytes(b"photo")
    with pytest.raises(FileNotFoundError):
        durable.move_file(source, tmp_path / "missing" / "file")
    assert source.read_bytes() == b"photo"


def test_folders_are_made_with_their_parents_and_their_names_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(monkeypatch)
    durable.make_folder(tmp_path / "a" / "b" / "c", 0o700)
    assert (tmp_path / "a" / "b" / "c").stat().st_mode & 0o777 == 0o700
    assert calls.names == ["sync folder"] * 3
    durable.make_folder(tmp_path / "a" / "b")
