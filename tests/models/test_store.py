"""Files get their names only when they are whole and right."""

import errno
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.models.errors import (
    FetchFailed,
    FolderUnusable,
    ModelDamaged,
    ModelMissing,
    NoSpace,
    StoreBusy,
    UnknownModel,
    WrongInput,
)
from appliance.models.sources.built import BuiltFile
from appliance.models.sources.https import HttpsFile
from appliance.models.store import State, Store

CONTENT = bytes(range(256)) * 1200


def files_of(store: Store, name: str) -> list[str]:
    folder = store.folder_of(store.catalogue.get(name))
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_fetched_model_is_what_was_served(make_entry: Any, make_store: Any, quiet: Any) -> None:
    entry = make_entry("net", CONTENT)
    store = make_store(entry)
    store.fetch(entry, quiet)
    assert store.path("net").read_bytes() == CONTENT


def test_a_fetch_leaves_only_the_file(make_entry: Any, make_store: Any, quiet: Any) -> None:
    entry = make_entry("net", CONTENT)
    store = make_store(entry)
    store.fetch(entry, quiet)
    assert files_of(store, "net") == ["net.tflite"]


def test_progress_ends_at_the_size(make_entry: Any, make_store: Any) -> None:
    entry = make_entry("net", CONTENT)
    seen: list[tuple[int, int | None]] = []
    make_store(entry).fetch(entry, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(CONTENT), len(CONTENT))


def test_a_present_model_is_not_fetched_again(
    make_entry: Any, make_store: Any, server: Any, quiet: Any
) -> None:
    entry = make_entry("net", CONTENT)
    store = make_store(entry)
    store.fetch(entry, quiet)
    store.fetch(entry, quiet)
    assert len(server.requests) == 1


def test_a_broken_connection_is_continued_where_it_ended(
    make_entry: Any, make_store: Any, server: Any, quiet: Any
) -> None:
    entry = make_entry("net", CONTENT)
    store = make_store(entry)
    server.break_after_bytes = 100_000
    store.fetch(entry, quiet)
    assert [asked for _, asked in server.requests] == [
        None,
        "bytes=100000-",
        "bytes=200000-",
        "bytes=300000-",
    ]
    assert store.path("net").read_bytes() == CONTENT


def test_a_fetch_that_failed_is_continued_by_the_next(
    make_entry: Any, make_store: Any, server: Any, quiet: Any
) -> None:
    entry = make_entry("net", CONTENT)
    store = make_store(entry)
    folder = store.folder_of(entry)
    folder.mkdir(parents=True)
    (folder / "net.tflite.part").write_bytes(CONTENT[:250_000])
    store.fetch(entry, quiet)
    assert server.requests == [("/net.tflite", "bytes=250000-")]
    assert store.path("net").read_bytes() == CONTENT


def test_a_server_that_sends_nothing_more_is_an_error_that_says_how_to_go_on(
    make_entry: Any, make_store: Any, server: Any, quiet: Any
) -> None:
    entry = make_entry("net", CONTENT)
    store = make_store(entry)
    server.break_after_bytes = 0
    with pytest.raises(FetchFailed) as caught:
        store.fetch(entry, quiet)
    assert "appliance models fetch net" in caught.value.mend


def test_a_server_without_ranges_is_read_from_the_start(
    make_entry: Any, make_store: Any, server: Any, quiet: Any
) -> None:
    entry = make_entry("net", CONTENT)
    store = make_store(entry)
    folder = store.folder_of(entry)
    folder.mkdir(parents=True)
    (folder / "net.tflite.part").write_bytes(b"old" * 1000)
    server.ranges = False
    store.fetch(entry, quiet)
    assert store.path("net").read_bytes() == CONTENT


def test_a_spoilt_beginning_is_thrown_away_once(
    make_entry: Any, make_store: Any, quiet: Any
) -> None:
    entry = make_entry("net", CONTENT)
    store = make_store(entry)
    folder = store.folder_of(entry)
    folder.mkdir(parents=True)
    (folder / "net.tflite.part").write_bytes(b"\0" * 5000)
    store.fetch(entry, quiet)
    assert store.path("net").read_bytes() == CONTENT


