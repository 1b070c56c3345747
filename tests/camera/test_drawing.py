"""What of the usual is drawn by a page."""

import json

import numpy as np

from appliance.camera.usual.drawing import draw
from appliance.camera.usual.places import COLUMNS, ROWS, Places


def places_where(row: int, column: int, speed: float) -> Places:
    """Something moved there for a minute, at that speed."""
    places = Places()
    grid = np.zeros((ROWS, COLUMNS), np.float32)
    grid[row, column] = speed
    places.learn_speeds(grid, 60.0)
    return places


def test_before_anything_moved_there_is_nothing_to_draw() -> None:
    assert draw(Places()) == b""


def test_what_moved_is_drawn_at_its_place_with_its_speed() -> None:
    found = json.loads(draw(places_where(3, 20, 0.25)))
    assert np.shape(found["presence"]) == np.shape(found["speed"]) == (ROWS, COLUMNS)
    assert np.flatnonzero(found["presence"]).tolist() == [3 * COLUMNS + 20]
    assert found["presence"][3][20] == 60.0
    assert 0.2 < found["speed"][3][20] < 0.4


def test_where_nothing_moved_there_is_no_speed() -> None:
    found = json.loads(draw(places_where(3, 20, 0.25)))
    assert sum(speed is not None for line in found["speed"] for speed in line) == 1
    assert len(draw(places_where(3, 20, 0.25))) < 8_000
