"""Old events databases open in today's program. Each version has its dump in `databases/`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from appliance.camera import queries
from appliance.camera.box import Box
from appliance.camera.events.journal import Journal
from appliance.camera.events.schema import SCHEMA

DUMPS = Path(__file__).parent / "databases"
JUDGED, UNPLACED = f"{1:016d}", f"{2:016d}"


def structure(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL")
    return {(row[0], " ".join(row[1].split())) for row in rows}


def restore(version: int, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((DUMPS / f"version-{version}.sql").read_text("utf-8"))
        connection.execute(f"PRAGMA user_version = {version}")


def test_every_version_has_a_dump() -> None:
    assert sorted(path.name for path in DUMPS.iterdir()) == [
        f"version-{version}.sql" for version in range(1, SCHEMA.version + 1)
    ]


@pytest.mark.parametrize("version", range(1, SCHEMA.version + 1))
def test_an_old_database_becomes_a_new_one_with_all_that_was_in_it(
    version: int, tmp_path: Path
) -> None:
    restore(version, tmp_path / queries.DATABASE)
    journal, fresh = Journal(tmp_path), Journal(tmp_path / "fresh")
    with queries.opened(tmp_path) as old, queries.opened(tmp_path / "fresh") as new:
        assert structure(old) == structure(new)
        event = queries.find_event(old, JUDGED)
    assert (event.verdict, event.place) == ("normal", (0.125, 0.25, 0.25, 0.5))
    assert journal.way(JUDGED)[0] == Box(0.125, 0.25, 0.25, 0.5)
    assert journal.judgements(JUDGED)[0] == 7
    assert journal.way(UNPLACED) == ()
    assert journal.judgements(UNPLACED) == []
    assert journal.armed() == {"yard": False}
    assert [due.id for due in journal.due()] == [UNPLACED]
    for each in (journal, fresh):
        each.close()


@pytest.mark.parametrize("version", range(1, SCHEMA.version + 1))
def test_the_frozen_scripts_did_not_change(version: int, tmp_path: Path) -> None:
    """What was released must not be edited: a further migration is added instead."""
    restore(version, tmp_path / "old.sqlite")
    with (
        closing(sqlite3.connect(tmp_path / "old.sqlite")) as old,
        closing(sqlite3.connect(tmp_path / "new.sqlite")) as new,
    ):
        for script in SCHEMA.migrations[:version]:
            new.executescript(script)
        assert structure(old) == structure(new)
