"""kill -9 at any instant of an import: every photo once, none lost, nothing left over."""

import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from appliance.albums import queries
from appliance.albums.albums import Albums
from appliance.albums.inbox import Arrival
from appliance.albums.settings import Settings
from appliance.albums.sweep import Sweep
from appliance.service.clock import SystemClock
from appliance.service.errors import ServiceError
from appliance.service.paths import Paths
from tests.albums.painted import drop, paint

PHOTOS = 200
KILLS = 22
LIMIT_S = 100.0
ROOT = Path(__file__).parents[2]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A box whose household agreed, with 200 photos in the inbox; some are copies of others."""
    paths = Paths(tmp_path, tmp_path / "run")
    albums = Albums.open(paths, Settings(), SystemClock())
    albums.forgetting.agree()
    albums.close()
    for number in range(PHOTOS):
        people = [number % 3] if number % 2 else []
        data = paint(people, size=(320, 240), seed=number)
        drop(paths.inbox, f"trip {number % 7}/photo-{number}.jpg", data)
        if number % 20 == 0:
            drop(paths.inbox, f"copy-{number}.jpg", data)
    drop(paths.inbox, "broken.jpg", paint()[:2000])
    return paths


def start(paths: Paths) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "APPLIANCE_DATA": str(paths.data)}
    environment.pop("NOTIFY_SOCKET", None)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.albums.painted_service"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
    )


def looks(paths: Paths, deadline: float) -> Iterator[queries.Counts]:
    """What the rows say, a few hundred times a second, whether the owner lives or not."""
    reader = None
    while time.monotonic() < deadline:
        try:
            reader = reader or queries.open_library(paths.albums)
            yield queries.counts(reader)
        except (ServiceError, sqlite3.OperationalError):
            reader = None  # the owner is just opening or closing it
        time.sleep(0.002)
    raise AssertionError("the import took too long")


def test_killed_again_and_again_an_import_loses_nothing(paths: Paths) -> None:
    dice = random.Random(7)
    deadline = time.monotonic() + LIMIT_S
    sent = {
        hashlib.sha256(path.read_bytes()).hexdigest() for path in paths.inbox.rglob("photo-*.jpg")
    }
    while_pending = 0
    photos = 0
    while while_pending < KILLS:
        process = start(paths)
        for counts in looks(paths, deadline):
            assert process.poll() is None, "the process ended by itself"
            if counts.pending and counts.photos >= photos:
                photos = counts.photos + dice.randint(0, 9)
                time.sleep(dice.uniform(0.0, 0.02))
                with closing(queries.open_library(paths.albums)) as reader:
                    process.kill()
                    process.wait()
                    while_pending += queries.counts(reader).pending
                break
    assert files_left(paths) > 0, "the kills must hit the import, not its end"

    process = start(paths)
    for counts in looks(paths, deadline):
        if (
            counts.photos == len(sent)
            and not counts.pending
            and not any(path.is_file() for path in paths.inbox.rglob("*"))
        ):
            break
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    look_through(paths)
    check(paths, sent)


def files_left(paths: Paths) -> int:
    return len([path for path in paths.inbox.rglob("*") if path.is_file()])


def look_through(paths: Paths) -> None:
    """What every start does at its leisure."""
    albums = Albums.open(paths, Settings(), SystemClock())
    strangers: list[Arrival] = []
    chore = Sweep(albums.database, albums.library, strangers.append)
    while chore.step():
        pass
    albums.close()
    assert strangers == [], "an original without a row"


def check(paths: Paths, sent: set[str]) -> None:
    """Rows and files say the same, and it is what was sent."""
    with closing(queries.open_library(paths.albums)) as reader:
        rows = reader.execute("SELECT sha256, file, state FROM photo").fetchall()
        crops = {row["crop"] for row in reader.execute("SELECT crop FROM face")}
        faces = reader.execute("SELECT count(*) FROM face").fetchone()[0]
        broken = queries.quarantined(reader)
    assert {row["sha256"] for row in rows} == sent, "every photo once, none lost"
    assert {row["state"] for row in rows} == {"complete"}
    assert faces == PHOTOS // 2, "every face once"
    originals = {
        str(path.relative_to(paths.library)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths.library.rglob("*")
        if path.is_file()
    }
    assert originals == {row["file"]: row["sha256"] for row in rows}, "no orphan, none altered"
    derived = {
        str(path.relative_to(paths.albums))
        for kind in ("thumbnails", "crops", "previews")
        for path in (paths.albums / kind).rglob("*")
        if path.is_file()
    }
    assert derived == crops | {queries.thumbnail_file(sha256) for sha256 in sent}
    assert [item.name for item in broken] == ["broken.jpg"]
    assert len(list((paths.albums / "quarantine").iterdir())) == 1
