"""The other side of the page: what answers in the place of albums, on a real broker.

It keeps the household's library of `household.py`; what it is asked, it does to the rows.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from appliance.albums import queries
from appliance.bus.client import Bus
from appliance.bus.messages import albums as messages
from appliance.bus.messages.base import Done, Failure, Message
from appliance.bus.messages.service import Health, Reason
from appliance.bus.topics import (
    ALBUMS_STATE,
    ASSIGN_FACE,
    DISCARD_QUARANTINED,
    FORGET_PERSON,
    HEALTH,
    LIBRARY_CHANGED,
    MAKE_PREVIEW,
    MERGE_PEOPLE,
    NAME_PERSON,
    REMOVE_FACE,
    RETRY_QUARANTINED,
    SEPARATE_PEOPLE,
    SET_GROUPING,
    UNDO,
)
from appliance.service.database import Database
from appliance.service.paths import Paths

Q = TypeVar("Q", bound=Message)

UNKNOWN_PERSON = Failure(
    code="unknown_person", message="There is no such person.", mend="Read the page again."
)


class Neighbour:
    """Answers as albums does; `asked` is what it was asked."""

    def __init__(self, bus: Bus, database: Database, paths: Paths) -> None:
        self.asked: list[Message] = []
        self.refusal: Failure | None = None
        """What every question is answered with, when set."""
        self._bus = bus
        self._database = database
        self._paths = paths
        self._answer(bus)

    def _answer(self, bus: Bus) -> None:
        bus.answer(NAME_PERSON, self._noted(self.name))
        bus.answer(MERGE_PEOPLE, self._noted(self.merge))
        bus.answer(SEPARATE_PEOPLE, self._noted(self.separate))
        bus.answer(FORGET_PERSON, self._noted(self.forget))
        bus.answer(REMOVE_FACE, self._noted(self.remove_face))
        bus.answer(ASSIGN_FACE, self._noted(self.assign_face))
        bus.answer(SET_GROUPING, self._noted(self.set_grouping))
        bus.answer(UNDO, self._noted(self.undo))
        bus.answer(RETRY_QUARANTINED, self._noted(self.retry))
        bus.answer(DISCARD_QUARANTINED, self._noted(self.discard))
        bus.answer(MAKE_PREVIEW, self._make_preview)

    async def say_hello(self, state: str = "ok", reasons: list[Reason] | None = None) -> None:
        """Publishes what albums publishes when it has started."""
        await self._bus.publish(
            HEALTH,
            Health(
                state=state,  # type: ignore[arg-type]
                reasons=reasons or [],
                pid=4711,
                software="0.1.0",
                pss_mb=96.4,
                budget_mb=250,
                started_at="2026-11-23T08:00:00+00:00",
            ),
        )
        await self._publish_state()

    async def _publish_state(self) -> None:
        with self._database.reading() as reader:
            counts = queries.counts(reader)
        await self._bus.publish(
            ALBUMS_STATE,
            messages.AlbumsState(
                photos=counts.photos,
                people=counts.people,
                faces=counts.faces,
                unknown_faces=counts.unknown_faces,
                pending=counts.pending,
                quarantined=counts.quarantined,
                grouping=counts.grouping,
            ),
        )

    def _noted(
        self, carry_out: Callable[[Q], Done | Failure]
    ) -> Callable[[Q], Awaitable[Done | Failure]]:
        async def answer(message: Q) -> Done | Failure:
            self.asked.append(message)
            if self.refusal is not None:
                return self.refusal
            answered = carry_out(message)
            await self._publish_state()
            await self._bus.publish(LIBRARY_CHANGED, messages.LibraryChanged())
            return answered

        return answer

    def name(self, message: messages.NamePerson) -> Done | Failure:
        with self._database.transaction() as connection:
            before = connection.execute(
                "SELECT name FROM person WHERE id = ?", (message.person,)
            ).fetchone()
            if before is None:
                return UNKNOWN_PERSON
            key = queries.fold(message.name) if message.name else None
            connection.execute(
                "UPDATE person SET name = ?, name_key = ? WHERE id = ?",
                (message.name, key, message.person),
            )
        return self._write_down("name", [message.person], message.name, name_before=before[0])

    def merge(self, message: messages.MergePeople) -> Done | Failure:
        with self._database.transaction() as connection:
            moved = self._faces(message.other)
            connection.execute(
                "UPDATE face SET person = ? WHERE person = ?", (message.person, message.other)
            )
            self._settle(message.person, message.other)
        people = [message.person, message.other]
        return self._write_down("merge", people, None, faces=dict.fromkeys(moved, message.other))

    def separate(self, message: messages.SeparatePeople) -> Done:
        with self._database.transaction():
            self._settle(message.person, message.other)
        return self._write_down("separate", [message.person, message.other], None)

    def _settle(self, one: int, other: int) -> None:
        with self._database.reading() as connection:
            connection.execute(
                "DELETE FROM suggestion WHERE (person, other) IN ((?, ?), (?, ?))",
                (one, other, other, one),
            )

    def forget(self, message: messages.ForgetPerson) -> Done:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM face WHERE person = ?", (message.person,))
            connection.execute("DELETE FROM person WHERE id = ?", (message.person,))
            connection.execute(
                "INSERT INTO journal (action, detail, final) VALUES ('forget', '{}', 1)"
            )
        return Done()

    def remove_face(self, message: messages.RemoveFace) -> Done:
        return self._move("remove_face", message.face, None)

    def assign_face(self, message: messages.AssignFace) -> Done:
        person = message.person
        if person is None:
            with self._database.transaction() as connection:
                row = connection.execute(
                    "INSERT INTO person (name, name_key) VALUES (?, ?) RETURNING id",
                    (message.name, queries.fold(message.name or "")),
                ).fetchone()
                person = int(row[0])
        return self._move("assign_face", message.face, person)

    def _move(self, action: str, face: int, person: int | None) -> Done:
        with self._database.transaction() as connection:
            before = connection.execute("SELECT person FROM face WHERE id = ?", (face,)).fetchone()[
                0
            ]
            connection.execute("UPDATE face SET person = ? WHERE id = ?", (person, face))
        people = [one for one in (before, person) if one is not None]
        return self._write_down(action, people, None, faces={face: before})

    def set_grouping(self, message: messages.SetGrouping) -> Done:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM consent")
            if message.agreed:
                connection.execute("INSERT INTO consent VALUES (1, '')")
        return self._write_down("agree" if message.agreed else "disagree", [], None)

    def undo(self, message: messages.UndoEntry) -> Done | Failure:
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT action, detail FROM journal WHERE id = ? AND NOT undone", (message.entry,)
            ).fetchone()
            if row is None:
                return Failure(code="already_undone", message="That was undone before.")
            detail = json.loads(row["detail"])
            for face, person in detail.get("faces", {}).items():
                connection.execute("UPDATE face SET person = ? WHERE id = ?", (person, int(face)))
            if row["action"] == "name":
                name = detail["name_before"]
                connection.execute(
                    "UPDATE person SET name = ?, name_key = ? WHERE id = ?",
                    (name, queries.fold(name) if name else None, detail["people"][0]),
                )
            connection.execute("UPDATE journal SET undone = 1 WHERE id = ?", (message.entry,))
        return Done()

    def retry(self, message: messages.RetryQuarantined) -> Done:
        return self.discard(messages.DiscardQuarantined(item=message.item))

    def discard(self, message: messages.DiscardQuarantined) -> Done:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM quarantine WHERE id = ?", (message.item,))
        return Done()

    async def _make_preview(self, message: messages.MakePreview) -> messages.PreviewReady:
        self.asked.append(message)
        return self.preview(message)

    def preview(self, message: messages.MakePreview) -> messages.PreviewReady:
        with self._database.reading() as reader:
            photo = queries.photo(reader, message.photo)
        assert photo is not None
        path = self._paths.albums / photo.preview
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Path(self._paths.library / photo.original).read_bytes())
        return messages.PreviewReady(file=photo.preview)

    def _faces(self, person: int) -> list[int]:
        with self._database.reading() as connection:
            rows = connection.execute("SELECT id FROM face WHERE person = ?", (person,))
            return [row[0] for row in rows]

    def _write_down(
        self, action: str, people: list[int], name: str | None, **before: object
    ) -> Done:
        detail = json.dumps({"people": people, "name": name, **before})
        with self._database.transaction() as connection:
            row = connection.execute(
                """INSERT INTO journal (at, action, detail)
                VALUES ('2026-11-23T17:00:00+00:00', ?, ?) RETURNING id""",
                (action, detail),
            ).fetchone()
        return Done(entry=int(row[0]))
