"""Where an event was, in a few boxes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.camera.box import Box
from appliance.camera.events.way import WAY_LIMIT, Way, around, lengthen

shares = st.floats(0, 1)
boxes = st.builds(Box, shares, shares, shares, shares)


def walk(steps: list[Box]) -> Way:
    way: Way = ()
    for step in steps:
        way = lengthen(way, step)
    return way


def holds(outer: Box, inner: Box) -> bool:
    both = around(outer, inner)
    return (both.width, both.height) == pytest.approx((outer.width, outer.height))


@given(st.lists(boxes, min_size=1, max_size=100))
def test_a_way_of_any_length_covers_every_place_in_a_few_boxes(steps: list[Box]) -> None:
    way = walk(steps)
    assert len(way) <= WAY_LIMIT
    assert all(any(holds(part, step) for part in way) for step in steps)


def test_who_stays_is_at_one_place() -> None:
    here = Box(0.2, 0.2, 0.1, 0.3)
    assert walk([here] * 50) == (here,)


def test_a_slanting_way_covers_little_of_what_lies_beside_it() -> None:
    steps = [Box(at / 100, at / 100, 0.1, 0.1) for at in range(90)]
    assert sum(each.width * each.height for each in walk(steps)) < 0.4
