"""What the household may say about people and faces. The machine never acts against it.

Each word is one transaction: what it changes, and a row of the journal.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from appliance.albums import journal
from appliance.albums.errors import Contradiction, Unknown
from appliance.albums.grouping import Grouping, add_person
from appliance.albums.journal import (
    Before,
    Detail,
    FaceBefore,
    NameBefore,
    PairBefore,
    PersonBefore,
)
from appliance.albums.people import People
from appliance.albums.queries import fold
from appliance.service.clock import Clock


@dataclass(frozen=True)
class Recorded:
    """What was done."""

    entry: int | None
    """The row of the journal; None when everything was so already."""
    people: tuple[int, ...]
    """Whom it concerns."""


class Decisions:
    """Thread-safe. Every method raises Unknown for a person, face or entry that is not there."""

    def __init__(self, grouping: Grouping, clock: Clock) -> None:
        self._grouping = grouping
        self._clock = clock

    def name(self, person: int, name: str | None) -> Recorded:
        """Gives a person a name, or takes it away (None)."""
        with self._grouping.changing() as connection:
            row = _person(connection, person)
            name = _clean(name)
            if row["name"] == name:
                return Recorded(None, (row["id"],))
            before = Before(names=(NameBefore(row["id"], row["name"]),), uses=(row["id"],))
            self._set_name(connection, row["id"], name)
            return self._record(connection, "name", (row["id"],), name, before)

    def merge(self, person: int, other: int) -> Recorded:
        """Two people are one: `other`'s faces become `person`'s. A name that only one has stays;
        of two names it is `person`'s. Raises Contradiction for one and the same person."""
        with self._grouping.changing() as connection:
            kept, gone = _person(connection, person), _person(connection, other)
            if kept["id"] == gone["id"]:
                raise Contradiction("These two are the same person already.")
            pair = (kept["id"], gone["id"])
            faces = connection.execute("SELECT * FROM face WHERE person = ?", (gone["id"],))
            before = Before(
                faces=tuple(_face_before(face) for face in faces.fetchall()),
                people=(PersonBefore(gone["id"], True, gone["name"], gone["created_at"]),),
                names=(NameBefore(kept["id"], None),) if gone["name"] and not kept["name"] else (),
                rejections=_rejections_moved(connection, *pair),
                separations=_separations_moved(connection, *pair),
                aliases=_aliases(connection, gone["id"]),
                newest_face=connection.execute("SELECT max(id) FROM face").fetchone()[0] or 0,
                uses=(kept["id"],),
            )
            self._move_words(connection, before, *pair)
            connection.execute(
                "UPDATE face SET person = ? WHERE person = ?", (kept["id"], gone["id"])
            )
            connection.execute("UPDATE alias SET merged_into = ? WHERE merged_into = ?", pair)
            connection.execute("DELETE FROM person WHERE id = ?", (gone["id"],))
            self._tell(lambda people: people.merge(*pair))
            if before.names:
                self._set_name(connection, kept["id"], gone["name"])
            return self._record(connection, "merge", pair, kept["name"] or gone["name"], before)

    def separate(self, person: int, other: int) -> Recorded:
        """Two people are two, however alike. Raises Contradiction for one and the same person."""
        with self._grouping.changing() as connection:
            pair = (_person(connection, person)["id"], _person(connection, other)["id"])
            if pair[0] == pair[1]:
                raise Contradiction("This is one person.")
            first, second = sorted(pair)
            if _separated(connection, first, second):
                return Recorded(None, pair)
            before = Before(separations=(PairBefore(first, second, False),), uses=pair)
            journal.set_separation(connection, first, second, wanted=True)
            self._tell(lambda people: people.separate(*pair))
            return self._record(connection, "separate", pair, None, before)

    def remove_face(self, face: int) -> Recorded:
        """A face is not the person it is shown as; it is nobody's, and never theirs by itself.

        Raises Contradiction when it is nobody's already.
        """
        with self._grouping.changing() as connection:
            row = _face(connection, face)
            if row["person"] is None:
                raise Contradiction("This face belongs to nobody already.")
            person = row["person"]
            existed = _rejected(connection, face, person)
            before = Before(
                faces=(_face_before(row),),
                rejections=(PairBefore(face, person, existed),),
                uses=(person,),
            )
            connection.execute(
                """UPDATE face SET person = NULL, cluster = NULL, decided_by = 'machine'
                WHERE id = ?""",
                (face,),
            )
            journal.set_rejection(connection, face, person, wanted=True)
            if _embedded(connection, face, self._grouping.model):
                self._tell(lambda people: people.move(face, None, household=False))
            self._tell(lambda people: people.reject(face, person))
            return self._record(connection, "remove_face", (person,), None, before)

    def assign_face(self, face: int, person: int | None, name: str | None = None) -> Recorded:
        """A face is this person, or somebody new (None), whose name may be given."""
        with self._grouping.changing() as connection:
            row = _face(connection, face)
            made = person is None
            target = self._make_person(connection) if made else _person(connection, person)["id"]
            if row["person"] == target and row["decided_by"] == "household":
                return Recorded(None, (target,))
            rejected = _rejected(connection, face, target)
            before = Before(
                faces=(_face_before(row),),
                people=(PersonBefore(target, False, None, ""),) if made else (),
                rejections=(PairBefore(face, target, True),) if rejected else (),
                uses=() if made else (target,),
            )
            journal.set_rejection(connection, face, target, wanted=False)
            connection.execute(
                """UPDATE face SET person = ?, cluster = NULL, decided_by = 'household'
                WHERE id = ?""",
                (target, face),
            )
            people = self._grouping.people
            if people is not None and _embedded(connection, face, self._grouping.model):
                self._grouping.write(connection, people.move(face, target))
            if made:
                self._set_name(connection, target, _clean(name))
            concerned = tuple(p for p in (target, row["person"]) if p is not None)
            return self._record(connection, "assign_face", concerned, _clean(name), before)

    def undo(self, entry: int) -> Recorded:
        """Takes a word back. Raises NotUndoable."""
        with self._grouping.changing() as connection:
            return Recorded(None, journal.undo(connection, self._grouping, entry))

    def _make_person(self, connection: sqlite3.Connection) -> int:
        person = self._grouping.new_number(connection)
        add_person(connection, person, self._clock)
        return person

    def _set_name(self, connection: sqlite3.Connection, person: int, name: str | None) -> None:
        connection.execute(
            "UPDATE person SET name = ?, name_key = ? WHERE id = ?",
            (name, None if name is None else fold(name), person),
        )
        self._tell(lambda people: people.name(person, named=name is not None))

    def _move_words(
        self, connection: sqlite3.Connection, before: Before, kept: int, gone: int
    ) -> None:
        """What was said of one who goes holds for the one who stays."""
        for pair in before.rejections:
            if pair.second == gone:
                journal.set_rejection(connection, pair.first, gone, wanted=False)
            else:
                journal.set_rejection(connection, pair.first, kept, wanted=True)
        for pair in before.separations:
            involved = gone in (pair.first, pair.second)
            journal.set_separation(connection, pair.first, pair.second, wanted=not involved)

    def _tell(self, word: Callable[[People], object]) -> None:
        """Tells the grouping in memory, if there is one."""
        self._grouping.changes += 1
        if self._grouping.people is not None:
            word(self._grouping.people)

    def _record(
        self,
        connection: sqlite3.Connection,
        action: str,
        people: tuple[int, ...],
        name: str | None,
        before: Before,
    ) -> Recorded:
        entry = journal.record(connection, self._clock, action, Detail(people, name, before))
        return Recorded(entry, people)


