"""A room to speak in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.broker_fixture import Broker
from tests.voice.room import Room, in_room


@pytest.fixture
async def room(broker: Broker, tmp_path: Path, models_folder: Path) -> AsyncIterator[Room]:
    if not (models_folder / "moonshine-tiny-en").is_dir():
        pytest.skip("the model moonshine-tiny-en is not fetched")
    broker.paths.models.symlink_to(models_folder)
    async with in_room(broker, tmp_path) as made:
        yield made
