"""What stands still is a stay where somebody lives, else something left."""

import pytest

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Cause, Kind
from appliance.camera.seeing.standing import Standing


@pytest.fixture
def blob() -> Standing:
    """Nobody saw anything come, and its own looks found nobody."""
    return Standing(1, Box(0.4, 0.4, 0.1, 0.2), 0.0, 20.0, True, None, looks=2)


@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.ANIMAL])
def test_a_blob_with_somebody_present_in_it_is_a_stay(blob: Standing, kind: Kind) -> None:
    assert blob.cause is Cause.LEFT
    blob.present = kind
    assert (blob.kind, blob.cause) == (kind, Cause.STAY)


def test_whoever_is_present_comes_before_what_a_look_found(blob: Standing) -> None:
    kinds = []
    for blob.looked, blob.present in ((Kind.VEHICLE, Kind.PERSON), (Kind.VEHICLE, None)):
        kinds.append(blob.kind)
    assert kinds == [Kind.PERSON, Kind.VEHICLE]
