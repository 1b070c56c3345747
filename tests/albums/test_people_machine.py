"""Whatever arrives and whatever the household says, in any order: its word stands, and a state that
is read back from the rows goes on as the one that wrote them."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from appliance.albums.changes import Assigned, Change, Created, Merged
from appliance.albums.people import Observation, People
from tests.albums.people_fixture import THRESHOLDS, Rows, look, unit

LOOKS = 4
vectors = st.tuples(
    st.integers(0, LOOKS - 1), st.integers(0, LOOKS - 1), st.sampled_from([0.0, 0.3, 0.6, 0.9])
).map(lambda drawn: unit(look(drawn[0]) + drawn[2] * look(drawn[1]) + 0.01 * look(9)))
qualities = st.sampled_from([0.1, 0.9])
PROBE = [
    Observation(10**6 + i, unit(look(i) + 0.5 * look((i + 1) % LOOKS)), 0.9, 10**6 + i // 2)
    for i in range(LOOKS)
]


class Grouping(RuleBasedStateMachine):
    """The household's word is kept here a second time, in the plainest way."""

    def __init__(self) -> None:
        super().__init__()
        self.people = People(THRESHOLDS, 1)
        self.rows = Rows()
        self.photos = 0
        self.named: set[int] = set()
        self.rejections: set[tuple[int, int]] = set()
        self.separations: set[frozenset[int]] = set()
        self.merges: list[tuple[int, dict[int, int]]] = []

    # what the library holds

    def choose(self, data: st.DataObject, values: set[int]) -> int:
        return data.draw(st.sampled_from(sorted(values)))

    def everybody(self) -> set[int]:
        return set(self.rows.person.values())

    def same_photo(self) -> Counter[tuple[int, int]]:
        """How many faces each person has on each photo."""
        return Counter(
            (person, self.rows.seen[face].photo) for face, person in self.rows.person.items()
        )

    def fixed(self, person: int) -> bool:
        return (
            person in self.named
            or any(person in pair for pair in self.separations)
            or any(person == other for _, other in self.rejections)
            or any(self.rows.person.get(face) == person for face in self.rows.household)
        )

    def loaded(self) -> People:
        return People.load(
            THRESHOLDS,
            self.people.next_person,
            reversed(self.rows.known()),
            named=self.named,
            rejections=self.rejections,
            separations=[tuple(sorted(pair)) for pair in self.separations],  # type: ignore[misc]
        )

    # what arrives

    @rule(seen=st.lists(st.tuples(vectors, qualities), min_size=1, max_size=3))
    def a_photo(self, seen: list[tuple[np.ndarray, float]]) -> None:
        self.photos += 1
        first = max(self.rows.seen, default=0) + 1
        observations = [
            Observation(first + i, vector, quality, self.photos)
            for i, (vector, quality) in enumerate(seen)
        ]
        self.rows.seen.update({each.face: each for each in observations})
        decided = {face: self.rows.person.get(face) for face in self.rows.household}
        crowded = {key for key, faces in self.same_photo().items() if faces > 1}
        for change in self.people.add(observations):
            self.check(change)
            self.rows.write([change])
        assert {face: self.rows.person.get(face) for face in self.rows.household} == decided
        assert {key for key, faces in self.same_photo().items() if faces > 1} <= crowded

    def check(self, change: Change) -> None:
        """The machine may do this."""
        if isinstance(change, Merged):
            assert not self.fixed(change.other)
            assert frozenset((change.person, change.other)) not in self.separations
            faces = self.rows.faces(change.other)
            assert not any((face, change.person) in self.rejections for face in faces)
        if isinstance(change, Assigned | Created):
            assert (change.face, change.person) not in self.rejections
            assert change.face not in self.rows.household

    # what the household says

    @precondition(lambda self: self.rows.seen)
    @rule(data=st.data(), household=st.booleans())
    def moves_a_face_to_nobody(self, data: st.DataObject, household: bool) -> None:
        face = self.choose(data, set(self.rows.seen))
        self.rows.write(self.people.move(face, None, household=household))
        self.rows.household.discard(face)
        if household:
            self.rows.household.add(face)

    @precondition(lambda self: self.rows.seen)
    @rule(data=st.data())
    def moves_a_face_to_somebody(self, data: st.DataObject) -> None:
        face = self.choose(data, set(self.rows.seen))
        new = self.people.new_person()
        person = self.choose(data, self.everybody() | {new})
        self.rows.write(self.people.move(face, person))
        self.rows.household.add(face)
        self.rejections.discard((face, person))
        assert self.rows.person[face] == person

    @precondition(lambda self: self.rows.person)
    @rule(data=st.data())
    def takes_a_face_out(self, data: st.DataObject) -> None:
        face = self.choose(data, set(self.rows.person))
        person = self.rows.person[face]
        self.people.reject(face, person)
        self.rejections.add((face, person))
        self.rows.write(self.people.move(face, None, household=False))
        self.rows.household.discard(face)

    @precondition(lambda self: self.rows.person)
    @rule(data=st.data(), named=st.booleans())
    def names_a_person(self, data: st.DataObject, named: bool) -> None:
        person = self.choose(data, self.everybody())
        self.people.name(person, named=named)
        self.named.discard(person)
        if named:
            self.named.add(person)

    @precondition(lambda self: len(self.everybody()) > 1)
    @rule(data=st.data())
    def separates_two(self, data: st.DataObject) -> None:
        person = self.choose(data, self.everybody())
        other = self.choose(data, self.everybody() - {person})
        self.people.separate(person, other)
        self.separations.add(frozenset((person, other)))

    @precondition(lambda self: len(self.everybody()) > 1)
    @rule(data=st.data())
    def merges_two(self, data: st.DataObject) -> None:
        person = self.choose(data, self.everybody())
        other = self.choose(data, self.everybody() - {person})
        given = {face: self.rows.cluster[face] for face in self.rows.faces(other)}
        self.rows.write(self.people.merge(person, other))
        if other in self.named:
            self.named = self.named - {other} | {person}
        self.separations = {
            frozenset(person if each == other else each for each in pair)
            for pair in self.separations
            if pair != {person, other}
        }
        self.rejections = {
            (face, person if each == other else each) for face, each in self.rejections
        }
        self.merges.append((other, given))

    @precondition(lambda self: self.merges)
    @rule()
    def takes_the_last_merge_back(self) -> None:
        """Rows are put back as they were, and read again."""
        other, given = self.merges.pop()
        for face, cluster in given.items():
            if face in self.rows.seen:
                self.rows.person[face], self.rows.cluster[face] = other, cluster
        self.people = self.loaded()

    @precondition(lambda self: self.rows.seen)
    @rule(data=st.data())
    def a_photo_is_deleted(self, data: st.DataObject) -> None:
        face = self.choose(data, set(self.rows.seen))
        self.people.remove_face(face)
        self.rows.remove(face)
        self.rejections = {pair for pair in self.rejections if pair[0] != face}

    @precondition(lambda self: self.rows.person)
    @rule(data=st.data())
    def forgets_a_person(self, data: st.DataObject) -> None:
        person = self.choose(data, self.everybody())
        self.people.forget(person)
        for face in self.rows.faces(person):
            self.rows.remove(face)
            self.rejections = {pair for pair in self.rejections if pair[0] != face}
        self.named.discard(person)
        self.rejections = {pair for pair in self.rejections if pair[1] != person}
        self.separations = {pair for pair in self.separations if person not in pair}

    # what always holds

    @invariant()
    def questions_are_open(self) -> None:
        for asked in self.people.suggestions(10):
            assert asked.person < asked.other
            assert {asked.person, asked.other} <= self.everybody()
            assert frozenset((asked.person, asked.other)) not in self.separations

    @invariant()
    def a_state_read_back_goes_on_the_same(self) -> None:
        loaded, twin = self.loaded(), self.loaded()
        assert loaded.suggestions(10) == self.people.suggestions(10)
        probes = [seen.vector for seen in PROBE]
        assert [loaded.nearest(probe) for probe in probes] == [
            self.people.nearest(probe) for probe in probes
        ]
        assert list(_adding(loaded)) == list(_adding(twin))

    def teardown(self) -> None:
        loaded = self.loaded()
        assert list(_adding(loaded)) == list(_adding(self.people))


def _adding(people: People) -> Iterator[list[Change]]:
    for photo in sorted({seen.photo for seen in PROBE}):
        yield people.add([seen for seen in PROBE if seen.photo == photo])


TestGrouping = Grouping.TestCase
TestGrouping.settings = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
