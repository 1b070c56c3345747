"""Choosing a model for a task."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from appliance.models import selection
from appliance.models.build.tflite_writer import TfliteWriter, schema
from appliance.models.errors import ModelDamaged, ModelMissing, UnknownModel, WrongInput
from appliance.models.sources.built import BuiltFile


def net(side: int = 112) -> bytes:
    """A net from 1 x side x side x 3 to 1x4: means of a picture, in four weights."""
    writer = TfliteWriter("net")
    given = writer.tensor("given", (1, side, side, 3))
    weights = np.full((4, side * side * 3), 1 / side, np.float32)
    inputs = [
        given,
        writer.constant("weights", weights),
        writer.constant("bias", np.zeros(4, "f4")),
    ]
    result = writer.tensor("result", (1, 4))
    options = (schema.BuiltinOptions.FullyConnectedOptions, schema.FullyConnectedOptionsT())
    writer.operator(schema.BuiltinOperator.FULLY_CONNECTED, inputs, result, options)
    return writer.finish([given], [result])


NET = net()


def test_the_best_present_model_is_taken(make_entry: Any, make_store: Any, quiet: Any) -> None:
    good = make_entry("good", NET, rank=1)
    best = make_entry("best", NET, rank=2)
    store = make_store(good, best)
    store.fetch(good, quiet)
    assert selection.select(store, "face embedding").name == "good"
    store.fetch(best, quiet)
    assert selection.select(store, "face embedding").name == "best"


def test_a_named_model_goes_before_a_better_one(
    make_entry: Any, make_store: Any, quiet: Any
) -> None:
    good, best = make_entry("good", NET, rank=1), make_entry("best", NET, rank=2)
    store = make_store(good, best)
    store.fetch(good, quiet)
    store.fetch(best, quiet)
    assert selection.select(store, "face embedding", ("good",)).name == "good"


def test_a_name_of_another_task_leaves_the_choice_open(
    make_entry: Any, make_store: Any, quiet: Any
) -> None:
    detector = make_entry("detector", b"x", task="face detection")
    embedder = make_entry("embedder", NET)
    store = make_store(detector, embedder)
    store.fetch(embedder, quiet)
    assert selection.select(store, "face embedding", ("detector",)).name == "embedder"


def test_an_unknown_name_is_an_error(make_entry: Any, make_store: Any) -> None:
    with pytest.raises(UnknownModel):
        selection.select(make_store(make_entry("net", NET)), "face embedding", ("nut",))


def test_without_any_model_the_mend_is_what_can_be_fetched(
    make_entry: Any, make_store: Any
) -> None:
    origin = make_entry("origin", b"x", task="conversion source")
    built = make_entry("built", NET, source=BuiltFile("origin"), rank=2)
    fetched = make_entry("fetched", NET, rank=1)
    with pytest.raises(ModelMissing) as caught:
        selection.select(make_store(origin, built, fetched), "face embedding")
    assert caught.value.mend == "appliance models fetch fetched"


def test_a_users_model_is_fed_like_the_one_it_stands_in_for(
    make_entry: Any, make_store: Any, tmp_path: Path
) -> None:
    like = make_entry("sface", b"other")
    brought = tmp_path / "own.tflite"
    brought.write_bytes(NET)
    store = make_store(like)
    store.add(brought, like=like)
    embedder = selection.face_embedder(store, ("own",))
    crops = np.full((1, 112, 112, 3), 255, np.uint8)
    assert embedder.embed(crops) == pytest.approx(np.full((1, 4), 0.5))


def test_a_net_of_another_shape_is_not_taken(make_entry: Any, tmp_path: Path) -> None:
    path = tmp_path / "own.tflite"
    path.write_bytes(net(side=96))
    with pytest.raises(WrongInput, match="112x112"):
        selection.load(make_entry("sface", b"other"), path)


def test_a_damaged_model_is_not_replaced_by_another_in_silence(
    make_entry: Any, make_store: Any, quiet: Any
) -> None:
    entry = make_entry("sface", NET)
    store = make_store(entry)
    store.fetch(entry, quiet)
    store.path("sface").write_bytes(bytes(len(NET)))
    with pytest.raises(ModelDamaged):
        selection.face_embedder(store)
