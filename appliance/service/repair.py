"""A database that a failing disk has damaged: found at the start, rebuilt from what can be read.

SQLite notices a damaged page when it comes across it (https://www.sqlite.org/howtocorrupt.html).
Most damage is a page or two: every other row of the table can be read from its beginning up to the
damage, and from its end back to it.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from appliance.service.durable import sync_folder

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY_CODE = 0xFF
"""The rest of an extended result code says where it was noticed."""
LOG, INDEX = "-wal", "-shm"


@dataclass(frozen=True)
class Plan:
    """What the rebuilt database is to look like."""

    script: str
    """Makes the empty tables."""
    version: int
    recount: str
    """Makes right what is counted from other rows."""


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is not what it must be; a full disk or a lock is none."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE in _DAMAGE


def is_damaged(path: Path) -> bool:
    """Reads the whole file. Raises sqlite3.OperationalError when it cannot be read at all."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            return True


def version_of(path: Path) -> int | None:
    """The schema's version; None when it cannot be read."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])
        except sqlite3.DatabaseError:
            return None


def damaged_copies(path: Path) -> list[Path]:
    """What earlier repairs have set aside, with their logs."""
    return sorted(path.parent.glob(f"{path.name}.damaged*"))


def rebuild(path: Path, plan: Plan) -> None:
    """Replaces the database by one of the rows that can be read; the damaged file is kept beside it
    (`damaged_copies`). No process may have it open. Raises OSError, sqlite3.OperationalError (disk
    full), with everything as it was.
    """
    rebuilt = path.with_name(f"{path.name}.rebuilt")
    for leftover in (rebuilt, _beside(rebuilt, LOG), _beside(rebuilt, "-journal")):
        leftover.unlink(missing_ok=True)
    with closing(sqlite3.connect(rebuilt, isolation_level=None)) as new:
        new.executescript(f"PRAGMA synchronous = FULL; BEGIN;\n{plan.script}\nCOMMIT;")
        new.execute("BEGIN")
        triggers = new.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        dropped = triggers.fetchall()
        for name, _ in dropped:
            new.execute(f'DROP TRIGGER "{name}"')
        with closing(_open_damaged(path)) as old:
            _copy(old, new)
        _remove_dangling(new)
        for _, sql in dropped:
            new.execute(sql)
        new.execute(f"PRAGMA user_version = {plan.version}")
        new.execute("COMMIT")
        new.executescript(f"BEGIN;\n{plan.recount};\nCOMMIT;")
    rebuilt.chmod(0o640)
    _set_aside(path)
    rebuilt.replace(path)
    sync_folder(path.parent)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _set_aside(path: Path) -> None:
    """The log first under its new name: a rebuilt database must never find the log of another."""
    number = 1
    while (kept := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    os.link(path, kept)
    log = _beside(path, LOG)
    if log.exists():
        log.rename(_beside(kept, LOG))
    _beside(path, INDEX).unlink(missing_ok=True)
    sync_folder(path.parent)


def _open_damaged(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def _copy(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    tables = new.execute(
        """SELECT name, wr FROM pragma_table_list
        WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'"""
    ).fetchall()
    for table, without_rowid in tables:
        columns = new.execute(
            "SELECT name, pk FROM pragma_table_info(?) ORDER BY cid", (table,)
        ).fetchall()
        keys = sorted((number, name) for name, number in columns if number)
        order = [f'"{name}"' for _, name in keys] if without_rowid else ["rowid"]
        # With the row's own number a row that is read from both ends is there once.
        names = [*([] if without_rowid else ["rowid"]), *(f'"{name}"' for name, _ in columns)]
        listed, marks = ", ".join(names), ", ".join("?" * len(names))
        insert = f'INSERT OR IGNORE INTO "{table}" ({listed}) VALUES ({marks})'  # noqa: S608 # names of our own schema
        for direction in ("ASC", "DESC"):
            by = ", ".join(f"{column} {direction}" for column in order)
            rows = _readable(old, f'SELECT {listed} FROM "{table}" ORDER BY {by}')  # noqa: S608 # as above
            new.executemany(insert, rows)
    if new.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
        _keep_numbers(old, new)


def _readable(connection: sqlite3.Connection, query: str) -> Iterator[tuple[object, ...]]:
    """Rows up to the first that cannot be read."""
    with suppress(sqlite3.DatabaseError):
        yield from connection.execute(query)


def _keep_numbers(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """A number that was given once (AUTOINCREMENT) is not given again."""
    for name, number in _readable(old, "SELECT name, seq FROM sqlite_sequence"):
        known = new.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)).fetchone()
        if not isinstance(number, int):
            continue
        if known is None:
            new.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, number))
        elif known[0] < number:
            new.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (number, name))


def _remove_dangling(connection: sqlite3.Connection) -> None:
    """What refers to rows that were lost goes the way that the schema says (ON DELETE)."""
    changed = True
    while changed:  # what goes may have been referred to itself
        before = connection.total_changes
        for (table,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            for key in connection.execute(f'PRAGMA foreign_key_list("{table}")').fetchall():
                parent, column, action = key[2], key[3], key[6]
                dangling = (
                    f'"{column}" NOT NULL AND "{column}" NOT IN (SELECT rowid FROM "{parent}")'  # noqa: S608 # names of our own schema
                )
                if action == "SET NULL":
                    connection.execute(f'UPDATE "{table}" SET "{column}" = NULL WHERE {dangling}')  # noqa: S608 # as above
                else:
                    connection.execute(f'DELETE FROM "{table}" WHERE {dangling}')  # noqa: S608 # as above
        changed = connection.total_changes != before
