"""Boxes for the tests that run the whole appliance."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.box import Box


def fetched(variable: str) -> Path:
    folder = os.environ.get(variable)
    if not folder or not Path(folder).is_dir():
        pytest.skip(f"{variable} names no folder of fetched files (`make test` sets it)")
    return Path(folder)


@pytest.fixture(scope="session")
def models() -> Path:
    return fetched("APPLIANCE_TEST_MODELS")


@pytest.fixture(scope="session")
def demo() -> Path:
    return fetched("APPLIANCE_TEST_DEMO")


MakeBox = Callable[..., Box]


@pytest.fixture
def make_box(tmp_path: Path, models: Path) -> Iterator[MakeBox]:
    """Makes boxes that are stopped when the test ends."""
    boxes: list[Box] = []

    def make(name: str = "box", demo: Path | None = None) -> Box:
        boxes.append(Box(tmp_path / name, models, demo))
        return boxes[-1]

    yield make
    for box in boxes:
        if box.process is not None:
            box.stop()
