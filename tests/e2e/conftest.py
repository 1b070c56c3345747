"""Boxes for the tests that run the whole appliance."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.box import Box

MakeBox = Callable[..., Box]


@pytest.fixture
def make_box(tmp_path: Path, models_folder: Path) -> Iterator[MakeBox]:
    """Makes boxes that are stopped when the test ends."""
    boxes: list[Box] = []

    def make(name: str = "box", demo: Path | None = None) -> Box:
        boxes.append(Box(tmp_path / name, models_folder, demo))
        return boxes[-1]

    yield make
    for box in boxes:
        if box.process is not None:
            box.stop()