def _clean(name: str | None) -> str | None:
    """Without needless space; None when nothing is left."""
    return " ".join((name or "").split()) or None


def _person(connection: sqlite3.Connection, person: int | None) -> sqlite3.Row:
    found = None if person is None else journal.resolve(connection, person)
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM person WHERE id = ?", (found,)
    ).fetchone()
    if row is None:
        raise Unknown("person", person or 0)
    return row


def _face(connection: sqlite3.Connection, face: int) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM face WHERE id = ?", (face,)
    ).fetchone()
    if row is None:
        raise Unknown("face", face)
    return row


def _face_before(row: sqlite3.Row) -> FaceBefore:
    return FaceBefore(row["id"], row["person"], row["cluster"], row["decided_by"])


def _embedded(connection: sqlite3.Connection, face: int, model: str | None) -> bool:
    """Whether the grouping in memory knows the face."""
    row = connection.execute(
        "SELECT 1 FROM embedding WHERE face = ? AND model = ?", (face, model)
    ).fetchone()
    return row is not None


def _rejected(connection: sqlite3.Connection, face: int, person: int) -> bool:
    row = connection.execute(
        "SELECT 1 FROM rejection WHERE face = ? AND person = ?", (face, person)
    ).fetchone()
    return row is not None


def _separated(connection: sqlite3.Connection, person: int, other: int) -> bool:
    row = connection.execute(
        "SELECT 1 FROM separation WHERE person = ? AND other = ?", (person, other)
    ).fetchone()
    return row is not None


def _aliases(connection: sqlite3.Connection, person: int) -> tuple[int, ...]:
    rows = connection.execute("SELECT person FROM alias WHERE merged_into = ?", (person,))
    return tuple(row["person"] for row in rows)


def _rejections_moved(
    connection: sqlite3.Connection, kept: int, gone: int
) -> tuple[PairBefore, ...]:
    """The rejections that merging changes: those of `gone` go, `kept` gets those it lacks."""
    faces = connection.execute("SELECT face FROM rejection WHERE person = ?", (gone,)).fetchall()
    moved = [PairBefore(row["face"], gone, True) for row in faces]
    moved += [
        PairBefore(row["face"], kept, False)
        for row in faces
        if not _rejected(connection, row["face"], kept)
    ]
    return tuple(moved)


def _separations_moved(
    connection: sqlite3.Connection, kept: int, gone: int
) -> tuple[PairBefore, ...]:
    """The separations that merging changes: those of `gone` go, `kept` gets those it lacks."""
    rows = connection.execute(
        "SELECT person, other FROM separation WHERE ? IN (person, other)", (gone,)
    ).fetchall()
    moved = [PairBefore(row["person"], row["other"], True) for row in rows]
    for row in rows:
        third = row["other"] if row["person"] == gone else row["person"]
        first, second = sorted((kept, third))
        if third != kept and not _separated(connection, first, second):
            moved.append(PairBefore(first, second, False))
    return tuple(moved)
