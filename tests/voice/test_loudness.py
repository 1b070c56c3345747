"""How long it has been quiet, in steps of 10 ms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.voice.audio.sound import Samples
from appliance.voice.hearing.loudness import STEP_MS, Loudness


def sound(level: int, duration_ms: int) -> Samples:
    return np.full(duration_ms * 16, level, np.int16)


def hear(*parts: Samples, below_db: float = -20.0) -> Loudness:
    loudness = Loudness(below_db, before_ms=320)
    loudness.begin()
    for part in parts:
        loudness.hear(part)
    return loudness


@pytest.mark.parametrize(("level", "quiet_ms"), [(99, 100), (101, 0)])
def test_quiet_is_so_far_below_the_loudest(level: int, quiet_ms: int) -> None:
    assert hear(sound(1000, 200), sound(level, 100)).quiet_ms == quiet_ms


def test_a_sound_ends_the_quiet() -> None:
    assert hear(sound(1000, 200), sound(1, 100), sound(1000, 10), sound(1, 30)).quiet_ms == 30


def test_what_came_shortly_before_an_utterance_belongs_to_it() -> None:
    loudness = hear(sound(1000, 100))
    loudness.begin()
    loudness.hear(sound(1, 50))
    assert loudness.quiet_ms == 50


def test_what_came_long_before_does_not() -> None:
    loudness = hear(sound(30_000, 100), sound(100, 400))
    loudness.begin()
    loudness.hear(sound(100, 50))
    assert loudness.quiet_ms == 0


def test_reset_forgets() -> None:
    loudness = hear(sound(30_000, 100))
    loudness.reset()
    loudness.begin()
    loudness.hear(sound(100, 50))
    assert loudness.quiet_ms == 0


@given(st.lists(st.integers(1, 700), min_size=1, max_size=20))
def test_it_does_not_matter_in_which_pieces_sound_comes(lengths: list[int]) -> None:
    whole = np.concatenate([sound(1000, 100), sound(1, 1000)])[: 1600 + sum(lengths)]
    pieces = hear(whole[:1600])
    position = 1600
    for length in lengths:
        pieces.hear(whole[position : position + length])
        position += length
    assert pieces.quiet_ms == hear(whole).quiet_ms
    assert pieces.quiet_ms % STEP_MS == 0
