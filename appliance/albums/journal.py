"""What the household said, one row a word, each with what was there before.

Taking a row back puts exactly that back. It is refused while a later row that stands has touched
the same things: whatever is taken back in whatever order, nothing else that was said is lost.
"""

import json
import sqlite3
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import msgspec

from appliance.albums.errors import NotUndoable, Unknown
from appliance.albums.grouping import Grouping
from appliance.albums.queries import fold
from appliance.service.clock import Clock, timestamp

UNDOABLE = ("name", "merge", "separate", "remove_face", "assign_face")


class FaceBefore(msgspec.Struct, frozen=True, array_like=True):
    face: int
    person: int | None
    cluster: int | None
    decided_by: str


class PersonBefore(msgspec.Struct, frozen=True, array_like=True):
    """A person who came into being or ceased to be."""

    person: int
    existed: bool
    name: str | None
    created_at: str


class NameBefore(msgspec.Struct, frozen=True, array_like=True):
    person: int
    name: str | None


class PairBefore(msgspec.Struct, frozen=True, array_like=True):
    """A rejection (face, person) or a separation (person, other)."""

    first: int
    second: int
    existed: bool


class Before(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a word of the household has changed, as it was."""

    faces: tuple[FaceBefore, ...] = ()
    people: tuple[PersonBefore, ...] = ()
    names: tuple[NameBefore, ...] = ()
    rejections: tuple[PairBefore, ...] = ()
    separations: tuple[PairBefore, ...] = ()
    aliases: tuple[int, ...] = ()
    """People whom the machine had merged into the one who ceased to be."""
    newest_face: int = 0
    """When people were merged: the last face that was in the library."""
    uses: tuple[int, ...] = ()
    """People who must exist for the word to make sense, though they did not change."""


class Detail(msgspec.Struct, frozen=True, omit_defaults=True):
    """The JSON of a row; `queries.py` reads `people` and `name`."""

    people: tuple[int, ...] = ()
    name: str | None = None
    before: Before = Before()


@dataclass(frozen=True)
class Row:
    entry: int
    action: str
    detail: Detail
    undone: bool
    final: bool


def record(
    connection: sqlite3.Connection,
    clock: Clock,
    action: str,
    detail: Detail,
    *,
    final: bool = False,
) -> int:
    """Writes a row; inside the transaction that does what it says."""
    return (
        connection.execute(
            "INSERT INTO journal (at, action, detail, final) VALUES (?, ?, ?, ?)",
            (timestamp(clock.now()), action, msgspec.json.encode(detail).decode(), final),
        ).lastrowid
        or 0
    )


def rows(connection: sqlite3.Connection, after: int = 0) -> list[Row]:
    """The journal from the row behind `after` on, oldest first."""
    found = connection.execute(
        "SELECT id, action, detail, undone, final FROM journal WHERE id > ? ORDER BY id", (after,)
    )
    return [
        Row(
            *(row["id"], row["action"], msgspec.json.decode(row["detail"], type=Detail)),
            *(bool(row["undone"]), bool(row["final"])),
        )
        for row in found
    ]


def undo(connection: sqlite3.Connection, grouping: Grouping, entry: int) -> tuple[int, ...]:
    """Takes a row back, inside `Grouping.changing`; the people concerned.

    Raises Unknown and NotUndoable (`already_undone`, `too_late`, `later_entry`).
    """
    following = rows(connection, entry - 1)
    if not following or following[0].entry != entry:
        raise Unknown("entry", entry)
    row, *later = following
    if row.undone:
        raise NotUndoable(entry, "already_undone", "it was taken back before")
    if row.final or row.action not in UNDOABLE:
        raise NotUndoable(entry, "too_late", "what it changed is gone for good")
    blocking = _first_dependent(row, later)
    if blocking is not None:
        raise NotUndoable(
            entry,
            "later_entry",
            f"entry {blocking.entry} builds on it",
            f"take entry {blocking.entry} back first",
        )
    restore(connection, row.detail.before)
    connection.execute("UPDATE journal SET undone = 1 WHERE id = ?", (entry,))
    grouping.reload()
    return row.detail.people


def _first_dependent(row: Row, later: Iterable[Row]) -> Row | None:
    """The last row that stands and has to do with the same things; None when there is none."""
    wrote, used = _touched(row.detail.before)
    for candidate in reversed(list(later)):
        if candidate.undone:
            continue
        wrote_later, used_later = _touched(candidate.detail.before)
        if wrote & (wrote_later | used_later) or used & wrote_later:
            return candidate
    return None


def _touched(before: Before) -> tuple[set[Hashable], set[Hashable]]:
    """What a word changed, and what it only builds on."""
    wrote: set[Hashable] = set()
    wrote.update(("face", face.face) for face in before.faces)
    wrote.update(("person", person.person) for person in before.people)
    wrote.update(("name", name.person) for name in before.names)
    wrote.update(("rejection", pair.first, pair.second) for pair in before.rejections)
    wrote.update(("separation", pair.first, pair.second) for pair in before.separations)
    used = {
        *before.uses,
        *(face.person for face in before.faces),
        *(pair.second for pair in before.rejections),
        *(number for pair in before.separations for number in (pair.first, pair.second)),
    }
    return wrote, {("person", person) for person in used if person is not None}


def restore(connection: sqlite3.Connection, before: Before) -> None:
    """Puts back what was there. People whom the machine merged since are found as those they
    became."""
    for person in before.people:
        if person.existed:
            connection.execute(
                "INSERT INTO person (id, name, name_key, created_at) VALUES (?, ?, ?, ?)",
                (person.person, person.name, _key(person.name), person.created_at),
            )
            connection.executemany(
                "UPDATE alias SET merged_into = ? WHERE person = ?",
                [(person.person, alias) for alias in before.aliases],
            )
    for face in before.faces:
        person_now = None if face.person is None else resolve(connection, face.person)
        connection.execute(
            "UPDATE face SET person = ?, cluster = ?, decided_by = ? WHERE id = ?",
            (person_now, face.cluster, face.decided_by, face.face),
        )
    _take_along(connection, before)
    for person in before.people:
        if not person.existed:
            _remove_person(connection, person.person)
    for name in before.names:
        connection.execute(
            "UPDATE person SET name = ?, name_key = ? WHERE id = ?",
            (name.name, _key(name.name), resolve(connection, name.person)),
        )
    for pair in before.rejections:
        set_rejection(connection, pair.first, pair.second, pair.existed)
    for pair in before.separations:
        set_separation(connection, pair.first, pair.second, pair.existed)


def resolve(connection: sqlite3.Connection, person: int) -> int | None:
    """The person, or whom the machine merged them into; None when there is neither."""
    row = connection.execute(
        """SELECT id FROM person WHERE id = coalesce(
            (SELECT merged_into FROM alias WHERE alias.person = :person), :person)""",
        {"person": person},
    ).fetchone()
    return None if row is None else int(row["id"])


def set_rejection(connection: sqlite3.Connection, face: int, person: int, wanted: bool) -> None:
    """A rejection is there or not; nothing happens when face or person are gone."""
    if wanted:
        connection.execute(
            """INSERT INTO rejection (face, person) SELECT face.id, person.id FROM face, person
            WHERE face.id = ? AND person.id = ? ON CONFLICT DO NOTHING""",
            (face, person),
        )
    else:
        connection.execute("DELETE FROM rejection WHERE face = ? AND person = ?", (face, person))


def set_separation(connection: sqlite3.Connection, person: int, other: int, wanted: bool) -> None:
    """A separation is there or not; the question is settled either way."""
    pair = (min(person, other), max(person, other))
    if wanted:
        connection.execute(
            """INSERT INTO separation (person, other) SELECT a.id, b.id FROM person a, person b
            WHERE a.id = ? AND b.id = ? ON CONFLICT DO NOTHING""",
            pair,
        )
        connection.execute("DELETE FROM suggestion WHERE person = ? AND other = ?", pair)
    else:
        connection.execute("DELETE FROM separation WHERE person = ? AND other = ?", pair)


def _take_along(connection: sqlite3.Connection, before: Before) -> None:
    """After a merge was taken back: faces that the machine has added since to what is `other`'s
    again are theirs too."""
    for gone in before.people:
        clusters = {face.cluster for face in before.faces if face.person == gone.person}
        connection.executemany(
            """UPDATE face SET person = ? WHERE cluster = ? AND id > ? AND decided_by = 'machine'
            AND person IN (SELECT value FROM json_each(?))""",
            [
                (gone.person, cluster, before.newest_face, json.dumps(before.uses))
                for cluster in clusters
                if gone.existed and cluster is not None
            ],
        )


def _remove_person(connection: sqlite3.Connection, person: int) -> None:
    """Somebody whom a word has made: gone, or nameless when the machine found more of them."""
    deleted = connection.execute("DELETE FROM person WHERE id = ? AND faces = 0", (person,))
    if deleted.rowcount == 0:
        connection.execute("UPDATE person SET name = NULL, name_key = NULL WHERE id = ?", (person,))


def _key(name: str | None) -> str | None:
    return None if name is None else fold(name)
