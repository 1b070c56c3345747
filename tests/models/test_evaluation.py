"""Measuring how well faces are told apart."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.models.errors import WrongInput
from appliance.models.evaluation import (
    best_threshold,
    fold_accuracies,
    nearest_centre,
    read_pairs,
    true_accept_rate,
)
from appliance.models.tasks.face_detection import Box, Face

TABLE = "fold\ta\tb\tsame\n0\tx.jpg\ty.jpg\t1\n1\tx.jpg\tz.jpg\t0\n0\tu.jpg\tv.jpg\t0\n"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text(text)
    return path


def test_pairs_are_read(tmp_path: Path) -> None:
    first, *_ = pairs = read_pairs(write(tmp_path, TABLE))
    assert (len(pairs), first.fold, first.a, first.b, first.same) == (3, 0, "x.jpg", "y.jpg", True)


def test_a_limit_takes_pairs_evenly(tmp_path: Path) -> None:
    lines = [f"{fold}\ta{fold}{same}\tb\t{same}" for fold in range(10) for same in (1, 0)]
    path = write(tmp_path, "\n".join(["fold\ta\tb\tsame", *lines]))
    assert {pair.fold for pair in read_pairs(path, limit=15)} == set(range(10))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("\tsame", "", "columns"),
        ("1\tx.jpg", "one\tx.jpg", "line 3"),
        ("y.jpg\t1", "y.jpg\tyes", "line 2"),
        ("y.jpg", "", "line 2"),
        ("1\tx.jpg", "0\tx.jpg", "two folds"),
        ("y.jpg\t1", "y.jpg\t0", "both kinds"),
    ],
)
def test_a_wrong_table_names_the_place(tmp_path: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(WrongInput, match=problem):
        read_pairs(write(tmp_path, TABLE.replace(old, new, 1)))


def test_a_missing_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="cannot be read"):
        read_pairs(tmp_path / "none.tsv")


def test_a_table_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_bytes(b"\xff\xfe\x00\x01" * 20)
    with pytest.raises(WrongInput):
        read_pairs(path)


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.booleans()), min_size=2, max_size=40),
)
def test_no_threshold_is_better_than_the_best(scored: list[tuple[float, bool]]) -> None:
    scores = np.array([score for score, _ in scored])
    same = np.array([truth for _, truth in scored])

    def right(threshold: float) -> int:
        return int(((scores >= threshold) == same).sum())

    candidates = [*np.unique(scores), 1.1]
    assert right(best_threshold(scores, same)) == max(map(right, candidates))


def test_the_threshold_of_a_fold_comes_from_the_others() -> None:
    scores = np.array([0.9, 0.1, 0.9, 0.1, 0.4, 0.3])
    same = np.array([True, False, True, False, True, False])
    folds = np.array([0, 0, 1, 1, 2, 2])
    # For fold 2 the others choose 0.5, so its 0.4 is called different.
    assert fold_accuracies(scores, same, folds).tolist() == [1.0, 1.0, 0.5]


def test_a_pair_with_a_missing_face_is_wrong_whichever_it_is() -> None:
    scores = np.array([0.9, 0.1, np.nan, np.nan, 0.9, 0.1])
    same = np.array([True, False, True, False, True, False])
    folds = np.array([0, 0, 1, 1, 2, 2])
    assert fold_accuracies(scores, same, folds).tolist() == [1.0, 0.0, 1.0]


def test_the_true_accept_rate_is_above_nearly_all_impostors() -> None:
    impostors = np.linspace(0, 0.5, 1000)
    genuine = np.array([0.6, 0.55, 0.4995, 0.4, np.nan])
    scores = np.concatenate([impostors, genuine])
    same = np.arange(len(scores)) >= 1000
    # One of a thousand may pass: the threshold is the second highest impostor.
    assert true_accept_rate(scores, same, 1e-3) == pytest.approx(3 / 5)


def test_the_face_nearest_the_centre_is_the_labelled_one() -> None:
    faces = [
        Face(Box(x, 40, 20, 20), np.zeros((5, 2), np.float32), score)
        for x, score in [(0, 0.99), (45, 0.6), (70, 0.9)]
    ]
    assert nearest_centre(np.zeros((100, 100, 3), np.uint8), faces) is faces[1]


def test_a_photo_without_faces_has_none_in_the_centre() -> None:
    assert nearest_centre(np.zeros((10, 10, 3), np.uint8), []) is None