def test_a_wrong_checksum_leaves_nothing(
    make_entry: Any, make_store: Any, server: Any, quiet: Any
) -> None:
    entry = make_entry("net", CONTENT)
    server.files["/net.tflite"] = CONTENT[::-1]
    store = make_store(entry)
    with pytest.raises(ModelDamaged, match="SHA-256"):
        store.fetch(entry, quiet)
    assert files_of(store, "net") == []


def test_a_missing_page_names_the_answer(
    make_entry: Any, make_store: Any, server: Any, quiet: Any
) -> None:
    entry = make_entry("net", CONTENT)
    server.files.clear()
    with pytest.raises(FetchFailed, match="404"):
        make_store(entry).fetch(entry, quiet)


def test_no_server_at_all_names_the_address(
    make_entry: Any, make_store: Any, unused_port: int, quiet: Any
) -> None:
    address = f"http://127.0.0.1:{unused_port}/net.tflite"
    entry = make_entry("net", CONTENT, source=HttpsFile(address))
    with pytest.raises(FetchFailed, match=address):
        make_store(entry).fetch(entry, quiet)


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def test_a_built_model_is_not_fetched(make_entry: Any, make_store: Any, quiet: Any) -> None:
    origin = make_entry("origin", CONTENT)
    entry = make_entry("net", CONTENT, source=BuiltFile("origin"))
    with pytest.raises(FetchFailed) as caught:
        make_store(origin, entry).fetch(entry, quiet)
    assert caught.value.mend == "appliance models build"


def test_a_model_that_was_never_fetched_is_missing(make_entry: Any, make_store: Any) -> None:
    store = make_store(make_entry("net", CONTENT))
    with pytest.raises(ModelMissing) as caught:
        store.path("net")
    assert caught.value.mend == "appliance models fetch net"


def test_an_unknown_model_has_no_path(make_entry: Any, make_store: Any) -> None:
    with pytest.raises(UnknownModel):
        make_store(make_entry("net", CONTENT)).path("nut")


@pytest.fixture
def damaged(make_entry: Any, make_store: Any, quiet: Any) -> Store:
    """A store whose only model has one flipped bit."""
    entry = make_entry("net", CONTENT)
    store: Store = make_store(entry)
    store.fetch(entry, quiet)
    path = store.path("net")
    path.write_bytes(bytes([CONTENT[0] ^ 1]) + CONTENT[1:])
    return store


def test_a_damaged_model_has_no_path(damaged: Store) -> None:
    with pytest.raises(ModelDamaged) as caught:
        damaged.path("net")
    assert caught.value.mend == "appliance models fetch net"


def test_verify_moves_a_damaged_file_aside(damaged: Store) -> None:
    damaged.verify(damaged.catalogue.get("net"))
    assert files_of(damaged, "net") == ["net.tflite.damaged"]


def test_a_model_that_was_moved_aside_stays_damaged(damaged: Store) -> None:
    entry = damaged.catalogue.get("net")
    damaged.verify(entry)
    assert damaged.verify(entry).state is State.DAMAGED


def test_check_changes_nothing(damaged: Store) -> None:
    finding = damaged.check(damaged.catalogue.get("net"))
    assert (finding.state, files_of(damaged, "net")) == (State.DAMAGED, ["net.tflite"])


def test_fetching_mends_a_damaged_model(damaged: Store, quiet: Any) -> None:
    entry = damaged.catalogue.get("net")
    damaged.verify(entry)
    damaged.fetch(entry, quiet)
    assert (damaged.verify(entry).state, files_of(damaged, "net")) == (
        State.PRESENT,
        ["net.tflite"],
    )


def test_a_known_file_that_the_user_brings_goes_to_its_entry(
    make_entry: Any, make_store: Any, tmp_path: Path
) -> None:
    store = make_store(make_entry("net", CONTENT))
    brought = tmp_path / "anything.bin"
    brought.write_bytes(CONTENT)
    assert store.add(brought).name == "net"
    assert store.path("net").read_bytes() == CONTENT


