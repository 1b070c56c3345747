"""Squares that are looked at, and where their things are in the whole picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.camera.box import Box
from appliance.camera.seeing.crops import CROP, crop_around, in_picture, is_cut, tiles
from appliance.models.tasks.face_detection import Box as PixelBox

ASPECTS = st.floats(0.3, 4.0)
FRACTIONS = st.floats(0.0, 1.0)


@given(ASPECTS, FRACTIONS, FRACTIONS)
def test_tiles_cover_every_point_of_every_picture(aspect: float, x: float, y: float) -> None:
    assert any(
        tile.x <= x <= tile.x + tile.width + 1e-9 and tile.y <= y <= tile.y + tile.height + 1e-9
        for tile in tiles(aspect)
    )


@given(ASPECTS)
def test_tiles_are_squares_as_large_as_the_picture_allows(aspect: float) -> None:
    for tile in tiles(aspect):
        assert tile.width * aspect == pytest.approx(tile.height)
        assert max(tile.width, tile.height) == pytest.approx(1.0)


@pytest.mark.parametrize(("aspect", "count"), [(1.0, 1), (4 / 3, 2), (16 / 9, 2), (9 / 16, 2)])
def test_no_more_tiles_than_are_needed(aspect: float, count: int) -> None:
    assert len(tiles(aspect)) == count


@given(ASPECTS, FRACTIONS, FRACTIONS, st.floats(0.01, 2.0))
def test_a_crop_lies_in_the_picture_and_holds_its_middle(
    aspect: float, x: float, y: float, side: float
) -> None:
    crop = crop_around(x, y, side, aspect)
    assert crop.height >= CROP
    assert crop.x >= 0 <= crop.y
    assert crop.x + crop.width <= 1 + 1e-9 >= crop.y + crop.height
    assert crop.x - 1e-9 <= x <= crop.x + crop.width + 1e-9
    assert crop.y - 1e-9 <= y <= crop.y + crop.height + 1e-9


def test_what_is_found_in_a_crop_is_placed_in_the_picture() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    found = in_picture(PixelBox(50, 25, 100, 50), Box(0.5, 0.25, 0.25, 0.5), image)
    assert found == Box(0.5625, 0.375, 0.125, 0.25)


@pytest.mark.parametrize(
    ("box", "cut"),
    [
        (Box(0.55, 0.2, 0.05, 0.2), False),
        (Box(0.5, 0.2, 0.05, 0.2), True),
        (Box(0.95, 0.2, 0.05, 0.2), False),  # the picture ends there
        (Box(0.7, 0.0, 0.05, 0.2), False),
        (Box(0.7, 0.3, 0.05, 0.2), True),
    ],
)
def test_what_reaches_the_edge_of_a_crop_is_cut(box: Box, cut: bool) -> None:
    assert is_cut(box, Box(0.5, 0.0, 0.5, 0.5)) is cut
