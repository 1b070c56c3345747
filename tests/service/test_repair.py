"""Databases that a failing disk has damaged."""

from contextlib import closing
from pathlib import Path

import pytest

from appliance.service.database import Database, Schema, mend, open_reader
from appliance.service.repair import damaged_copies

PAGE_BYTES = 4096
NOTES = Schema(
    "notes",
    (
        """CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL);
        CREATE TABLE mark (note INTEGER NOT NULL REFERENCES note ON DELETE CASCADE);
        CREATE TABLE link (note INTEGER REFERENCES note ON DELETE SET NULL);
        CREATE TABLE total (name TEXT PRIMARY KEY, notes INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX by_text ON note (text);
        CREATE TRIGGER added AFTER INSERT ON note BEGIN
            INSERT INTO total VALUES ('all', 1)
                ON CONFLICT (name) DO UPDATE SET notes = notes + 1;
        END;""",
    ),
)
RECOUNT = "UPDATE total SET notes = (SELECT count(*) FROM note)"
COUNT = 400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of many pages, closed."""
    path = tmp_path / "notes.db"
    with closing(Database(path, NOTES)) as database, database.transaction() as rows:
        for number in range(1, COUNT + 2):
            rows.execute("INSERT INTO note (text) VALUES (?)", (f"{number} " + "x" * 300,))
            rows.execute("INSERT INTO mark VALUES (?)", (number,))
            rows.execute("INSERT INTO link VALUES (?)", (number,))
        rows.execute("DELETE FROM note WHERE id = ?", (COUNT + 1,))
        rows.execute("UPDATE total SET notes = notes - 1")
    return path


def damage(path: Path, text: bytes) -> None:
    """Overwrites every page that has `text`."""
    data = bytearray(path.read_bytes())
    for start in range(PAGE_BYTES, len(data), PAGE_BYTES):
        if text in data[start : start + PAGE_BYTES]:
            data[start : start + PAGE_BYTES] = b"\xa5" * PAGE_BYTES
    path.write_bytes(data)


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(open_reader(path, NOTES)) as reader:
        return [tuple(row) for row in reader.execute(query)]


def test_a_sound_database_is_left_as_it_is(path: Path) -> None:
    before = path.read_bytes()
    assert not mend(path, NOTES, RECOUNT)
    assert path.read_bytes() == before
    assert not mend(path.with_name("none.db"), NOTES)


def test_rows_before_and_after_a_damaged_page_are_kept(path: Path) -> None:
    damage(path, b"\x00200 x")
    damage(path, b"200 xx")
    assert mend(path, NOTES, RECOUNT)
    kept = [row[0] for row in ask(path, "SELECT id FROM note ORDER BY id")]
    assert 200 not in kept
    assert {1, 100, 300, COUNT} <= set(kept)
    assert len(kept) > COUNT * 0.9
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]


def test_what_refers_to_lost_rows_goes_as_the_schema_says(path: Path) -> None:
    damage(path, b"200 xx")
    mend(path, NOTES, RECOUNT)
    notes = ask(path, "SELECT count(*) FROM note")[0][0]
    assert isinstance(notes, int)
    assert 0 < notes < COUNT
    assert ask(path, "SELECT count(*) FROM mark") == [(notes,)]
    assert ask(path, "SELECT count(*), count(note) FROM link") == [(COUNT + 1, notes)]
    assert ask(path, "SELECT notes FROM total") == [(notes,)]
    assert ask(path, "PRAGMA foreign_key_check") == []


def test_triggers_do_not_count_rows_twice_and_work_afterwards(path: Path) -> None:
    damage(path, b"200 xx")
    mend(path, NOTES, RECOUNT)
    before = ask(path, "SELECT notes FROM total")[0][0]
    assert isinstance(before, int)
    with closing(Database(path, NOTES)) as database, database.transaction() as rows:
        rows.execute("INSERT INTO note (text) VALUES ('new')")
    assert ask(path, "SELECT notes FROM total") == [(before + 1,)]


def test_a_number_is_not_given_twice(path: Path) -> None:
    damage(path, b"200 xx")
    mend(path, NOTES, RECOUNT)
    with closing(Database(path, NOTES)) as database, database.transaction() as rows:
        new = rows.execute("INSERT INTO note (text) VALUES ('new')").lastrowid
    assert new == COUNT + 2


def test_the_damaged_file_is_kept(path: Path) -> None:
    damage(path, b"200 xx")
    before = path.read_bytes()
    mend(path, NOTES, RECOUNT)
    assert [copy.read_bytes() for copy in damaged_copies(path)] == [before]
    damage(path, b"300 xx")
    mend(path, NOTES, RECOUNT)
    assert len(damaged_copies(path)) == 2


@pytest.mark.parametrize("content", [b"", b"no database at all" * 500, b"\0" * 20_000])
def test_a_file_that_is_no_database_any_more_gives_an_empty_one(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    mend(path, NOTES, RECOUNT)
    Database(path, NOTES).close()
    assert ask(path, "SELECT count(*) FROM note") == [(0,)]
    assert not content or [copy.read_bytes() for copy in damaged_copies(path)] == [content]


def test_the_log_of_a_killed_owner_is_never_given_to_the_rebuilt_file(path: Path) -> None:
    log = path.with_name("notes.db-wal")
    damage(path, b"200 xx")
    log.write_bytes(b"an old log")
    assert mend(path, NOTES, RECOUNT)
    assert not log.exists()
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
