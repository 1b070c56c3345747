"""What stands still is looked at when it can be seen."""

import pytest

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Kind
from appliance.camera.seeing.following import Followed
from appliance.camera.seeing.objects import STANDING_LOOK_S, Looker
from appliance.camera.seeing.standing import Standing
from appliance.camera.streams.pictures import Picture
from tests.camera.people import BrightDetector, still_picture

HERE = Box(0.4, 0.4, 0.1, 0.2)
NOW_S = 100.0


def passer(x: float) -> Followed:
    """Has come from the left to that place."""
    return Followed(1, Box(x, 0.4, 0.1, 0.2), NOW_S - 3, NOW_S, (0.1, 0.0), 1.5, (0.05, 0.5))


@pytest.mark.parametrize(("x", "looks"), [(0.4, 0), (0.7, 1)])
def test_what_somebody_passes_before_is_looked_at_later(x: float, looks: int) -> None:
    picture: Picture = still_picture(NOW_S)
    waits = Standing(1, HERE, NOW_S - STANDING_LOOK_S, NOW_S, True, Kind.PERSON)
    looked = Looker(BrightDetector()).look_at_standing(picture, [waits], [passer(x)])
    assert (looked, waits.looks) == (looks > 0, looks)
