"""A few sentences of the house, spoken by espeak-ng and measured by the product's own command.

`python -m tests.voice.speak_sentences` makes all of them. Synthetic voices prove that the parts fit
together, not how well people are understood.
"""

import json
from pathlib import Path

import pytest

from appliance.cli.main import main
from appliance.voice.dialogue.sentences import ANSWERS
from appliance.voice.language.compiler import compile_grammar
from appliance.voice.language.templates import read_file
from tests.voice import speak_sentences
from tests.voice.house import GRAMMARS

EVERY = 12
LEAST_RIGHT = 0.75
"""Of a voice that is none; 0.90 to 0.97 were measured."""


def test_a_folder_for_the_evaluation_says_what_can_be_spoken_in_the_house(tmp_path: Path) -> None:
    (tmp_path / "sentences.yaml").write_text(json.dumps(speak_sentences.grammar_document()))
    grammar = compile_grammar(read_file(tmp_path / "sentences.yaml"))
    assert grammar.intents == GRAMMARS.spoken.intents
    found = list(speak_sentences.rows(grammar))
    assert len({text for text, intent, _ in found if intent != "none"}) >= 200
    assert {intent for _, intent, _ in found} == (GRAMMARS.spoken.intents - ANSWERS) | {"none"}


def test_sentences_that_are_spoken_are_understood(
    tmp_path: Path,
    models_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if not (models_folder / "moonshine-tiny-en").is_dir():
        pytest.skip("the model moonshine-tiny-en is not fetched")
    monkeypatch.setenv("APPLIANCE_DATA", str(models_folder.parent))
    monkeypatch.setenv("APPLIANCE_RUNTIME", str(tmp_path))
    count = speak_sentences.write(tmp_path, ["en-us"], EVERY)
    arguments = [f"--{name}={tmp_path / file}" for name, file in FILES.items()]
    assert main(["evaluate", "voice", *arguments, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["recognisers"]["moonshine"]["clean"]
    assert figures["files"] == count >= 15
    assert figures["intent_accuracy"] >= LEAST_RIGHT


FILES = {"audio": "audio", "labels": "labels.tsv", "sentences": "sentences.yaml"}
