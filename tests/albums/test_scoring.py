"""Scores of groups against the truth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.albums.scoring import bcubed, pairwise

items = st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abcdef")), min_size=1, max_size=30)


def test_bcubed_of_a_known_case() -> None:
    # a and b of one person, b and c in one group
    score = bcubed([1, 2, 2], ["x", "x", "y"])
    assert (score.precision, score.recall) == pytest.approx((2 / 3, 2 / 3))


def test_groups_of_one_lose_recall_only() -> None:
    score = bcubed([1, 2, 3, 4], ["x", "x", "y", "y"])
    assert (score.precision, score.recall) == (1.0, 0.5)


@given(items)
def test_bcubed_is_the_mean_over_the_items(drawn: list[tuple[int, str]]) -> None:
    precision = recall = 0.0
    for group, name in drawn:
        both = sum(each == (group, name) for each in drawn)
        precision += both / sum(each[0] == group for each in drawn)
        recall += both / sum(each[1] == name for each in drawn)
    score = bcubed(*zip(*drawn, strict=True))
    assert score.precision == pytest.approx(precision / len(drawn))
    assert score.recall == pytest.approx(recall / len(drawn))


@given(items)
def test_pairwise_counts_every_pair(drawn: list[tuple[int, str]]) -> None:
    pairs = [(drawn[i], drawn[j]) for i in range(len(drawn)) for j in range(i)]
    together = [one[1] == other[1] for one, other in pairs if one[0] == other[0]]
    alike = [one[0] == other[0] for one, other in pairs if one[1] == other[1]]
    score = pairwise(*zip(*drawn, strict=True))
    assert score.precision == pytest.approx(sum(together) / len(together) if together else 1.0)
    assert score.recall == pytest.approx(sum(alike) / len(alike) if alike else 1.0)


@given(items)
def test_the_truth_itself_scores_one(drawn: list[tuple[int, str]]) -> None:
    truth = [name for _, name in drawn]
    for score in (bcubed(truth, truth), pairwise(truth, truth)):
        assert (score.precision, score.recall, score.f1) == (1.0, 1.0, 1.0)
