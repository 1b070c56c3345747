"""SQLite as every store of the box uses it: one owner writes, others read.

The owner keeps the database in WAL mode while it runs and puts it back into rollback mode when it
closes cleanly. So a reader that may not write the folder (another user) can read in each case:
beside a running owner and after a kill the `-wal` and `-shm` files are there to be read; after a
clean stop neither is needed (https://www.sqlite.org/wal.html#read_only_databases).
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from appliance.service import repair
from appliance.service.errors import DatabaseMissing, SchemaMismatch

BUSY_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Schema:
    """A store's schema: the scripts that lead from an empty file to today's version, oldest
    first."""

    name: str
    migrations: tuple[str, ...]
    """SQL scripts; applying number n leads to version n. A script that was released never
    changes."""

    @property
    def version(self) -> int:
        return len(self.migrations)


class Database:
    """The owner's connection; one process, any thread (calls are serialised)."""

    def __init__(self, path: Path, schema: Schema) -> None:
        """Opens or creates the file and migrates it forward, each step in a transaction of its own.

        Raises SchemaMismatch when the file was written by a newer version.
        """
        self.path = path
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        try:
            self._open(schema)
        except BaseException:
            self._connection.close()
            raise

    def _open(self, schema: Schema) -> None:
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if version > schema.version:
            raise SchemaMismatch(schema.name, found=version, expected=schema.version)
        self.path.chmod(0o640)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA secure_delete = ON")
        for number in range(version + 1, schema.version + 1):
            script = schema.migrations[number - 1]
            self._connection.executescript(
                f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
            )

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, durable when the block has ended; other threads wait. Must not be
        nested."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # SQLite ends it itself when the disk is full
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The owner's own reads."""
        with self._lock:
            yield self._connection

    def close(self) -> None:
        """Leaves a single file that a reader of another user can open.

        A reader that is busy for longer than the timeout keeps the file in WAL mode; then the next
        owner finds it so and nothing is lost.
        """
        with self._lock:
            # a reader holds it, or it is damaged: WAL stays, as after a kill
            with suppress(sqlite3.DatabaseError):
                self._connection.execute("PRAGMA journal_mode = DELETE")
            self._connection.close()


def mend(path: Path, schema: Schema, recount: str = "") -> bool:
    """Rebuilds the file from what can be read of it if it is damaged; whether that was so.

    For the owner, before it opens it: it reads the whole file. `recount` is a script that makes
    right what is counted from other rows.
    """
    if not path.exists() or not repair.is_damaged(path):
        return False
    version = repair.version_of(path)
    if version is None or not 0 < version <= schema.version:
        version = schema.version
    script = "\n".join(schema.migrations[:version])
    repair.rebuild(path, repair.Plan(script, version, recount))
    return True


def open_reader(path: Path, schema: Schema) -> sqlite3.Connection:
    """A read-only connection; keep transactions short.

    Raises DatabaseMissing when the owner has not created it yet and SchemaMismatch when owner and
    reader are of different versions.
    """
    if not path.exists():
        raise DatabaseMissing(schema.name, path)
    connection = sqlite3.connect(
        f"file:{path}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    try:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error:
        connection.close()
        raise
    if version != schema.version:
        connection.close()
        raise SchemaMismatch(schema.name, found=version, expected=schema.version)
    return connection
