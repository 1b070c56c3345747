"""Timestamps of cameras, repaired."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from appliance.camera.streams.timestamps import BACK_S, JUMP_S, Repair

TICKS = 90_000
STEP = 3600
anything = st.one_of(st.none(), st.integers(-(2**40), 2**40))


def mend(times: list[tuple[int | None, int | None]]) -> list[tuple[int, int]]:
    repair = Repair(TICKS)
    return [repair.mend(*each) for each in times]


def test_sound_times_stay_as_they_are() -> None:
    times = [(number * STEP, number * STEP + 2 * STEP) for number in range(100)]
    repair = Repair(TICKS)
    assert [repair.mend(*each) for each in times] == times
    assert repair.repaired == 0


@given(st.lists(st.tuples(anything, anything), max_size=60))
def test_whatever_comes_decoding_times_rise_and_nothing_is_shown_before(
    times: list[tuple[int | None, int | None]],
) -> None:
    mended = mend(times)
    decoding = [dts for dts, _ in mended]
    assert all(later > earlier for earlier, later in pairwise(decoding))
    assert all(dts <= pts <= dts + JUMP_S * TICKS for dts, pts in mended)


def test_a_clock_that_is_set_makes_no_gap() -> None:
    before = [(number * STEP, number * STEP) for number in range(50)]
    after = [(10**9 + number * STEP, 10**9 + number * STEP) for number in range(50)]
    back = [(number * STEP, number * STEP) for number in range(50)]
    decoding = [dts for dts, _ in mend(before + after + back)]
    steps = {later - earlier for earlier, later in pairwise(decoding)}
    assert steps == {STEP}


def test_equal_and_missing_times_are_told_apart() -> None:
    mended = mend([(0, 0), (0, 0), (None, None), (3 * STEP, 3 * STEP)])
    decoding = [dts for dts, _ in mended]
    assert decoding == sorted(set(decoding))
    assert decoding[-1] == 3 * STEP


def test_a_pause_shorter_than_a_jump_is_kept() -> None:
    pause = round((JUMP_S - 1) * TICKS)
    assert mend([(0, 0), (pause, pause)])[1][0] == pause


def test_a_little_way_back_is_no_jump() -> None:
    back = round(BACK_S * TICKS / 2)
    assert mend([(TICKS, TICKS), (TICKS - back, TICKS - back)])[1][0] == TICKS + 1
