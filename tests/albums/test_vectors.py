"""Quantised vectors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.albums.vectors import CHUNK_ROWS, VectorTable, quantise


def units(count: int, dimensions: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(count, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def filled(vectors: np.ndarray) -> VectorTable:
    table = VectorTable()
    for vector in quantise(vectors):
        table.add(vector)
    return table


@pytest.mark.parametrize("dimensions", [128, 192, 512])
def test_a_cosine_is_kept_to_a_hundredth(dimensions: int) -> None:
    vectors = units(300, dimensions)
    cosines = filled(vectors).cosines(quantise(vectors[:5]))
    assert np.abs(cosines - vectors @ vectors[:5].T).max() < 0.015


def test_rows_beyond_a_chunk_are_compared_too() -> None:
    vectors = units(CHUNK_ROWS * 2 + 7, 32)
    cosines = filled(vectors).cosines(quantise(vectors[-1:]))
    assert cosines.shape == (CHUNK_ROWS * 2 + 7, 1)
    assert int(cosines.argmax()) == len(vectors) - 1


def test_an_empty_table_answers_for_no_row() -> None:
    assert VectorTable().cosines(quantise(units(2, 16))).shape == (0, 2)


def test_the_order_of_rows_does_not_change_a_bit() -> None:
    vectors = units(3000, 192)
    shuffled = np.random.default_rng(1).permutation(len(vectors))
    query = quantise(vectors[:3])
    straight, mixed = filled(vectors).cosines(query), filled(vectors[shuffled]).cosines(query)
    assert np.array_equal(straight[shuffled], mixed)


def test_vectors_of_other_dimensions_are_refused_and_change_nothing() -> None:
    table = filled(units(2, 16))
    with pytest.raises(ValueError, match="shape"):
        table.add(quantise(units(1, 32)[0]))
    assert table.used == 2


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=200))
def test_rows_come_and_go(steps: list[tuple[bool, int]]) -> None:
    table, kept = VectorTable(), dict[int, np.ndarray]()
    for i, (adding, choice) in enumerate(steps):
        if adding or not kept:
            vector = quantise(units(1, 8, seed=i)[0])
            row = table.add(vector)
            assert row not in kept
            kept[row] = vector
        else:
            row = sorted(kept)[choice % len(kept)]
            table.remove(row)
            del kept[row]
    for row, vector in kept.items():
        assert np.array_equal(table[row], vector)
    assert table.used <= len(steps)
