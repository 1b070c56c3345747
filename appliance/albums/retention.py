"""Faces without a name are not kept for ever: one day they lose their crop and their vector."""

from datetime import timedelta

from appliance.albums.grouping import Grouping
from appliance.albums.library import Library, remove_later
from appliance.service.clock import Clock, timestamp

BATCH = 200
PERIOD_S = 6 * 3600.0


class Retention:
    """A chore, due a few times a day."""

    def __init__(
        self, grouping: Grouping, library: Library, clock: Clock, unknown_face_days: int
    ) -> None:
        """0 days: faces are kept."""
        self._grouping = grouping
        self._library = library
        self._clock = clock
        self._days = unknown_face_days
        self._due = 0.0

    def step(self) -> bool:
        now = self._clock.now()
        if self._days == 0 or now is None or self._clock.monotonic() < self._due:
            return False
        ended = self._end(timestamp(now - timedelta(days=self._days)))
        if ended < BATCH:
            self._due = self._clock.monotonic() + PERIOD_S
        if ended:
            self._library.remove_files()
        return ended == BATCH

    def _end(self, limit: str) -> int:
        """Ends the retention of faces that were found before; how many there were."""
        with self._grouping.changing() as connection:
            # Found while the time was unknown: their retention begins now.
            connection.execute(
                "UPDATE face SET found_at = ? WHERE found_at = ''", (timestamp(self._clock.now()),)
            )
            rows = connection.execute(
                """SELECT face.id, crop FROM face LEFT JOIN person ON person.id = face.person
                WHERE person.name IS NULL AND found_at < ? AND (crop NOT NULL
                    OR EXISTS (SELECT 1 FROM embedding WHERE embedding.face = face.id)) LIMIT ?""",
                (limit, BATCH),
            ).fetchall()
            faces = [(row["id"],) for row in rows]
            remove_later(connection, [row["crop"] for row in rows if row["crop"]])
            connection.executemany("DELETE FROM embedding WHERE face = ?", faces)
            connection.executemany(
                "UPDATE face SET crop = NULL, person = NULL, cluster = NULL WHERE id = ?", faces
            )
            if self._grouping.people is not None:
                for (face,) in faces:
                    self._grouping.people.remove_face(face)
            self._grouping.changes += len(faces)
        return len(faces)
