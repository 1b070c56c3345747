"""Old databases open in today's program. Each released version has its dump in `databases/`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from appliance.albums import queries
from appliance.albums.decisions import Decisions
from appliance.albums.grouping import Grouping
from appliance.albums.schema import SCHEMA
from appliance.service.database import Database
from tests.albums.conftest import TestClock

DUMPS = Path(__file__).parent / "databases"


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
    database = Database(tmp_path / queries.DATABASE, SCHEMA)
    fresh = Database(tmp_path / "fresh.sqlite", SCHEMA)
    with database.reading() as migrated, fresh.reading() as new:
        assert structure(migrated) == structure(new)
    fresh.close()
    with closing(queries.open_library(tmp_path)) as reader:
        counts = queries.counts(reader)
        assert (counts.photos, counts.people, counts.faces, counts.grouping) == (2, 2, 3, True)
        (rosa,) = queries.find_people(reader, "rosa", 5)
        assert [photo.name for photo in queries.photos_of_person(reader, rosa.id, 5)] == [
            "photo-2.jpg",
            "photo-1.jpg",
        ]
        named = next(entry for entry in queries.journal(reader, 9) if entry.action == "name")
    grouping = Grouping(database, TestClock())
    grouping.open_as_found()
    Decisions(grouping, TestClock()).undo(named.id)
    database.close()


def test_the_frozen_script_did_not_change(tmp_path: Path) -> None:
    """What was released must not be edited: a further migration is added instead."""
    restore(1, tmp_path / "old.sqlite")
    with (
        closing(sqlite3.connect(tmp_path / "old.sqlite")) as old,
        closing(sqlite3.connect(tmp_path / "new.sqlite")) as new,
    ):
        new.executescript(SCHEMA.migrations[0])
        assert structure(old) == structure(new)
