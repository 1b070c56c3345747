"""Groups faces into people while photos arrive; nothing is ever clustered anew.

A new face starts as a cluster of its own. Then the clusters around it are mended: the cluster that
changed is merged with its nearest neighbour while their average linkage (Sokal and Michener 1958:
the mean similarity over all pairs) is above a threshold and nothing forbids it. The product of two
mean vectors is that linkage, so the work for a face is one pass over the clusters, or two.

The household is never overridden: a face that it decided does not move, a rejected face does not
return, separated people do not merge, and a person whom it named (or said anything else about) does
not dissolve. Faces of one photo are different people, unless the household says otherwise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from appliance.albums.changes import Assigned, Change, Created, LeftUnknown, Merged, Suggested
from appliance.albums.clusters import NOBODY, Clusters
from appliance.albums.household import Household
from appliance.albums.linking import Linking
from appliance.albums.suggestions import suggest
from appliance.albums.thresholds import Thresholds
from appliance.albums.vectors import quantise

Vector = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Observation:
    """A face as it was found."""

    face: int
    vector: Vector
    """D components, length 1."""
    quality: float
    """0-1."""
    photo: int


@dataclass(frozen=True)
class KnownFace:
    """A face as it lies in the library."""

    face: int
    vector: Vector
    quality: float
    photo: int
    person: int | None
    cluster: int | None
    """None beside a person: the cluster that has the person's number."""
    household: bool
    """Whether `decided_by` is `household`; without a person: the household said that it stays
    unknown.
    """


