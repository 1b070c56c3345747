"""What the household wants gone is gone: from rows, journal and files, not only from sight.

Deleted bytes are overwritten in the database (secure_delete) and its log is emptied at once.
"""

import logging
import shutil
import sqlite3
from pathlib import Path

import msgspec

from appliance.albums import journal
from appliance.albums.decisions import Recorded
from appliance.albums.errors import Unknown
from appliance.albums.grouping import Grouping
from appliance.albums.journal import Before, Detail, Row
from appliance.albums.library import Library, remove_later
from appliance.service.clock import Clock, timestamp
from appliance.service.database import Database
from appliance.service.repair import damaged_copies

logger = logging.getLogger(__name__)


class Forgetting:
    """Consent to grouping, and how to take it or a person back. Thread-safe."""

    def __init__(
        self, database: Database, grouping: Grouping, library: Library, clock: Clock
    ) -> None:
        self._database = database
        self._grouping = grouping
        self._library = library
        self._clock = clock

    def agree(self) -> Recorded:
        """Faces may be found and grouped from now on, on the photos that are there too."""
        with self._grouping.changing() as connection:
            if _consent(connection):
                return Recorded(None, ())
            connection.execute("INSERT INTO consent VALUES (1, ?)", (timestamp(self._clock.now()),))
            return Recorded(
                journal.record(connection, self._clock, "agree", Detail(), final=True), ()
            )

    def disagree(self) -> Recorded:
        """Takes the agreement back: all vectors and pictures of faces go, and everybody without a
        name. Names stay where they stand on photos; what was said before is final."""
        with self._grouping.changing() as connection:
            if not _consent(connection) and not _compared(connection):
                return Recorded(None, ())
            connection.execute("DELETE FROM consent")
            crops = connection.execute("SELECT crop FROM face WHERE crop NOT NULL").fetchall()
            remove_later(connection, [row["crop"] for row in crops])
            connection.execute("DELETE FROM embedding")
            connection.execute(
                """DELETE FROM face WHERE person IS NULL
                OR person IN (SELECT id FROM person WHERE name IS NULL)"""
            )
            connection.execute("UPDATE face SET crop = NULL, cluster = NULL")
            connection.execute("DELETE FROM person WHERE name IS NULL")
            connection.execute("DELETE FROM suggestion")
            connection.execute("UPDATE photo SET searched_by = NULL")
            connection.execute("UPDATE journal SET final = 1")
            entry = journal.record(connection, self._clock, "disagree", Detail(), final=True)
            self._grouping.close()
        self._erase()
        return Recorded(entry, ())

    def forget(self, person: int) -> Recorded:
        """Removes a person's faces, vectors, crops and name, also from what was said of them, and
        does not look for these faces again. Cannot be taken back. Raises Unknown."""
        with self._grouping.changing() as connection:
            found = journal.resolve(connection, person)
            if found is None:
                raise Unknown("person", person)
            _scrub_journal(connection, found)
            faces = connection.execute("SELECT * FROM face WHERE person = ?", (found,)).fetchall()
            connection.executemany(
                "INSERT INTO forgotten (photo, x, y, width, height) VALUES (?, ?, ?, ?, ?)",
                [(f["photo"], f["x"], f["y"], f["width"], f["height"]) for f in faces],
            )
            remove_later(connection, [face["crop"] for face in faces if face["crop"]])
            connection.execute("DELETE FROM face WHERE person = ?", (found,))
            connection.execute("DELETE FROM person WHERE id = ?", (found,))
            if self._grouping.people is not None:
                self._grouping.people.forget(found)
            self._grouping.changes += 1
            entry = journal.record(connection, self._clock, "forget", Detail(), final=True)
        self._erase()
        return Recorded(entry, ())

    def _erase(self) -> None:
        """Removes files, and the bytes of deleted rows from the database's files."""
        self._library.remove_files()
        path = self._database.path
        size = sum(file.stat().st_size for file in _files(path) if file.exists())
        with self._database.reading() as connection:
            if shutil.disk_usage(path.parent).free > 2 * size:
                connection.execute("VACUUM")
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        for copy in damaged_copies(path):
            copy.unlink(missing_ok=True)  # what was set aside by a repair knows them too
        if busy:
            logger.warning("a reader kept the log of the database from being emptied")


def _files(path: Path) -> tuple[Path, ...]:
    return path, path.with_name(f"{path.name}-wal")


def _consent(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM consent").fetchone() is not None


def _scrub_journal(connection: sqlite3.Connection, person: int) -> None:
    """Rows that speak of the person, or of whom was merged into them, say no more than that
    something was said; which other faces they touched still keeps earlier rows in order."""
    entries = journal.rows(connection)
    gone = {person, *_aliases(connection, person)}
    while True:
        merged = {
            row.detail.people[1]
            for row in entries
            if row.action == "merge"
            and len(row.detail.people) == 2
            and not row.undone
            and row.detail.people[0] in gone
        }
        if merged <= gone:
            break
        gone |= merged
    for row in entries:
        if _speaks_of(row, gone):
            faces = tuple(
                msgspec.structs.replace(face, person=None, cluster=None)
                for face in row.detail.before.faces
            )
            detail = Detail(before=Before(faces=faces))
            connection.execute(
                "UPDATE journal SET detail = ?, final = 1 WHERE id = ?",
                (msgspec.json.encode(detail).decode(), row.entry),
            )


def _aliases(connection: sqlite3.Connection, person: int) -> set[int]:
    rows = connection.execute("SELECT person FROM alias WHERE merged_into = ?", (person,))
    return {row["person"] for row in rows}


def _speaks_of(row: Row, people: set[int]) -> bool:
    before = row.detail.before
    mentioned = {
        *row.detail.people,
        *before.uses,
        *(face.person for face in before.faces),
        *(item.person for item in before.people),
        *(item.person for item in before.names),
        *(pair.second for pair in before.rejections),
        *(number for pair in before.separations for number in (pair.first, pair.second)),
    }
    return not people.isdisjoint(mentioned)


def _compared(connection: sqlite3.Connection) -> bool:
    """Whether faces were compared without an agreement: those of the demo library."""
    return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM embedding)").fetchone()[0])
