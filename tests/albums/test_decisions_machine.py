"""Any words of the household in any order, with photos arriving between them.

The model keeps what was said as a list. What must hold: undoing the latest word restores every row;
the household's word stands whatever the machine does; counts and memory agree with the rows.
"""

import itertools
import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from appliance.albums import queries
from appliance.albums.capture import Moment
from appliance.albums.clusters import NOBODY
from appliance.albums.decisions import Decisions, Recorded
from appliance.albums.decoder_protocol import Square
from appliance.albums.errors import Contradiction, NotUndoable
from appliance.albums.faces import FoundFace, Rectangle, round_vectors
from appliance.albums.forgetting import Forgetting
from appliance.albums.grouping import Grouping
from appliance.albums.library import Library, NewPhoto, Search, SeenFace
from appliance.albums.schema import SCHEMA
from appliance.service.database import Database
from tests.albums.conftest import TestClock
from tests.albums.test_decisions import everything_in

LOOKS = 5


def vector(look: int, number: int) -> np.ndarray:
    """A face of somebody; a few are as far between two people as real ones are."""
    rng = np.random.default_rng(number)
    base = np.random.default_rng(look).normal(size=192)
    other = np.random.default_rng((look + 1) % LOOKS).normal(size=192)
    mixed = base + (0.75 * other if number % 4 == 0 else 0) + 0.4 * rng.normal(size=192)
    return round_vectors((mixed / np.linalg.norm(mixed)).astype(np.float32)[None])[0]


class HouseholdMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="albums-"))
        clock = TestClock()
        self.database = Database(self.folder / queries.DATABASE, SCHEMA)
        self.database._connection.execute("PRAGMA synchronous = OFF")
        self.grouping = Grouping(self.database, clock)
        self.grouping.open("mobilefacenet")
        self.library = Library(
            self.database, self.grouping, self.folder / "library", self.folder, clock
        )
        self.decisions = Decisions(self.grouping, clock)
        self.forgetting = Forgetting(self.database, self.grouping, self.library, clock)
        self.forgetting.agree()
        self.numbers = itertools.count()
        self.before: list[tuple[int, object]] = []
        """Entries, and all rows as they were before; emptied when the machine changed something."""
        self.assigned: dict[int, int] = {}
        """Faces that the household gave to people."""

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    def faces(self) -> list[int]:
        return self.column("SELECT id FROM face ORDER BY id")

    def people(self) -> list[int]:
        return self.column("SELECT id FROM person ORDER BY id")

    def column(self, query: str) -> list[int]:
        with self.database.reading() as connection:
            return [row[0] for row in connection.execute(query)]

    def say(self, word: object, *arguments: object) -> Recorded | None:
        before = everything_in(self.database)
        try:
            recorded = word(*arguments)  # type: ignore[operator]
        except Contradiction:
            assert everything_in(self.database) == before
            return None
        if recorded.entry is not None:
            self.before.append((recorded.entry, before))
        else:
            assert everything_in(self.database) == before
        return recorded

    @rule(looks=st.lists(st.integers(0, LOOKS - 1), min_size=1, max_size=3, unique=True))
    def a_photo_arrives(self, looks: list[int]) -> None:
        number = next(self.numbers)
        new = NewPhoto(
            *(f"{number:064x}", f"{number}.jpg", "jpeg", 1, 1, 1, Moment(), "inbox", "#000000")
        )
        photo = self.library.add(new)
        seen = tuple(
            SeenFace(
                FoundFace(
                    Rectangle(index / 10, 0.1, 0.05, 0.05),
                    np.zeros((5, 2), np.float32),
                    0.9,
                    0.9,
                    Square(0, 0, 1),
                    vector(look, number * 10 + index),
                ),
                f"crops/{number}-{index}.webp",
            )
            for index, look in enumerate(looks)
        )
        self.library.complete(photo, Search("painted", "mobilefacenet", seen))
        self.before.clear()

    @precondition(lambda self: self.people())
    @rule(data=st.data(), name=st.sampled_from(["Ann", "Bob", None]))
    def somebody_is_named(self, data: st.DataObject, name: str | None) -> None:
        self.say(self.decisions.name, data.draw(st.sampled_from(self.people())), name)

    @precondition(lambda self: self.people())
    @rule(data=st.data())
    def two_are_merged(self, data: st.DataObject) -> None:
        kept, gone = (data.draw(st.sampled_from(self.people())) for _ in range(2))
        if self.say(self.decisions.merge, kept, gone):
            self.assigned = {f: kept if p == gone else p for f, p in self.assigned.items()}

    @precondition(lambda self: self.people())
    @rule(data=st.data())
    def two_are_separated(self, data: st.DataObject) -> None:
        pair = (data.draw(st.sampled_from(self.people())) for _ in range(2))
        self.say(self.decisions.separate, *pair)

    @precondition(lambda self: self.faces())
    @rule(data=st.data())
    def a_face_is_removed(self, data: st.DataObject) -> None:
        face = data.draw(st.sampled_from(self.faces()))
        if self.say(self.decisions.remove_face, face):
            self.assigned.pop(face, None)

    @precondition(lambda self: self.faces())
    @rule(data=st.data(), new=st.booleans())
    def a_face_is_assigned(self, data: st.DataObject, new: bool) -> None:
        face = data.draw(st.sampled_from(self.faces()))
        people = self.people()
        person = None if new or not people else data.draw(st.sampled_from(people))
        recorded = self.say(self.decisions.assign_face, face, person)
        assert recorded is not None
        self.assigned[face] = recorded.people[0]

    @precondition(lambda self: self.before)
    @rule()
    def the_latest_word_is_taken_back(self) -> None:
        entry, before = self.before.pop()
        self.decisions.undo(entry)
        assert everything_in(self.database) == before
        self.remember_assigned()

    @rule(data=st.data())
    def any_word_is_taken_back(self, data: st.DataObject) -> None:
        entries = self.column("SELECT id FROM journal")
        before = everything_in(self.database)
        try:
            self.decisions.undo(data.draw(st.sampled_from(entries)))
        except NotUndoable:
            assert everything_in(self.database) == before
        else:
            self.before.clear()
            self.remember_assigned()

    @precondition(lambda self: self.people())
    @rule(data=st.data())
    def somebody_is_forgotten(self, data: st.DataObject) -> None:
        person = data.draw(st.sampled_from(self.people()))
        self.forgetting.forget(person)
        assert person not in self.people()
        self.before.clear()
        self.remember_assigned()

    @rule()
    def the_process_starts_again(self) -> None:
        self.grouping.reload()

    def remember_assigned(self) -> None:
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT id, person FROM face WHERE decided_by = 'household'"
            ).fetchall()
        self.assigned = {row["id"]: row["person"] for row in rows}

    @invariant()
    def the_households_word_stands(self) -> None:
        with self.database.reading() as connection:
            rows = connection.execute("SELECT id, person FROM face").fetchall()
            rejected = connection.execute(
                """SELECT count(*) FROM face JOIN rejection ON rejection.face = face.id
                AND rejection.person = face.person AND decided_by = 'machine'
                WHERE NOT EXISTS (SELECT 1 FROM journal WHERE action = 'merge' AND undone = 0)"""
            ).fetchone()[0]
        people = {row["id"]: row["person"] for row in rows}
        assert {face: people[face] for face in self.assigned} == self.assigned
        assert rejected == 0

    @invariant()
    def the_counts_of_people_agree_with_their_faces(self) -> None:
        with self.database.reading() as connection:
            wrong = connection.execute(
                """SELECT id FROM person WHERE
                faces != (SELECT count(*) FROM face WHERE person = person.id) OR
                photos != (SELECT count(DISTINCT photo) FROM face WHERE person = person.id)"""
            ).fetchall()
        assert wrong == []

    @invariant()
    def memory_agrees_with_the_rows(self) -> None:
        people = self.grouping.people
        assert people is not None
        with self.database.reading() as connection:
            rows = connection.execute(
                "SELECT face.id, person, cluster FROM face JOIN embedding ON face = face.id"
            ).fetchall()
        state = people._state
        for row in rows:
            place = state.faces["cluster"][state.row(row["id"])]
            cluster = state.clusters[place]
            person = None if cluster["person"] == NOBODY else cluster["person"]
            assert person == row["person"]
            assert row["cluster"] == (None if person is None else cluster["cluster"])


HouseholdMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_household = HouseholdMachine.TestCase
