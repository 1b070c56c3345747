"""The rules of grouping: which two clusters are one person, and what forbids it."""

import numpy as np
import numpy.typing as npt

from appliance.albums.clusters import NOBODY, Clusters
from appliance.albums.household import Household
from appliance.albums.thresholds import Thresholds

Limits = npt.NDArray[np.float64]


class Linking:
    """Reads clusters and the household's word; changes neither. Places are rows of clusters."""

    def __init__(self, thresholds: Thresholds, household: Household, state: Clusters) -> None:
        self._thresholds = thresholds
        self._household = household
        self._state = state

    def partner(self, place: int) -> int | None:
        """The nearest cluster that this one may be merged with."""
        live, own = self._state.live, self._state.clusters[place]
        linkage = self._state.linkage(np.array([place]))[:, 0]
        near = (linkage >= self.required(place)) & (live["size"] > 0)
        near[place] = False
        if own["person"] != NOBODY:
            near &= live["person"] != own["person"]
        candidates = np.flatnonzero(near)
        # of equals the oldest cluster
        order = np.lexsort((live["cluster"][candidates], -linkage[candidates]))
        for candidate in candidates[order]:
            if self.allowed(place, int(candidate)):
                return int(candidate)
        return None

    def required(self, place: int) -> Limits:
        """The linkage with each cluster above which it and the one at `place` are one person.

        Two blurred faces never are: blurred faces of different people resemble each other.
        """
        own = self._state.clusters[place]
        if own["quality"] >= self._thresholds.minimum_quality:
            return self.required_of_face(int(own["size"]))
        weak = self._state.live["quality"] < self._thresholds.minimum_quality
        return np.where(weak, np.inf, self._thresholds.low_quality_join)

    def required_of_face(self, size: int = 1) -> Limits:
        """The same for a good face, or a cluster of `size` good faces, that is not here."""
        limits, live = self._thresholds, self._state.live
        scatter = (1.0 / np.maximum(live["size"], 1) + 1.0 / size) / 2.0
        required = limits.merge + (limits.join - limits.merge) * scatter
        return np.where(live["quality"] < limits.minimum_quality, limits.low_quality_join, required)

    def allowed(self, place: int, other: int) -> bool:
        """Whether the machine may make one person of these two clusters."""
        people = (int(self._state.clusters["person"][one]) for one in (place, other))
        fixed = all(person != NOBODY and self.fixed(person) for person in people)
        return not fixed and self.possible(place, other)

    def possible(self, place: int, other: int) -> bool:
        """Whether neither the household nor a photo says that these are different people."""
        state = self._state
        person, second = (int(state.clusters["person"][one]) for one in (place, other))
        if self._household.separated(person, second):
            return False
        own, others = self._faces(place), self._faces(other)
        if len(np.intersect1d(own["photo"], others["photo"])) > 0:
            return False
        return not (
            self._household.rejected(own["face"].tolist(), second)
            or self._household.rejected(others["face"].tolist(), person)
        )

    def fixed(self, person: int) -> bool:
        """Whether the household said anything about this person, who then never dissolves."""
        return (
            self._household.spoke_of(person)
            or len(self._state.of_person(person)) > 1
            or bool(self._state.faces["household"][self._state.faces_of_person(person)].any())
        )

    def rank(self, person: int) -> tuple[bool, int, int]:
        """Who remains of two: whom the household spoke of, who has more faces, who came first."""
        return self.fixed(person), len(self._state.faces_of_person(person)), -person

    def _faces(self, place: int) -> npt.NDArray[np.void]:
        """The faces of the cluster's person, or of the cluster when it is nobody's."""
        person = int(self._state.clusters["person"][place])
        rows = (
            self._state.members(place) if person == NOBODY else self._state.faces_of_person(person)
        )
        return self._state.faces[rows]
