"""Which two people may be one: the questions for the household, the most useful first."""

from collections.abc import Callable
from typing import Final

import numpy as np

from appliance.albums.changes import Suggested
from appliance.albums.clusters import NOBODY, Clusters

BLOCK: Final = 256
"""Clusters compared with all others at once."""


def suggest(
    state: Clusters, threshold: float, allowed: Callable[[int, int], bool], limit: int
) -> list[Suggested]:
    """Pairs of people whose most alike clusters have at least this average linkage.

    A right answer to a pair of sizes a and b puts right the company of 2ab/(a+b) faces on average,
    so pairs are ordered by that times how far above the threshold they are.
    """
    live = state.clusters[: state.means.used]
    places = np.flatnonzero((live["person"] != NOBODY) & (live["size"] > 0))
    sizes = dict(zip(*np.unique(live["person"][places], return_counts=True), strict=True))
    for person in sizes:
        sizes[person] = int(live["size"][live["person"] == person].sum())
    best: dict[tuple[int, int], tuple[float, int, int]] = {}
    for start in range(0, len(places), BLOCK):
        block = places[start : start + BLOCK]
        linkage = state.linkage(block)[places]
        for i, j in zip(*np.nonzero(linkage >= threshold), strict=True):
            one, two = int(live["person"][block[j]]), int(live["person"][places[i]])
            if one < two:
                found = (float(linkage[i, j]), int(block[j]), int(places[i]))
                best[one, two] = max(best.get((one, two), found), found)
    ranked = sorted(
        best.items(),
        key=lambda item: (
            -(item[1][0] - threshold)
            * sizes[item[0][0]]
            * sizes[item[0][1]]
            / (sizes[item[0][0]] + sizes[item[0][1]]),
            item[0],
        ),
    )
    chosen: list[Suggested] = []
    for (one, two), (score, place, other) in ranked:
        if len(chosen) == limit:
            break
        if allowed(place, other):
            chosen.append(Suggested(one, two, score))
    return chosen
