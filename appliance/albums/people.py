"""Groups faces into people while photos arrive; nothing is ever clustered anew.

A new face starts as a cluster of its own. Then the clusters around it are mended: the cluster that
changed is merged with its nearest neighbour while their average linkage (Sokal and Michener 1958:
the mean similarity over all pairs) is above the threshold and nothing forbids it. The mean of the
vectors gives that linkage in one product, so the work for a photo is one pass over the clusters,
whatever their sizes.

The household is never overridden: a face that it decided does not move, a rejected face does not
return, separated people do not merge, and a person whom it named (or said anything else about) does
not dissolve. Faces of one photo are different people, unless the household says otherwise.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from appliance.albums.changes import Assigned, Change, Created, LeftUnknown, Merged, Suggested
from appliance.albums.clusters import NOBODY, NONE, Clusters, Rows
from appliance.albums.household import Household
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
    """A face as it lies in the library; `person` and `cluster` are both given or both None."""

    face: int
    vector: Vector
    quality: float
    photo: int
    person: int | None
    cluster: int | None
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
        self._state: Clusters | None = None
        self._household = Household()

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

        `named` are people with a name, `rejections` pairs (face, person), `separations` pairs of
        people.
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
        if not observations:
            return []
        state = self._clusters(len(observations[0].vector))
        places = []
        for seen in observations:
            if seen.face in state:
                raise ValueError(f"face {seen.face} is already grouped")
            row = state.add_face(seen.face, seen.photo, quantise(seen.vector), seen.quality)
            places.append(state.found(row, -seen.face, NOBODY))
        # the surest face of the photo chooses first
        linkage = state.linkage(np.array(places))
        linkage[places, :] = -1.0
        surest = linkage.max(axis=0)
        order = sorted(range(len(places)), key=lambda i: (-surest[i], observations[i].face))
        changes: list[Change] = []
        for i in order:
            changes += self._settle(observations[i].face)
        return changes

    def nearest(self, vector: Vector) -> tuple[int | None, float]:
        """The person on a picture that is not in the library, and the average linkage to their
        nearest cluster.

        None with the linkage of the nearest person when that is below `join`; (None, -1.0) when
        there is nobody.
        """
        state = self._state
        if state is None:
            return None, -1.0
        linkage = state.means.cosines(quantise(vector)[None])[:, 0]
        live = state.clusters[: state.means.used]
        candidates = np.flatnonzero(live["person"] != NOBODY)
        if len(candidates) == 0:
            return None, -1.0
        best = max(candidates, key=lambda place: (linkage[place], -live["cluster"][place]))
        score = float(linkage[best])
        return (int(live["person"][best]) if score >= self.thresholds.join else None), score

    def suggestions(self, limit: int) -> list[Suggested]:
        """Pairs of people who may be one, the most useful question first; never one that was
        answered.

        Compares all people with each other: 0.1 s for 2,000, so ask for them after an import, not
        after a photo.
        """
        if self._state is None:
            return []
        return suggest(self._state, self.thresholds.suggest, self._possible, limit)

    # what the household says

    def name(self, person: int, *, named: bool = True) -> None:
        """A person got a name, or lost it."""
        if named:
            self._household.named.add(person)
        else:
            self._household.named.discard(person)

    def move(
        self, face: int, person: int | None, *, household: bool = True, cluster: int | None = None
    ) -> list[Change]:
        """Puts a face where it belongs: with a person, new or known, or with nobody (None).

        A face that the household leaves with nobody stays so; `household=False` gives it back to
        the machine, which may find a person for it later. `cluster` restores the number that the
        face had (undo). An earlier rejection of the face by this person is void. Raises KeyError
        for an unknown face.
        """
        state = self._grouped()
        row = state.row(face)
        state.leave(row)
        state.faces["household"][row] = household
        if person is None:
            if not household:
                state.found(row, -face, NOBODY)
            return [LeftUnknown(face)]
        self._household.unreject(face, person)
        existed = len(state.of_person(person)) > 0
        number = self._enter(
            row, self._own_cluster(row, person) if cluster is None else cluster, person
        )
        return [Assigned(face, person, number) if existed else Created(person, face, number)]

    def new_person(self) -> int:
        """A number that no person or cluster ever had."""
        self.next_person += 1
        return self.next_person - 1

    def merge(self, person: int, other: int) -> list[Change]:
        """The household says that two are one: `other` is gone, what was said about them holds for
        `person`.
        """
        if self._state is not None:
            self._state.clusters["person"][self._state.of_person(other)] = person
        self._household.carry_over(other, person)
        return [Merged(person, other, None)]

    def unmerge(self, person: int, other: int, faces: Iterable[int]) -> list[Change]:
        """Takes a merge back: the clusters of these faces, with what joined them since, are
        `other`'s again.

        A face that the household gave to `person` since stays with them. Names, separations and
        rejections that the merge carried over are the caller's to restore (`name`, `separate`,
        `reject` and their opposites).
        """
        state = self._grouped()
        given = {state.row(face) for face in faces if face in state}
        places = {int(state.faces["cluster"][row]) for row in given} - {NONE}
        changes: list[Change] = []
        for place in sorted(places, key=lambda place: int(state.clusters["cluster"][place])):
            if state.clusters["person"][place] != person:
                continue
            for row in state.members(place):
                if state.faces["household"][row] and row not in given:
                    face = int(state.faces["face"][row])
                    changes += self.move(face, person, cluster=self.new_person())
            state.clusters["person"][place] = other
            number = int(state.clusters["cluster"][place])
            moved = sorted(int(face) for face in state.faces["face"][state.members(place)])
            changes += [Assigned(face, other, number) for face in moved]
        return changes

    def separate(self, person: int, other: int) -> None:
        """They are two, however alike: never merged, never asked again."""
        self._household.separate(person, other)

    def unseparate(self, person: int, other: int) -> None:
        self._household.unseparate(person, other)

    def reject(self, face: int, person: int) -> None:
        """This face is not this person and never returns by itself; `move` takes it out if it is
        there.
        """
        self._household.reject(face, person)

    def unreject(self, face: int, person: int) -> None:
        self._household.unreject(face, person)

    def remove_face(self, face: int) -> None:
        """The face is gone from the library (its photo was deleted, its retention ended)."""
        self._household.forget_face(face)
        if self._state is not None and face in self._state:
            self._state.remove_face(face)

    def forget(self, person: int) -> None:
        """Every face of the person and all that was said about them is gone."""
        if self._state is not None:
            for row in self._state.faces_of_person(person):
                self.remove_face(int(self._state.faces["face"][row]))
        self._household.forget_person(person)

    # how

    def _clusters(self, dimensions: int) -> Clusters:
        if self._state is None:
            self._state = Clusters(dimensions)
        return self._state

    def _grouped(self) -> Clusters:
        if self._state is None:
            raise KeyError("no face is grouped yet")
        return self._state

    def _restore(self, known: KnownFace) -> None:
        state = self._clusters(len(known.vector))
        row = state.add_face(known.face, known.photo, quantise(known.vector), known.quality)
        state.faces["household"][row] = known.household
        if known.person is not None:
            self._enter(row, known.cluster or known.person, known.person)
        elif not known.household:
            state.found(row, -known.face, NOBODY)

    def _enter(self, row: int, cluster: int, person: int) -> int:
        """Puts a face that is in no cluster into this one, new or not; returns the number it has."""
        state = self._grouped()
        place = state.place(cluster)
        if place is not None and state.clusters["person"][place] != person:
            cluster, place = self.new_person(), None
        self.next_person = max(self.next_person, person + 1, cluster + 1)
        if place is None:
            state.found(row, cluster, person)
        else:
            state.join(row, place)
        return cluster

    def _own_cluster(self, row: int, person: int) -> int:
        """The number of the person's cluster that this face is alike; a new one when there is none."""
        state = self._grouped()
        places = state.of_person(person)
        if len(places) == 0 and state.place(person) is None:
            return person
        if len(places) > 0:
            linkage = state.means.cosines(state.face_vectors[row][None])[places, 0]
            best = _best(places, linkage, state)
            if linkage[places == best][0] >= self._required(state.clusters[best : best + 1], 1)[0]:
                return int(state.clusters["cluster"][best])
        return self.new_person()

    def _settle(self, face: int) -> list[Change]:
        """Mends the clusters around a face that is new."""
        state = self._grouped()
        row = state.row(face)
        changes: list[Change] = []
        while (partner := self._partner(int(state.faces["cluster"][row]))) is not None:
            changes += self._unite(int(state.faces["cluster"][row]), partner)
        place = int(state.faces["cluster"][row])
        if state.clusters["person"][place] != NOBODY:
            return changes
        if state.faces["quality"][row] < self.thresholds.minimum_quality:
            return [LeftUnknown(face)]
        return [self._create(place, face)]

    def _partner(self, place: int) -> int | None:
        """The row of the nearest cluster that this one may be merged with."""
        state = self._grouped()
        live = state.clusters[: state.means.used]
        linkage = state.linkage(np.array([place]))[:, 0]
        own = state.clusters[place]
        required = self._required(live, int(own["size"]))
        if own["quality"] < self.thresholds.minimum_quality:
            weak = live["quality"] < self.thresholds.minimum_quality
            required = np.where(weak, np.inf, self.thresholds.low_quality_join)
        near = (linkage >= required) & (live["size"] > 0)
        near[place] = False
        if own["person"] != NOBODY:
            near &= live["person"] != own["person"]
        candidates = np.flatnonzero(near)
        for candidate in candidates[
            np.lexsort((live["cluster"][candidates], -linkage[candidates]))
        ]:
            if self._allowed(place, int(candidate)):
                return int(candidate)
        return None

    def _required(self, clusters: npt.NDArray[np.void], size: int) -> npt.NDArray[np.float64]:
        """The linkage above which each of these clusters and one of `size` good faces are one."""
        limits = self.thresholds
        required = np.where((clusters["size"] > 1) & (size > 1), limits.merge, limits.join)
        return np.where(
            clusters["quality"] < limits.minimum_quality, limits.low_quality_join, required
        )

    def _allowed(self, place: int, other: int) -> bool:
        """Whether the machine may make one person of these two clusters."""
        people = (int(self._grouped().clusters["person"][cluster]) for cluster in (place, other))
        return not all(person != NOBODY and self._fixed(person) for person in people) and (
            self._possible(place, other)
        )

    def _possible(self, place: int, other: int) -> bool:
        """Whether no word of the household, and no photo, forbids that these clusters are one
        person.
        """
        state = self._grouped()
        people = [int(state.clusters["person"][cluster]) for cluster in (place, other)]
        if self._household.separated(*people):
            return False
        sides = [
            state.members(cluster) if person == NOBODY else state.faces_of_person(person)
            for cluster, person in zip((place, other), people, strict=True)
        ]
        photos, others = (state.faces["photo"][rows] for rows in sides)
        if len(np.intersect1d(photos, others)) > 0:
            return False
        return not any(
            self._household.rejected((int(face) for face in state.faces["face"][rows]), person)
            for rows, person in zip(sides, reversed(people), strict=True)
        )

    def _fixed(self, person: int) -> bool:
        """Whether the household said anything about this person, who then never dissolves."""
        state = self._grouped()
        return (
            self._household.spoke_of(person)
            or len(state.of_person(person)) > 1
            or bool(state.faces["household"][state.faces_of_person(person)].any())
        )

    def _unite(self, place: int, other: int) -> list[Change]:
        """Makes one cluster of two that may be one."""
        state = self._grouped()
        person, second = (int(state.clusters["person"][cluster]) for cluster in (place, other))
        if person == NOBODY and second == NOBODY:
            weak = state.clusters["quality"][place] < self.thresholds.minimum_quality
            place, other = (other, place) if weak else (place, other)
            created = self._create(place, int(state.faces["face"][state.members(place)[0]]))
            return [created, self._take_in(place, other)]
        if second == NOBODY:
            return [self._take_in(place, other)]
        if person == NOBODY:
            return [self._take_in(other, place)]
        if self._rank(second) > self._rank(person):
            place, other, person, second = other, place, second, person
        state.absorb(place, other)
        return [Merged(person, second, int(state.clusters["cluster"][place]))]

    def _rank(self, person: int) -> tuple[bool, int, int]:
        """Who remains when two people are one: the one the household spoke of, who has more faces,
        who was first.
        """
        state = self._grouped()
        return self._fixed(person), len(state.faces_of_person(person)), -person

    def _take_in(self, place: int, single: int) -> Assigned:
        """The only face of a cluster that is nobody's joins a person's."""
        state = self._grouped()
        face = int(state.faces["face"][state.members(single)[0]])
        state.absorb(place, single)
        own = state.clusters[place]
        return Assigned(face, int(own["person"]), int(own["cluster"]))

    def _create(self, place: int, face: int) -> Created:
        person = self.new_person()
        self._grouped().rename(place, person, person)
        return Created(person, face, person)


def _best(places: Rows, linkage: npt.NDArray[np.float32], state: Clusters) -> int:
    """The place of the highest linkage; of equals the oldest cluster."""
    order = np.lexsort((state.clusters["cluster"][places], -linkage))
    return int(places[order[0]])
