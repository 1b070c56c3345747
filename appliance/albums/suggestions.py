"""Which two people may be one: the questions for the household, the most useful first."""

from collections.abc import Callable
from math import exp
from typing import Final

import numpy as np
import numpy.typing as npt

from appliance.albums.changes import Suggested
from appliance.albums.clusters import NOBODY, Clusters, Rows

BLOCK: Final = 256
"""Clusters compared with all others at once."""
ASKED_ABOUT: Final = 2000
"""The largest clusters; each is compared with all. A question about two smaller ones can wait."""
STEEPNESS: Final = 45.0
"""How the odds of "yes" grow with the similarity: e^45 for 1, so threefold for 0.024. A logistic
regression on the questions left after an album gave 40 (mobilefacenet) and 51 (sface).
"""

People = tuple[int, int]
Pair = tuple[float, int, int]
"""Similarity and the rows of two clusters."""


def suggest(
    state: Clusters,
    threshold: float,
    even: float,
    possible: Callable[[int, int], bool],
    limit: int,
) -> list[Suggested]:
    """Pairs of people whose most alike clusters have at least the average linkage `threshold`.

    `even` is the similarity at which "yes" and "no" are as likely. A "yes" to people of a and b
    faces gives each of these faces company: 2ab/(a+b) of gain. Pairs are ordered by that times the
    probability of "yes". `possible` says of two rows of clusters whether to ask at all.
    """
    live = state.live
    places = np.flatnonzero((live["person"] != NOBODY) & (live["size"] > 0))
    people, where = np.unique(live["person"][places], return_inverse=True)
    counts = np.bincount(where, weights=live["size"][places])
    sizes = dict(zip(people.tolist(), counts.tolist(), strict=True))

    def usefulness(item: tuple[People, Pair]) -> float:
        (one, two), (similarity, _, _) = item
        gain: float = 2.0 * sizes[one] * sizes[two] / (sizes[one] + sizes[two])
        return gain / (1.0 + exp(STEEPNESS * (even - similarity)))

    nearest = _nearest_pairs(state, places, live["person"], threshold)
    chosen: list[Suggested] = []
    for (one, two), pair in sorted(nearest.items(), key=lambda item: (-usefulness(item), item[0])):
        if len(chosen) == limit:
            break
        if possible(pair[1], pair[2]):
            chosen.append(Suggested(one, two, pair[0]))
    return chosen


def _nearest_pairs(
    state: Clusters, places: Rows, people: npt.NDArray[np.int64], threshold: float
) -> dict[People, Pair]:
    """The most alike clusters of every two people that are alike at all."""
    live = state.live[places]
    largest = places[np.lexsort((live["cluster"], live["person"], -live["size"]))][:ASKED_ABOUT]
    nearest: dict[People, Pair] = {}
    for start in range(0, len(largest), BLOCK):
        block = largest[start : start + BLOCK]
        linkage = state.linkage(block)[places]
        alike = (linkage >= threshold) & (people[places][:, None] != people[block][None, :])
        for i, j in np.argwhere(alike):
            one, other = sorted(
                (int(block[j]), int(places[i])), key=lambda place: int(people[place])
            )
            key = (int(people[one]), int(people[other]))
            nearest[key] = max(nearest.get(key, (-1.0, 0, 0)), (float(linkage[i, j]), one, other))
    return nearest