def test_an_unknown_file_becomes_the_users_own_entry(
    make_entry: Any, make_store: Any, tmp_path: Path
) -> None:
    entry = make_entry("net", CONTENT)
    brought = tmp_path / "My Net (2).tflite"
    brought.write_bytes(b"other")
    make_store(entry).add(brought, like=entry)
    again = make_store(entry)
    assert again.path("my-net-2").read_bytes() == b"other"
    assert again.catalogue.get("my-net-2").like == "net"


def test_an_unknown_file_needs_a_model_it_stands_in_for(
    make_entry: Any, make_store: Any, tmp_path: Path
) -> None:
    brought = tmp_path / "net2.tflite"
    brought.write_bytes(b"other")
    with pytest.raises(WrongInput, match="--like"):
        make_store(make_entry("net", CONTENT)).add(brought)


def test_a_file_cannot_take_a_name_of_ours(
    make_entry: Any, make_store: Any, tmp_path: Path
) -> None:
    entry = make_entry("net", CONTENT)
    brought = tmp_path / "net.tflite"
    brought.write_bytes(b"other")
    with pytest.raises(WrongInput, match="--name"):
        make_store(entry).add(brought, like=entry)


def test_removing_the_users_own_model_forgets_it(
    make_entry: Any, make_store: Any, tmp_path: Path
) -> None:
    entry = make_entry("net", CONTENT)
    brought = tmp_path / "own.tflite"
    brought.write_bytes(b"other")
    store = make_store(entry)
    freed = store.remove(store.add(brought, like=entry))
    assert (freed, [item.name for item in store.catalogue.entries]) == (5, ["net"])


def test_removing_our_model_keeps_its_entry(make_entry: Any, make_store: Any, quiet: Any) -> None:
    entry = make_entry("net", CONTENT)
    store = make_store(entry)
    store.fetch(entry, quiet)
    store.remove(entry)
    assert store.check(entry).state is State.MISSING


def test_fetched_models_can_be_read_by_every_service(
    make_entry: Any, make_store: Any, quiet: Any
) -> None:
    entry = make_entry("net", CONTENT)
    store = make_store(entry)
    store.fetch(entry, quiet)
    path = store.path("net")
    assert path.stat().st_mode & 0o004
    assert path.parent.stat().st_mode & path.parent.parent.stat().st_mode & 0o005 == 0o005


def test_two_commands_do_not_write_at_once(make_entry: Any, make_store: Any) -> None:
    entry = make_entry("net", CONTENT)
    with make_store(entry).writing(), pytest.raises(StoreBusy), make_store(entry).writing():
        pass


def test_a_built_file_that_differs_from_the_catalogue_is_refused(
    make_entry: Any, make_store: Any
) -> None:
    entry = make_entry("net", CONTENT)
    store = make_store(entry)
    with pytest.raises(ModelDamaged, match="the catalogue says"):
        store.install(entry, entry.files[0], b"something else")
    assert files_of(store, "net") == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 128 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_said_and_left_clean(
    make_entry: Any, make_store: Any, small_disk: Path, quiet: Any
) -> None:
    entry = make_entry("net", CONTENT)
    store = make_store(entry, folder=small_disk)
    with pytest.raises(NoSpace, match="No space left for net"):
        store.fetch(entry, quiet)
    assert files_of(store, "net") == []


def test_a_full_disk_is_said_when_the_user_brings_a_file(
    make_entry: Any, make_store: Any, small_disk: Path, tmp_path: Path
) -> None:
    entry = make_entry("net", CONTENT)
    store = make_store(entry, folder=small_disk)
    brought = tmp_path / "net.tflite"
    brought.write_bytes(CONTENT)
    with pytest.raises(NoSpace):
        store.add(brought)
    assert files_of(store, "net") == []


def test_a_folder_that_may_not_be_written_is_named(
    make_entry: Any, make_store: Any, tmp_path: Path, quiet: Any
) -> None:
    entry = make_entry("net", CONTENT)
    (tmp_path / "file").write_text("in the way")
    store = make_store(entry, folder=tmp_path / "file" / "models")
    with pytest.raises(FolderUnusable, match=os.strerror(errno.ENOTDIR)):
        store.fetch(entry, quiet)
