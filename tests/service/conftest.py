"""What the tests of this room share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.supervised import Supervised


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    supervised = Supervised(tmp_path)
    yield supervised
    if supervised.process is not None:
        supervised.process.kill()
        supervised.process.wait()