class People:
    """The people of one library, compared by one embedder. Not thread-safe."""

    def __init__(self, thresholds: Thresholds, next_person: int) -> None:
        """`next_person`: above every number that a person or a cluster of the library ever had."""
        self.thresholds = thresholds
        self.next_person = next_person
        self._household = Household()
        self._state = Clusters()
        self._linking = Linking(thresholds, self._household, self._state)

    @classmethod
    def load(
        cls,
        thresholds: Thresholds,
        next_person: int,
        faces: Iterable[KnownFace],
        *,
        named: Iterable[int] = (),
        rejections: Iterable[tuple[int, int]] = (),
        separations: Iterable[tuple[int, int]] = (),
    ) -> "People":
        """The state as the library has it, whatever the order of the rows.

        `named` are the people with a name, `rejections` pairs of face and person, `separations`
        pairs of people.
        """
        people = cls(thresholds, next_person)
        for known in faces:
            people._restore(known)
        people._household.named.update(named)
        for face, person in rejections:
            people.reject(face, person)
        for person, other in separations:
            people.separate(person, other)
        return people

    # what arrives

    def add(self, observations: Sequence[Observation]) -> list[Change]:
        """Groups the faces of one photo; returns what to write, in order.

        Raises ValueError for a face that is already here.
        """
        for seen in observations:
            if seen.face in self._state:
                raise ValueError(f"face {seen.face} is already grouped")
        for seen in observations:
            row = self._state.add_face(seen.face, seen.photo, quantise(seen.vector), seen.quality)
            self._state.found(row, -seen.face, NOBODY)
        changes: list[Change] = []
        for face in self._surest_first([seen.face for seen in observations]):
            changes += self._settle(face)
        return changes

    def nearest(self, vector: Vector) -> tuple[int | None, float]:
        """Who is on a picture that is not in the library, and the average linkage to their cluster.

        None with the linkage to the nearest when nobody is near enough; (None, -1.0) when there
        is nobody.
        """
        live = self._state.live
        candidates = np.flatnonzero((live["person"] != NOBODY) & (live["size"] > 0))
        if len(candidates) == 0:
            return None, -1.0
        linkage = self._state.means.cosines(quantise(vector)[None])[:, 0]
        known = candidates[linkage[candidates] >= self._linking.required_of_face()[candidates]]
        considered = known if len(known) > 0 else candidates
        best = considered[np.lexsort((live["cluster"][considered], -linkage[considered]))[0]]
        return int(live["person"][best]) if len(known) > 0 else None, float(linkage[best])

    def suggestions(self, limit: int) -> list[Suggested]:
        """Pairs of people who may be one, the most useful question first; none that was answered.

        Compares people with each other (5,000: 0.1 s, 50,000: 1.5 s): ask after an import, not
        after each photo.
        """
        limits = self.thresholds
        return suggest(self._state, limits.suggest, limits.join, self._linking.possible, limit)

    # what the household says

    def new_person(self) -> int:
        """A number that no person or cluster ever had."""
        self.next_person += 1
        return self.next_person - 1

    def name(self, person: int, *, named: bool = True) -> None:
        """A person got a name, or lost it."""
        if named:
            self._household.named.add(person)
        else:
            self._household.named.discard(person)

    def move(self, face: int, person: int | None, *, household: bool = True) -> list[Change]:
        """Puts a face where it belongs: with a person, new or known, or with nobody (None).

        A face that the household leaves with nobody stays so; `household=False` gives it back to
        the machine, which may find a person for it later. A rejection of the face by this person
        is void. Raises KeyError for a face that is not here.
        """
        state = self._state
        row = state.row(face)
        state.leave(row)
        state.faces["household"][row] = household
        if person is None:
            if not household:
                state.found(row, -face, NOBODY)
            return [LeftUnknown(face)]
        self._household.unreject(face, person)
        known = len(state.of_person(person)) > 0
        number = self._alike_cluster(row, person)
        self._enter(row, number, person)
        return [Assigned(face, person, number) if known else Created(person, face, number)]

    def merge(self, person: int, other: int) -> list[Change]:
        """Two are one: `other` is gone, and what was said about them holds for `person`.

        To take it back, put the rows back and `load`.
        """
        self._state.give(person, other)
        self._household.carry_over(other, person)
        return [Merged(person, other, None)]

    def separate(self, person: int, other: int) -> None:
        """They are two, however alike: never merged, never asked about again."""
        self._household.separate(person, other)

    def reject(self, face: int, person: int) -> None:
        """This face is not this person and never returns by itself; `move` takes it out."""
        self._household.reject(face, person)

    def remove_face(self, face: int) -> None:
        """The face is gone from the library (its photo was deleted, its retention ended)."""
        self._household.forget_face(face)
        if face in self._state:
            self._state.remove_face(face)

    def forget(self, person: int) -> None:
        """Every face of the person and all that was said about them is gone."""
        for row in self._state.faces_of_person(person):
            self.remove_face(int(self._state.faces["face"][row]))
        self._household.forget_person(person)

    # how

    def _restore(self, known: KnownFace) -> None:
        state = self._state
        row = state.add_face(known.face, known.photo, quantise(known.vector), known.quality)
        state.faces["household"][row] = known.household
        if known.person is not None:
            self._enter(row, known.cluster or known.person, known.person)
        elif not known.household:
            state.found(row, -known.face, NOBODY)

    def _enter(self, row: int, cluster: int, person: int) -> None:
        """Puts a face that is in no cluster into this one of the person, new or not."""
        place = self._state.place(person, cluster)
        self.next_person = max(self.next_person, person + 1, cluster + 1)
        if place is None:
            self._state.found(row, cluster, person)
        else:
            self._state.join(row, place)

    def _alike_cluster(self, row: int, person: int) -> int:
        """The number of the person's cluster that this face is like; a new one when none is."""
        state = self._state
        places = state.of_person(person)
        if len(places) == 0:
            return person
        linkage = state.means.cosines(state.face_vectors[row][None])[places, 0]
        numbers = state.clusters["cluster"][places]
        best = np.lexsort((numbers, -linkage))[0]
        if linkage[best] >= self._linking.required_of_face()[places[best]]:
            return int(numbers[best])
        return self.new_person()

    def _surest_first(self, faces: list[int]) -> list[int]:
        """The faces of one photo in the order in which they may choose their person."""
        if len(faces) < 2:
            return faces
        state = self._state
        places = state.faces["cluster"][[state.row(face) for face in faces]]
        linkage = state.linkage(places)
        linkage[places] = -1.0
        surest = dict(zip(faces, linkage.max(axis=0).tolist(), strict=True))
        return sorted(faces, key=lambda face: (-surest[face], face))

    def _settle(self, face: int) -> list[Change]:
        """Mends the clusters around a face that is new."""
        state = self._state
        row = state.row(face)
        changes: list[Change] = []
        while (partner := self._linking.partner(int(state.faces["cluster"][row]))) is not None:
            changes += self._unite(int(state.faces["cluster"][row]), partner)
        place = int(state.faces["cluster"][row])
        if state.clusters["person"][place] != NOBODY:
            return changes
        if state.faces["quality"][row] < self.thresholds.minimum_quality:
            return [LeftUnknown(face)]
        return [self._create(place)]

    def _unite(self, place: int, other: int) -> list[Change]:
        """Makes one cluster of two that may be one."""
        state = self._state
        person, second = (int(state.clusters["person"][one]) for one in (place, other))
        if person == NOBODY and second == NOBODY:
            if state.clusters["quality"][place] < self.thresholds.minimum_quality:
                place, other = other, place
            return [self._create(place), self._take_in(place, other)]
        if second == NOBODY:
            return [self._take_in(place, other)]
        if person == NOBODY:
            return [self._take_in(other, place)]
        if self._linking.rank(second) > self._linking.rank(person):
            place, other, person, second = other, place, second, person
        state.absorb(place, other)
        return [Merged(person, second, int(state.clusters["cluster"][place]))]

    def _create(self, single: int) -> Created:
        """The only face of a cluster that is nobody's starts a person."""
        person = self.new_person()
        self._state.rename(single, person, person)
        return Created(person, self._only_face(single), person)

    def _take_in(self, place: int, single: int) -> Assigned:
        """The only face of a cluster that is nobody's joins a person's cluster."""
        face = self._only_face(single)
        self._state.absorb(place, single)
        own = self._state.clusters[place]
        return Assigned(face, int(own["person"]), int(own["cluster"]))

    def _only_face(self, single: int) -> int:
        return int(self._state.faces["face"][self._state.members(single)[0]])
