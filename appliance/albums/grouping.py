"""The people of the library: grouping in memory beside its rows, both changed together.

Whoever changes people holds `lock`, then opens the transaction. When a transaction fails, memory
may be ahead of the rows: `changing` then reads it again from them.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt

from appliance.albums.changes import Assigned, Change, Created, LeftUnknown, Merged
from appliance.albums.people import KnownFace, Observation, People
from appliance.albums.thresholds import thresholds_for
from appliance.service.clock import Clock, timestamp
from appliance.service.database import Database

SUGGESTIONS_KEPT = 50


class Grouping:
    """Thread-safe."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.lock = threading.RLock()
        self.model: str | None = None
        """The embedder whose vectors are compared; None before `open`."""
        self.stale = False
        """Whether faces wait to be read anew by this embedder; until then nothing is grouped."""
        self.changes = 0
        """Grows with every change of people."""
        self._database = database
        self._clock = clock
        self._people: People | None = None

    @property
    def people(self) -> People | None:
        """None while no embedder is chosen. Hold `lock`."""
        return self._people

    def open(self, model: str) -> None:
        """Reads the people as this embedder sees them. Raises NoThresholds."""
        with self.lock, self._database.reading() as connection:
            self._people = _load(connection, model)
            self.model = model
            self.stale = (
                connection.execute(
                    "SELECT EXISTS (SELECT 1 FROM embedding WHERE model < ?1 OR model > ?1)",
                    (model,),
                ).fetchone()[0]
                == 1
            )
            self.changes += 1

    def open_as_found(self) -> None:
        """Reads the people by the embedder that most faces were read by; for a box whose models are
        missing."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT model FROM embedding GROUP BY model ORDER BY count(*) DESC LIMIT 1"
            ).fetchone()
        if row is not None:
            self.open(row["model"])

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction in which rows and memory change together, or neither does."""
        with self.lock:
            try:
                with self._database.transaction() as connection:
                    yield connection
            except BaseException:
                self.reload()
                raise

    def close(self) -> None:
        """Forgets everything in memory."""
        with self.lock:
            self._people, self.model, self.stale = None, None, False
            self.changes += 1

    def reload(self) -> None:
        """Reads the people again from the rows."""
        if self.model is not None:
            self.open(self.model)

    def add(
        self, connection: sqlite3.Connection, observations: Sequence[Observation]
    ) -> list[Change]:
        """Finds people for the faces of one photo, whose rows are there. Inside `changing`."""
        if self._people is None:
            return []
        changes = self._people.add(observations)
        self.write(connection, changes)
        return changes

    def write(self, connection: sqlite3.Connection, changes: Iterable[Change]) -> None:
        """Writes what grouping decided. Inside `changing`."""
        self.changes += 1
        for change in changes:
            self._write(connection, change)
        if self._people is not None:
            keep_numbers(connection, self._people.next_person - 1)

    def _write(self, connection: sqlite3.Connection, change: Change) -> None:
        if isinstance(change, Created | Assigned):
            if isinstance(change, Created):
                add_person(connection, change.person, self._clock)
            connection.execute(
                "UPDATE face SET person = ?, cluster = ? WHERE id = ?",
                (change.person, change.cluster, change.face),
            )
        elif isinstance(change, Merged):
            merge_rows(connection, change)
        elif isinstance(change, LeftUnknown):
            connection.execute(
                "UPDATE face SET person = NULL, cluster = NULL WHERE id = ?", (change.face,)
            )

    def new_number(self, connection: sqlite3.Connection) -> int:
        """A number that no person and no cluster ever had. Inside `changing`."""
        if self._people is not None:
            number = self._people.new_person()
        else:
            number = last_number(connection) + 1
        keep_numbers(connection, number)
        return number

    def refresh_suggestions(self) -> bool:
        """Writes down the questions worth asking; whether they are others than before."""
        with self.lock, self._database.transaction() as connection:
            suggested = self._people.suggestions(SUGGESTIONS_KEPT) if self._people else []
            wanted = {(item.person, item.other): item.score for item in suggested}
            rows = connection.execute("SELECT person, other, score FROM suggestion").fetchall()
            present = {(row["person"], row["other"]): row["score"] for row in rows}
            if wanted == present:
                return False
            connection.execute("DELETE FROM suggestion")
            connection.executemany(
                "INSERT INTO suggestion (person, other, score) VALUES (?, ?, ?)",
                [(*pair, score) for pair, score in wanted.items()],
            )
            return wanted.keys() != present.keys()

    def nearest(self, vector: npt.NDArray[np.float32]) -> tuple[int | None, float]:
        """The person of a vector of this embedder, and the cosine; (None, -1.0) for nobody."""
        with self.lock:
            return self._people.nearest(vector) if self._people else (None, -1.0)


def add_person(connection: sqlite3.Connection, person: int, clock: Clock) -> None:
    """A row for a person, if there is none."""
    connection.execute(
        "INSERT INTO person (id, created_at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
        (person, timestamp(clock.now())),
    )


def merge_rows(connection: sqlite3.Connection, change: Merged) -> None:
    """The machine's merge: `other` lives on as another name of `person`."""
    pair = (change.person, change.other)
    connection.execute(
        "UPDATE face SET person = ?, cluster = coalesce(?, cluster) WHERE person = ?",
        (change.person, change.cluster, change.other),
    )
    connection.execute("UPDATE alias SET merged_into = ? WHERE merged_into = ?", pair)
    connection.execute("DELETE FROM person WHERE id = ?", (change.other,))
    connection.execute("INSERT INTO alias (merged_into, person) VALUES (?, ?)", pair)


def last_number(connection: sqlite3.Connection) -> int:
    """The highest number that a person or cluster has had."""
    row = connection.execute(
        """SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'person'), 0),
            coalesce((SELECT max(cluster) FROM face), 0))"""
    ).fetchone()
    return int(row[0])


def keep_numbers(connection: sqlite3.Connection, highest: int) -> None:
    """Remembers the numbers given out so far, so that none comes back after a restart."""
    updated = connection.execute(
        "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'person'", (highest,)
    )
    if updated.rowcount == 0:
        connection.execute("INSERT INTO sqlite_sequence VALUES ('person', ?)", (highest,))


def _load(connection: sqlite3.Connection, model: str) -> People:
    rows = connection.execute(
        """SELECT face.id, vector, quality, photo, person, cluster, decided_by = 'household'
        FROM face JOIN embedding ON embedding.face = face.id WHERE model = ? ORDER BY face.id""",
        (model,),
    )
    return People.load(
        thresholds_for(model),
        last_number(connection) + 1,
        (_known(row) for row in rows),
        named=[row[0] for row in connection.execute("SELECT id FROM person WHERE name NOT NULL")],
        rejections=[tuple(row) for row in connection.execute("SELECT face, person FROM rejection")],
        separations=[
            tuple(row) for row in connection.execute("SELECT person, other FROM separation")
        ],
    )


def _known(row: sqlite3.Row) -> KnownFace:
    face, vector, quality, photo, person, cluster, household = row
    known = np.frombuffer(vector, np.float16).astype(np.float32)
    return KnownFace(face, known, quality, photo, person, cluster, bool(household))
