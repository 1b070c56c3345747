"""How well groups agree with the truth."""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """0-1 each."""

    precision: float
    """How much of what was put together belongs together."""
    recall: float
    """How much of what belongs together was put together."""

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        total = self.precision + self.recall
        return 2.0 * self.precision * self.recall / total if total > 0 else 0.0


def bcubed(groups: Sequence[Hashable], truth: Sequence[Hashable]) -> Agreement:
    """The mean over the items of how much of its group, and of its class, each shares (Bagga and
    Baldwin, Entity-based cross-document coreferencing using the vector space model, 1998).

    The n-th elements are the group and the class of item n. Of nothing all is right.
    """
    shared, sizes, classes = _count(groups, truth)
    if not groups:
        return Agreement(1.0, 1.0)
    precision = sum(count**2 / sizes[group] for (group, _), count in shared.items())
    recall = sum(count**2 / classes[name] for (_, name), count in shared.items())
    return Agreement(precision / len(groups), recall / len(groups))


def pairwise(groups: Sequence[Hashable], truth: Sequence[Hashable]) -> Agreement:
    """Over all pairs of items: those in one group that are of one class, and the other way round.

    Where there is no such pair nothing is wrong: 1.
    """
    shared, sizes, classes = _count(groups, truth)
    right = _pairs(shared)
    together, alike = _pairs(sizes), _pairs(classes)
    return Agreement(right / together if together else 1.0, right / alike if alike else 1.0)


def _count(
    groups: Sequence[Hashable], truth: Sequence[Hashable]
) -> tuple[
    Counter[tuple[Hashable, Hashable]],
    Counter[Hashable],
    Counter[Hashable],
]:
    return Counter(zip(groups, truth, strict=True)), Counter(groups), Counter(truth)


def _pairs(counts: Counter[Hashable] | Counter[tuple[Hashable, Hashable]]) -> int:
    return sum(count * (count - 1) // 2 for count in counts.values())
