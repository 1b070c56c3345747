"""A disk that is full: the import waits, loses nothing and goes on by itself."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.albums import queries
from appliance.albums.work import Pauses
from appliance.service.paths import Paths
from tests.albums.conftest import Box, TestClock, open_albums
from tests.albums.painted import PaintedFaces, drop, paint
from tests.albums.working import working

SIZE_BYTES = 12 << 20
PHOTOS = 25
SOON = Pauses(idle_s=0.1, full_disk_s=0.1)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Box]:
    """A box on a file system of 12 MB of its own."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a small file system")
    paths, clock, models = Paths(folder, folder / "run"), TestClock(), PaintedFaces()
    paths.inbox.mkdir()
    box = Box(paths, clock, models, open_albums(paths, clock, models))
    box.albums.forgetting.agree()
    try:
        yield box
    finally:
        box.albums.close()
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(box: Box, leave_bytes: int) -> Path:
    ballast = box.paths.data / "ballast"
    free = os.statvfs(box.paths.data)
    with ballast.open("wb") as file:
        left = free.f_bavail * free.f_frsize - leave_bytes
        while left > 0:
            left -= file.write(b"x" * min(left, 1 << 16))
    return ballast


@pytest.mark.parametrize("leave_bytes", [0, 50_000, 200_000])
def test_a_full_disk_makes_the_import_wait_and_loses_nothing(
    small_disk: Box, leave_bytes: int
) -> None:
    box = small_disk
    pictures = [paint([n % 3, 3 + n % 2], size=(640, 480), seed=n) for n in range(PHOTOS)]
    for number, data in enumerate(pictures):
        drop(box.paths.inbox, f"photo-{number}.jpg", data)
    ballast = fill(box, leave_bytes)
    with working(box, pauses=SOON) as worker:
        worker.wait_for(lambda: worker.work.disk_full)
        ballast.unlink()
        worker.wait_for(lambda: len(worker.outcomes) >= PHOTOS, 40)
        worker.wait_for(lambda: not worker.work.disk_full)
    assert box.ask(queries.counts).photos == PHOTOS
    assert box.ask(queries.counts).pending == 0
    assert box.ask(queries.counts).faces == 2 * PHOTOS
    kept = [(box.paths.library / file).read_bytes() for file in box.originals()]
    assert sorted(map(digest, kept)) == sorted(map(digest, pictures))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_import_leaves_the_space_that_the_household_wants_free(small_disk: Box) -> None:
    box = small_disk
    drop(box.paths.inbox, "photo.jpg", paint())
    with working(box, free_space_bytes=SIZE_BYTES, pauses=SOON) as worker:
        worker.wait_for(lambda: worker.work.disk_full)
    assert (box.paths.inbox / "photo.jpg").exists()
    assert box.ask(queries.counts).photos == 0
