"""One owner writes, others read: beside it, after its violent end, after its clean stop, as another
user."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from appliance.service.database import Database, Schema, open_reader
from appliance.service.errors import DatabaseMissing, SchemaMismatch

FIRST = "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);"
SECOND = "ALTER TABLE note ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey';"
OLD, NEW = Schema("notes", (FIRST,)), Schema("notes", (FIRST, SECOND))

OWNER = """
import sys, pathlib
from appliance.service.database import Database, Schema
database = Database(pathlib.Path(sys.argv[1]), Schema("notes", (sys.argv[2],)))
for number in range(3):
    with database.transaction() as rows:
        rows.execute("INSERT INTO note (text) VALUES (?)", (str(number),))
print("written", flush=True)
sys.stdin.readline()
database.close()
"""

READER = """
import os, sys, pathlib
from appliance.service.database import Schema, open_reader
if sys.argv[3] != "me":
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
reader = open_reader(pathlib.Path(sys.argv[1]), Schema("notes", (sys.argv[2],)))
print([row["text"] for row in reader.execute("SELECT text FROM note ORDER BY id")])
reader.close()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that a reader of another user may enter and read, not write."""
    folder = tmp_path / "store"
    folder.mkdir(mode=0o755)
    opened = [parent for parent in tmp_path.parents if parent.is_relative_to("/tmp")]
    modes = {
        parent: parent.stat().st_mode for parent in (tmp_path, *opened) if parent != Path("/tmp")
    }
    for parent in modes:
        parent.chmod(0o755)
    yield folder
    for parent, mode in modes.items():
        parent.chmod(mode)


def read(path: Path, user: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", READER, path, FIRST, user],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Owner:
    """A process that has written three rows and keeps the database open."""

    def __init__(self, path: Path) -> None:
        os.umask(0o022)
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, path, FIRST],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.stream(self.process.stdout).readline() == b"written\n"
        path.chmod(0o644)  # on the box the group does this; here the reader is in none

    @staticmethod
    def stream(stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None
        return stream

    def stay(self) -> None:
        """Goes on running."""

    def die(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        self.stream(self.process.stdin).write(b"\n")
        self.stream(self.process.stdin).flush()
        assert self.process.wait(30) == 0

    def release(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            self.stream(stream).close()


@pytest.mark.parametrize("user", ["me", "nobody"])
@pytest.mark.parametrize("fate", [Owner.stay, Owner.die, Owner.close])
def test_a_reader_sees_all_rows(folder: Path, fate: Callable[[Owner], None], user: str) -> None:
    if user == "nobody" and os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    path = folder / "notes.db"
    owner = Owner(path)
    try:
        for name in ("notes.db-wal", "notes.db-shm"):
            (folder / name).chmod(0o644)
        fate(owner)
        assert read(path, user) == "['0', '1', '2']"
    finally:
        owner.release()


def test_a_clean_stop_leaves_one_file(folder: Path) -> None:
    Database(folder / "notes.db", OLD).close()
    assert [path.name for path in folder.iterdir()] == ["notes.db"]


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    Database(tmp_path / "notes.db", OLD).close()
    with (
        closing(open_reader(tmp_path / "notes.db", OLD)) as reader,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        reader.execute("INSERT INTO note (text) VALUES ('x')")


def test_a_busy_reader_does_not_keep_the_owner_from_closing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.service.database.BUSY_TIMEOUT_S", 0.1)
    path = tmp_path / "notes.db"
    database = Database(path, OLD)
    with database.transaction() as rows:
        rows.execute("INSERT INTO note (text) VALUES ('kept')")
    with closing(open_reader(path, OLD)) as reader:
        busy = reader.execute("SELECT text FROM note")
        database.close()
        assert busy.fetchone()["text"] == "kept"
    with closing(open_reader(path, OLD)) as reader:
        assert reader.execute("SELECT count(*) FROM note").fetchone()[0] == 1


def test_a_missing_database_is_named_with_its_mend(tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissing) as caught:
        open_reader(tmp_path / "notes.db", OLD)
    assert caught.value.mend == "appliance restart notes"
    assert not (tmp_path / "notes.db").exists()


def test_an_old_database_is_migrated_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    with closing(Database(path, OLD)) as database, database.transaction() as rows:
        rows.execute("INSERT INTO note (text) VALUES ('kept')")
    with closing(Database(path, NEW)) as database, database.reading() as rows:
        assert tuple(rows.execute("SELECT text, colour FROM note").fetchone()) == ("kept", "grey")


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    Database(path, NEW).close()
    before = path.read_bytes()
    with pytest.raises(SchemaMismatch) as caught:
        Database(path, OLD)
    assert (caught.value.found, caught.value.expected) == (2, 1)
    assert path.read_bytes() == before


@pytest.mark.parametrize(("written", "known"), [(OLD, NEW), (NEW, OLD)])
def test_a_reader_of_another_version_is_refused(
    tmp_path: Path, written: Schema, known: Schema
) -> None:
    Database(tmp_path / "notes.db", written).close()
    with pytest.raises(SchemaMismatch):
        open_reader(tmp_path / "notes.db", known)


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    Database(path, OLD).close()
    broken = Schema("notes", (FIRST, "ALTER TABLE note ADD COLUMN size TEXT; SELECT nonsense;"))
    with pytest.raises(sqlite3.OperationalError):
        Database(path, broken)
    with closing(Database(path, OLD)) as database, database.reading() as rows:
        assert "size" not in [column[1] for column in rows.execute("PRAGMA table_info(note)")]


def test_a_full_disk_undoes_the_transaction_and_says_so(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "notes.db", OLD)) as database:
        with database.reading() as rows:
            rows.execute("PRAGMA max_page_count = 8")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            write_note(database, "x" * 100_000)
        write_note(database, "short")
        with database.reading() as rows:
            assert [row["text"] for row in rows.execute("SELECT text FROM note")] == ["short"]


def write_note(database: Database, text: str) -> None:
    with database.transaction() as rows:
        rows.execute("INSERT INTO note (text) VALUES (?)", (text,))


class Store(RuleBasedStateMachine):
    """Transactions that succeed or fail, processes that stop or are cut off: what was acknowledged
    is there."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.path = self.folder / f"{id(self)}.db"
        self.path.unlink(missing_ok=True)
        self.database = Database(self.path, OLD)
        self.acknowledged: list[str] = []

    @rule(texts=st.lists(st.text(max_size=5), max_size=4))
    def write(self, texts: list[str]) -> None:
        try:
            with self.database.transaction() as rows:
                for text in texts:
                    rows.execute("INSERT INTO note (text) VALUES (?)", (text,))
        except sqlite3.IntegrityError:
            return  # a text that is there already: none of them was taken
        self.acknowledged += texts

    @rule()
    def stop_and_start(self) -> None:
        self.database.close()
        self.database = Database(self.path, OLD)

    @invariant()
    def a_reader_sees_what_was_acknowledged(self) -> None:
        with closing(open_reader(self.path, OLD)) as reader:
            rows = reader.execute("SELECT text FROM note ORDER BY id").fetchall()
        assert [row["text"] for row in rows] == self.acknowledged

    def teardown(self) -> None:
        self.database.close()


def test_what_was_acknowledged_is_there(tmp_path: Path) -> None:
    class Here(Store):
        folder = tmp_path

    Here.TestCase.settings = settings(max_examples=25, stateful_step_count=10, deadline=None)
    Here.TestCase("runTest").runTest()
