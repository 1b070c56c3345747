"""Faces and the clusters they form: the bookkeeping of grouping, without its rules.

200,000 faces of 192 dimensions in 50,000 clusters take 97 MB, 20,000 in 5,000 take 10 MB.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from appliance.albums.vectors import Floats, Integers, VectorTable, grown

Rows = npt.NDArray[np.intp]

NOBODY: Final = 0
"""In place of a person's number."""
NONE: Final = -1
"""In place of a row."""

FACE: Final = np.dtype(
    [
        ("face", np.int64),
        ("photo", np.int64),
        ("cluster", np.int32),  # a row of the clusters, or NONE
        ("quality", np.float32),
        ("household", np.bool_),
    ]
)
CLUSTER: Final = np.dtype(
    [
        (
            "cluster",
            np.int64,
        ),  # the number in the rows of the library; minus the face where it is nobody's
        ("person", np.int64),
        ("size", np.int32),
        ("quality", np.float32),  # of the only face; 1 where there are several
    ]
)


class Clusters:
    """Every face is in one cluster or, when the household said that it is nobody, in none.

    A cluster's vector is the mean of its faces', so a dot product with it is the average linkage.
    """

    def __init__(self) -> None:
        self.face_vectors = VectorTable()
        self.faces = np.zeros(64, FACE)
        self.means = VectorTable()
        self.clusters = np.zeros(64, CLUSTER)
        self._sums: dict[int, npt.NDArray[np.int32]] = {}
        self._rows: dict[int, int] = {}
        self._places: dict[tuple[int, int], int] = {}

    # faces

    def __contains__(self, face: int) -> bool:
        return face in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, face: int) -> int:
        """Raises KeyError for a face that is not here."""
        return self._rows[face]

    def add_face(self, face: int, photo: int, vector: Integers, quality: float) -> int:
        """Returns its row; the face is in no cluster yet."""
        row = self.face_vectors.add(vector)
        if row == len(self.faces):
            self.faces = grown(self.faces)
        self.faces[row] = (face, photo, NONE, quality, False)
        self._rows[face] = row
        return row

    def remove_face(self, face: int) -> None:
        row = self._rows.pop(face)
        self.leave(row)
        self.faces[row] = (0, 0, NONE, 0.0, False)
        self.face_vectors.remove(row)

    # clusters

    def found(self, row: int, cluster: int, person: int) -> int:
        """A new cluster of this one face; returns the cluster's row."""
        vector = self.face_vectors[row]
        place = self.means.add(vector)
        if place == len(self.clusters):
            self.clusters = grown(self.clusters)
        self.clusters[place] = (cluster, person, 1, self.faces["quality"][row])
        self._places[person, cluster] = place
        self.faces["cluster"][row] = place
        return place

    def join(self, row: int, place: int) -> None:
        """A face that is in no cluster enters one."""
        self._add(place, self.face_vectors[row].astype(np.int32), 1)
        self.faces["cluster"][row] = place

    def leave(self, row: int) -> None:
        """Takes a face out of its cluster; an empty cluster ends."""
        place = int(self.faces["cluster"][row])
        if place == NONE:
            return
        self.faces["cluster"][row] = NONE
        if self.clusters["size"][place] == 1:
            self._end(place)
        else:
            self._add(place, -self.face_vectors[row].astype(np.int32), -1)
            if self.clusters["size"][place] == 1:
                del self._sums[place]
                self.clusters["quality"][place] = self.faces["quality"][self.members(place)[0]]

    def absorb(self, place: int, other: int) -> None:
        """All faces of `other` enter the cluster at `place`; `other` ends."""
        rows = self.members(other)
        self._add(place, self._sum(other), len(rows))
        self.faces["cluster"][rows] = place
        self._end(other)

    def rename(self, place: int, cluster: int, person: int) -> None:
        """Gives a cluster its number and person."""
        del self._places[self._key(place)]
        self._places[person, cluster] = place
        self.clusters["cluster"][place] = cluster
        self.clusters["person"][place] = person

    def give(self, person: int, other: int) -> None:
        """All clusters of `other` are `person`'s; those of equal number become one."""
        for place in self.of_person(other).tolist():
            number = int(self.clusters["cluster"][place])
            same = self.place(person, number)
            if same is None:
                self.rename(place, number, person)
            else:
                self.absorb(same, place)

    def place(self, person: int, cluster: int) -> int | None:
        """The row of a person's cluster of this number, which others may have, too."""
        return self._places.get((person, cluster))

    def members(self, place: int) -> Rows:
        """Rows of the faces of a cluster."""
        return np.flatnonzero(self.faces["cluster"][: self.face_vectors.used] == place)

    def of_person(self, person: int) -> Rows:
        """Rows of a person's clusters."""
        return np.flatnonzero((self.live["person"] == person) & (self.live["size"] > 0))

    def faces_of_person(self, person: int) -> Rows:
        used = self.faces["cluster"][: self.face_vectors.used]
        return np.flatnonzero(np.isin(used, self.of_person(person)))

    @property
    def live(self) -> npt.NDArray[np.void]:
        """The rows of the clusters; one of size 0 is free."""
        return self.clusters[: self.means.used]

    def linkage(self, places: Rows) -> Floats:
        """Average linkage of each of these clusters to every cluster: (rows of clusters, Q)."""
        return self.means.cosines(self.means[places])

    def _sum(self, place: int) -> npt.NDArray[np.int32]:
        known = self._sums.get(place)
        return self.means[place].astype(np.int32) if known is None else known

    def _add(self, place: int, vector: npt.NDArray[np.int32], faces: int) -> None:
        total = self._sum(place) + vector
        size = int(self.clusters["size"][place]) + faces
        self.clusters["size"][place] = size
        self.clusters["quality"][place] = 1.0
        self._sums[place] = total
        self.means[place] = np.rint(total / size).astype(np.int8)

    def _end(self, place: int) -> None:
        del self._places[self._key(place)]
        self._sums.pop(place, None)
        self.clusters[place] = (0, NOBODY, 0, 0.0)
        self.means.remove(place)

    def _key(self, place: int) -> tuple[int, int]:
        return int(self.clusters["person"][place]), int(self.clusters["cluster"][place])
