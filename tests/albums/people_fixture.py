"""Synthetic people on the sphere, and the library's rows as grouping asks for them."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from appliance.albums.changes import Assigned, Change, Created, LeftUnknown, Merged
from appliance.albums.people import KnownFace, Observation, People
from appliance.albums.thresholds import Thresholds

DIMENSIONS = 64
THRESHOLDS = Thresholds(
    join=0.6,
    merge=0.5,
    suggest=0.3,
    minimum_quality=0.4,
    low_quality_join=0.75,
    source="made up for tests",
)


def unit(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def look(number: int) -> npt.NDArray[np.float32]:
    """What everybody's faces scatter around; different looks are at right angles."""
    return np.eye(DIMENSIONS, dtype=np.float32)[number]


def between(one: int, other: int, similarity: float) -> npt.NDArray[np.float32]:
    """A vector with this cosine to look `one`, the rest towards look `other`."""
    return unit(similarity * look(one) + np.sqrt(1 - similarity**2) * look(other))


def scattered(number: int, seed: int, spread: float = 0.5) -> npt.NDArray[np.float32]:
    """A face of this look: the cosine of two of them is about 1 / (1 + spread^2)."""
    noise = np.random.default_rng(seed).normal(size=DIMENSIONS)
    return unit(look(number) + spread * noise / np.sqrt(DIMENSIONS))


@dataclass
class Rows:
    """The rows of the library, changed by nothing but what grouping asks for."""

    seen: dict[int, Observation] = field(default_factory=dict)
    person: dict[int, int] = field(default_factory=dict)
    cluster: dict[int, int] = field(default_factory=dict)
    household: set[int] = field(default_factory=set)

    def write(self, changes: list[Change]) -> None:
        for change in changes:
            if isinstance(change, Created | Assigned):
                assert change.face in self.seen
                existed = change.person in self.person.values()
                assert existed or isinstance(change, Created)
                self.person[change.face] = change.person
                self.cluster[change.face] = change.cluster
            elif isinstance(change, LeftUnknown):
                self.person.pop(change.face, None)
                self.cluster.pop(change.face, None)
            elif isinstance(change, Merged):
                for face in self.faces(change.other):
                    self.person[face] = change.person
                    if change.cluster is not None:
                        self.cluster[face] = change.cluster

    def faces(self, person: int) -> set[int]:
        return {face for face, owner in self.person.items() if owner == person}

    def photos(self, person: int) -> list[int]:
        return [self.seen[face].photo for face in self.faces(person)]

    def remove(self, face: int) -> None:
        for table in (self.seen, self.person, self.cluster):
            table.pop(face, None)
        self.household.discard(face)

    def known(self) -> list[KnownFace]:
        return [
            KnownFace(
                *(face, seen.vector, seen.quality, seen.photo),
                *(self.person.get(face), self.cluster.get(face), face in self.household),
            )
            for face, seen in self.seen.items()
        ]


class Album:
    """People and their rows; photos come one after the other."""

    def __init__(self, thresholds: Thresholds = THRESHOLDS) -> None:
        self.people = People(thresholds, 1)
        self.rows = Rows()
        self.photos = 0

    def photo(self, *vectors: npt.NDArray[np.float32], quality: float = 0.9) -> list[int]:
        """Adds a photo with these faces; returns their numbers."""
        self.photos += 1
        first = max(self.rows.seen, default=0) + 1
        seen = [
            Observation(first + i, vector, quality, self.photos) for i, vector in enumerate(vectors)
        ]
        self.rows.seen.update({each.face: each for each in seen})
        self.rows.write(self.people.add(seen))
        return [each.face for each in seen]

    def face(self, vector: npt.NDArray[np.float32], quality: float = 0.9) -> int:
        return self.photo(vector, quality=quality)[0]

    def person(self, face: int) -> int | None:
        return self.rows.person.get(face)

    def write(self, changes: list[Change]) -> None:
        self.rows.write(changes)
