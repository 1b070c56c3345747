"""What moves is followed from picture to picture."""

import pytest

from appliance.camera.box import Box
from appliance.camera.seeing.following import Followed

ASPECT = 1.5


def goer(speed: float, seen_s: float, cells_s: float) -> Followed:
    """Was seen on its way to the right for so long; fractions of the picture a second."""
    each = Followed(1, Box(0.1, 0.4, 0.1, 0.2), 0.0, 0.0, (cells_s, 0.0), ASPECT, (0.15, 0.5))
    for step in range(round(seen_s * 10) + 1):
        each.seen_s = step / 10
        each.box = Box(0.1 + speed * each.seen_s, 0.4, 0.1, 0.2)
        each.keep_trail()
    return each


def test_how_far_something_has_gone_is_told_by_its_way_and_not_by_its_cells() -> None:
    each = goer(0.2, seen_s=3.0, cells_s=0.05)
    assert each.drift(3.5) == pytest.approx((0.2 * 0.5, 0.0))


def test_what_was_just_seen_first_is_where_it_was() -> None:
    assert goer(0.2, seen_s=0.0, cells_s=0.05).drift(0.5) == (0.0, 0.0)


def test_the_pace_is_that_of_the_whole_way() -> None:
    assert goer(0.2, seen_s=3.0, cells_s=0.05).pace == pytest.approx(0.2 * ASPECT)
