"""The events database: what was announced is there, whatever kills its owner."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.camera import queries
from appliance.camera.box import Box
from appliance.camera.events.journal import Journal
from appliance.camera.events.tracker import Event

ROOT = Path(__file__).parents[2]
KILLS = 20
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
    chance = random.Random(11)
    opened: set[str] = set()
    closed: set[str] = set()
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.camera.announcer", tmp_path],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(chance.randrange(1, 30)):
            word, identifier = process.stdout.readline().split()
            (opened if word == "open" else closed).add(identifier)
        process.kill()
        # What was still on its way to us was announced, too.
        for line in process.communicate()[0].splitlines():
            if len(parts := line.split()) == 2 and len(parts[1]) == 16:
                (opened if parts[0] == "open" else closed).add(parts[1])
    Journal(tmp_path).close()
    with queries.opened(tmp_path) as reader:
        found = queries.events(reader, limit=100_000)
    assert opened | closed <= {each.id for each in found}
    assert not any(each.open for each in found)


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


def test_minutes_add_up(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.add_minutes({("yard", 60_000): (0.2, 3.0), ("yard", 120_000): (0.1, 0.0)})
    journal.add_minutes({("yard", 60_000): (0.1, 2.0)})
    with queries.opened(tmp_path) as reader:
        assert queries.minutes(reader, "yard", 0, 100_000) == [queries.Minute(60_000, 0.2, 5.0)]
    journal.close()
