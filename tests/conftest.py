"""Fixtures that every room's tests may use."""

import os
from pathlib import Path

import pytest

pytest_plugins = ["tests.broker_fixture"]


@pytest.fixture
def anyio_backend() -> str:
    """Coroutines marked `anyio` run on asyncio, as the product does."""
    return "asyncio"


@pytest.fixture(scope="session")
def models_folder() -> Path:
    """The folder of fetched models; tests that need their weights are skipped without it."""
    return _fetched("APPLIANCE_TEST_MODELS", "models")


@pytest.fixture(scope="session")
def demo_folder() -> Path:
    """The folder of fetched demo photos; tests that need them are skipped without it."""
    return _fetched("APPLIANCE_TEST_DEMO", "demo photos")


def _fetched(variable: str, what: str) -> Path:
    folder = os.environ.get(variable)
    if not folder or not Path(folder).is_dir():
        pytest.skip(f"{variable} names no folder of fetched {what} (`make test` sets it)")
    return Path(folder)
