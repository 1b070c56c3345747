"""The table of thresholds."""

import tomllib
from importlib.resources import files

import pytest

from appliance.albums.thresholds import NoThresholds, thresholds_for
from appliance.models import catalogue

EMBEDDERS = sorted(tomllib.loads((files("appliance.albums") / "thresholds.toml").read_text()))


@pytest.mark.parametrize("embedder", EMBEDDERS)
def test_thresholds_are_in_order(embedder: str) -> None:
    limits = thresholds_for(embedder)
    assert 0 < limits.suggest < limits.merge < limits.join < limits.low_quality_join < 1
    assert 0 < limits.minimum_quality < 1
    assert limits.source


def test_every_embedder_of_the_catalogue_has_thresholds() -> None:
    names = [entry.name for entry in catalogue.load().of_task("face embedding")]
    assert names
    assert set(names) <= set(EMBEDDERS)


def test_an_embedder_without_thresholds_is_named_with_what_to_do() -> None:
    with pytest.raises(NoThresholds, match=r"by arcface: .* mobilefacenet, sface") as caught:
        thresholds_for("arcface")
    assert caught.value.mend
