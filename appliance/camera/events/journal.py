"""The owner's side of the events database. Thread-safe; each call is one durable transaction."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from appliance.camera import queries
from appliance.camera.box import Box
from appliance.camera.events.interrupted import end_interrupted
from appliance.camera.events.schema import SCHEMA
from appliance.camera.events.tracker import Event
from appliance.camera.events.way import Way
from appliance.service.database import Database, mend
from appliance.service.durable import make_folder


@dataclass(frozen=True)
class Due:
    """An event whose clip is still to be cut."""

    id: str
    camera: str
    start_ms: int
    end_ms: int


class Journal:
    """Events, how lively each minute was, which cameras are armed."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the camera room's. Ends what a process that was killed left open.

        A disk that is full or refuses is none of its concern yet: each call tries to open the
        database again, and raises OSError or sqlite3.OperationalError while that does not work.
        Raises SchemaMismatch, sqlite3.DatabaseError.
        """
        self._folder = folder
        self._opening = threading.Lock()
        self._database: Database | None = None
        self._interrupted: list[str] = []
        with suppress(OSError, sqlite3.OperationalError):
            self._open()

    def close(self) -> None:
        if self._database is not None:
            self._database.close()

    def take_interrupted(self) -> list[str]:
        """The ids of the events that were ended when the database was opened, each once."""
        with self._reading():
            interrupted, self._interrupted = self._interrupted, []
        return interrupted

    def write(
        self, event: Event, camera: str, name: str, start_ms: int, end_ms: int, *, is_open: bool
    ) -> None:
        """Adds an event, or says what has become of it."""
        place = event.place
        corners = (None,) * 4 if place is None else (place.x, place.y, place.width, place.height)
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO event (id, camera, camera_name, start_ms, end_ms, open, score, kind,"
                " cause, sentence, x, y, width, height, way)"
                " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
                " ON CONFLICT (id) DO UPDATE SET end_ms = excluded.end_ms, open = excluded.open,"
                " score = excluded.score, kind = excluded.kind, cause = excluded.cause,"
                " sentence = excluded.sentence, x = excluded.x, y = excluded.y,"
                " width = excluded.width, height = excluded.height, way = excluded.way",
                (
                    *(event.id, camera, name, start_ms, end_ms, int(is_open), event.score),
                    *(event.kind, event.cause, event.sentence, *corners, _packed(event.way)),
                ),
            )

    def set_snapshot(self, identifier: str, file: str) -> None:
        self._set(identifier, "snapshot", file)

    def set_clip(self, identifier: str, file: str) -> None:
        """`file` is empty when nothing was recorded; then it is not tried again."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE event SET clip = ?, clip_due = 0 WHERE id = ?", (file, identifier)
            )

    def set_who(self, identifier: str, who: str) -> None:
        self._set(identifier, "who", who)

    def set_verdict(self, identifier: str, verdict: str, judgements: Sequence[int]) -> None:
        """`judgements` are the numbers by which the camera's model takes it back."""
        with self._transaction() as connection:
            connection.execute(
                "UPDATE event SET verdict = ?, judgements = ? WHERE id = ?",
                (verdict, json.dumps(list(judgements)), identifier),
            )

    def find(self, identifier: str) -> queries.Event | None:
        with self._reading() as connection:
            return queries.find_event(connection, identifier)

    def judgements(self, identifier: str) -> list[int]:
        """The numbers that `set_verdict` was given."""
        found: list[int] = json.loads(self._value(identifier, "judgements"))
        return found

    def way(self, identifier: str) -> Way:
        """Where the event was; empty when that is not known."""
        corners = json.loads(self._value(identifier, "way"))
        return tuple(Box(*each) for each in corners)

    def due(self) -> list[Due]:
        """Events that are over and have no clip yet, the oldest first."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT id, camera, start_ms, end_ms FROM event"
                " WHERE NOT open AND clip_due AND start_ms > 0 ORDER BY number"
            ).fetchall()
        return [Due(*row) for row in rows]

    def add_minutes(self, minutes: Mapping[tuple[str, int], tuple[float, float, float]]) -> None:
        """Score, seconds of movement, and seconds of somebody who does not move, by camera and
        minute."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT INTO activity VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " score = max(score, excluded.score), moving_s = moving_s + excluded.moving_s,"
                " present_s = present_s + excluded.present_s",
                [(*key, *value) for key, value in minutes.items()],
            )

    def lively(self, camera: str, from_ms: int = 0) -> dict[int, queries.Minute]:
        """Minutes in which something happened, by their start."""
        with self._reading() as connection:
            found = queries.minutes(connection, camera, from_ms, 1 << 60)
        return {minute.start_ms: minute for minute in found}

    def armed(self) -> dict[str, bool]:
        """What the household has switched, by camera."""
        with self._reading() as connection:
            return queries.armed(connection)

    def set_armed(self, key: str, name: str, armed: bool) -> None:
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO camera VALUES (?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET name = excluded.name, armed = excluded.armed",
                (key, name, int(armed)),
            )

    def replace_cameras(self, names: Mapping[str, str]) -> list[str]:
        """Remembers which cameras there are; the keys of those that are gone."""
        with self._transaction() as connection:
            known = [row[0] for row in connection.execute("SELECT key FROM camera")]
            gone = [key for key in known if key not in names]
            connection.executemany("DELETE FROM camera WHERE key = ?", [(key,) for key in gone])
            connection.executemany(
                "INSERT INTO camera VALUES (?, ?, NULL)"
                " ON CONFLICT (key) DO UPDATE SET name = excluded.name",
                list(names.items()),
            )
        return gone

    def old_events(self, before_ms: int) -> list[queries.Event]:
        """Events that ended before that, and are not open."""
        return self._events("NOT open AND end_ms > 0 AND end_ms < ? ORDER BY number", before_ms)

    def dullest_events(self, limit: int) -> list[queries.Event]:
        """With a clip, the least unusual first; what the household wants told always is last."""
        return self._events(
            "NOT open AND clip != '' ORDER BY verdict = 'always', score, number LIMIT ?", limit
        )

    def delete_events(self, identifiers: Sequence[str]) -> None:
        with self._transaction() as connection:
            connection.executemany(
                "DELETE FROM event WHERE id = ?", [(each,) for each in identifiers]
            )

    def delete_minutes(self, before_ms: int) -> None:
        with self._transaction() as connection:
            connection.execute("DELETE FROM activity WHERE minute_ms < ?", (before_ms,))

    def _events(self, condition: str, value: object) -> list[queries.Event]:
        with self._reading() as connection:
            rows = connection.execute(f"SELECT * FROM event WHERE {condition}", (value,))  # noqa: S608 # our own words
            return [queries.event_of(row) for row in rows.fetchall()]

    def _open(self) -> Database:
        with self._opening:
            if self._database is None:
                make_folder(self._folder)
                path = self._folder / queries.DATABASE
                mend(path, SCHEMA)
                database = Database(path, SCHEMA)
                try:
                    with database.transaction() as connection:
                        self._interrupted = end_interrupted(connection, self._folder)
                except BaseException:
                    database.close()
                    raise
                self._database = database
            return self._database

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._open().transaction() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._open().reading() as connection:
            yield connection

    def _value(self, identifier: str, column: str) -> str:
        """A list, empty when there is no such event."""
        with self._reading() as connection:
            row = connection.execute(
                f"SELECT {column} FROM event WHERE id = ?",  # noqa: S608 # our own words
                (identifier,),
            ).fetchone()
        return "[]" if row is None else str(row[0])

    def _set(self, identifier: str, column: str, value: str) -> None:
        with self._transaction() as connection:
            connection.execute(f"UPDATE event SET {column} = ? WHERE id = ?", (value, identifier))  # noqa: S608 # our own words


def _packed(way: Way) -> str:
    return json.dumps([(each.x, each.y, each.width, each.height) for each in way])
