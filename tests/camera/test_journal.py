"""The events database: what was announced is there, whatever kills its owner."""

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest

from appliance.camera import queries
from appliance.camera.box import Box
from appliance.camera.events.journal import Journal
from appliance.camera.events.tracker import LONGEST_S, Event
from appliance.camera.footage.recordings import name_of
from appliance.service.errors import DatabaseMissing, SchemaMismatch

ROOT = Path(__file__).parents[2]
KILLS = 20
START_MS = 1_795_000_000_000
READER = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from appliance.camera import queries
os.setgroups([]); os.setgid(65534); os.setuid(65534)
with queries.opened(Path(sys.argv[1])) as reader:
    print(queries.count(reader).events)
"""


def event(identifier: str = "0" * 16, score: float = 0.8) -> Event:
    return Event(identifier, 0, 1, score, "person", "speed", "Fast.", Box(0.1, 0.2, 0.3, 0.4))


def test_no_announced_event_is_lost_by_twenty_kills(tmp_path: Path) -> None:
    """Kills come while the database is opened, and while it is written by two threads."""
    chance = random.Random(11)
    told: dict[str, str] = {}
    for number in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.camera.announcer", tmp_path],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(1 if number % 4 == 3 else chance.randrange(2, 60)):
            note(process.stdout.readline(), told)
        process.kill()
        for line in process.communicate()[0].splitlines(keepends=True):
            note(line, told)  # what was still on its way to us was announced, too
        found = events_in(tmp_path)
        assert told.keys() <= found.keys()
        for identifier, phase in told.items():
            assert found[identifier].score >= (0.6 if phase == "open" else 0.8)
            assert not (phase == "close" and found[identifier].open)
    Journal(tmp_path).close()
    assert len(told) > KILLS
    assert not any(each.open for each in events_in(tmp_path).values())
    with closing(sqlite3.connect(tmp_path / queries.DATABASE)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def note(line: str, told: dict[str, str]) -> None:
    """What a line of the announcer says; one that the kill cut off says nothing."""
    if line.endswith("\n") and line != "begin\n":
        phase, identifier = line.split()
        told[identifier] = phase


def events_in(folder: Path) -> dict[str, queries.Event]:
    """As another process reads them."""
    with suppress(DatabaseMissing, SchemaMismatch), queries.opened(folder) as reader:
        return {each.id: each for each in queries.events(reader, limit=100_000)}
    return {}


@pytest.mark.parametrize("owner", ["running", "stopped"])
def test_another_user_reads_beside_its_owner_and_without(tmp_path: Path, owner: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    journal = Journal(tmp_path)
    journal.write(event(), "yard", "Yard", 1_000, 2_000, is_open=True)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    for file in tmp_path.iterdir():
        file.chmod(0o644)
    if owner == "stopped":
        journal.close()
        (tmp_path / queries.DATABASE).chmod(0o644)
    try:
        done = subprocess.run(
            [sys.executable, "-c", READER, tmp_path, ROOT],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout, done.stderr) == ("1\n", "")
    finally:
        if owner == "running":
            journal.close()


def test_events_are_filtered_and_paged(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in range(10):
        kept = event(f"{number:016d}", 0.5 + number / 20)
        camera = "yard" if number % 2 else "door"
        journal.write(kept, camera, camera, number * 1000, number * 1000 + 500, is_open=False)
    journal.set_verdict(f"{3:016d}", "normal", [7, 8])
    with queries.opened(tmp_path) as reader:
        first = queries.events(reader, limit=4)
        second = queries.events(reader, limit=4, before=first[-1].number)
        assert [int(each.id) for each in first + second] == [9, 8, 7, 6, 5, 4, 3, 2]

        def found(**facts: object) -> list[int]:
            wanted = queries.Filter(**facts)  # type: ignore[arg-type]
            return [int(each.id) for each in queries.events(reader, wanted)]

        assert found(camera="door") == [8, 6, 4, 2, 0]
        assert found(verdict="normal") == [3]
        assert found(from_ms=3_500, to_ms=6_000) == [5, 4, 3]
        assert found(least_score=0.9) == [9, 8]
        assert found(kind="vehicle") == []
        assert queries.find_event(reader, f"{3:016d}").place == (0.1, 0.2, 0.3, 0.4)
        assert queries.find_event(reader, "nothing") is None
    assert journal.judgements(f"{3:016d}") == [7, 8]
    journal.close()


def test_what_the_household_switched_outlives_a_camera_that_stays(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.replace_cameras({"yard": "Yard", "door": "Door"}) == []
    journal.set_armed("yard", "Yard", False)
    assert journal.replace_cameras({"yard": "The yard"}) == ["door"]
    assert journal.armed() == {"yard": False}
    journal.close()


def test_what_was_open_at_a_kill_is_over_when_the_recording_ends(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    names = {"yard": "a" * 16, "door": "b" * 16, "hall": "c" * 16, "clock": "d" * 16}
    for camera, identifier in names.items():
        start_ms = 0 if camera == "clock" else START_MS
        journal.write(event(identifier), camera, camera, start_ms, start_ms + 1, is_open=True)
    for camera, seconds in (("yard", 31.5), ("hall", 600.0), ("clock", 31.5)):
        piece = tmp_path / queries.RECORDINGS / camera / name_of(START_MS - 2_000)
        piece.parent.mkdir(parents=True)
        piece.touch()
        os.utime(piece, (START_MS / 1000, START_MS / 1000 + min(seconds, 100)))
        if seconds > 100:
            later = tmp_path / queries.RECORDINGS / camera / name_of(START_MS + 100_000)
            later.parent.mkdir()
            later.touch()
            os.utime(later, (START_MS / 1000, START_MS / 1000 + seconds))
    snapshot = tmp_path / queries.SNAPSHOTS / f"{names['yard']}.jpg"
    snapshot.parent.mkdir()
    snapshot.touch()

    again = Journal(tmp_path)  # the first one was never closed
    assert again.take_interrupted() == list(names.values())
    assert again.take_interrupted() == []
    found = {camera: again.find(identifier) for camera, identifier in names.items()}
    assert not any(each.open for each in found.values())
    assert found["yard"].end_ms == START_MS + 31_500
    assert found["yard"].snapshot == f"{queries.SNAPSHOTS}/{snapshot.name}"
    assert found["door"].end_ms == START_MS + 1
    assert found["hall"].end_ms == START_MS + LONGEST_S * 1000
    assert (found["clock"].start_ms, found["clock"].end_ms) == (0, 1)
    again.close()
    journal.close()


def test_minutes_add_up(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.add_minutes({("yard", 60_000): (0.2, 3.0, 1.0), ("yard", 120_000): (0.1, 0.0, 0.0)})
    journal.add_minutes({("yard", 60_000): (0.1, 2.0, 4.0)})
    with queries.opened(tmp_path) as reader:
        assert queries.minutes(reader, "yard", 0, 100_000) == [
            queries.Minute(60_000, 0.2, 5.0, 5.0)
        ]
    journal.close()
