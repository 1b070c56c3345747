import json
import wave
from pathlib import Path

import numpy as np
import pytest

from appliance.cli.main import main
from appliance.models.store import Store
from tests.voice.speech import say, silence

SENTENCES = """
language: en
intents:
  Turn:
    data:
      - sentences: ["turn (on|off) the {name}"]
lists:
  name:
    values: ["kitchen light", "bedroom fan"]
"""


def write_wav(path: Path, sound: "np.ndarray[tuple[int], np.dtype[np.int16]]") -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(sound.astype("<i2").tobytes())


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """A command line over one command and one recording of something else."""
    (tmp_path / "sentences.yaml").write_text(SENTENCES)
    rows = ['light.wav\tTurn\t{"name": "kitchen light"}', "walk.wav\tnone\t{}"]
    (tmp_path / "labels.tsv").write_text("file\tintent\tslots\n" + "\n".join(rows) + "\n")
    return [
        *("evaluate", "voice", "--audio", str(tmp_path), "--json"),
        *("--labels", str(tmp_path / "labels.tsv")),
        *("--sentences", str(tmp_path / "sentences.yaml")),
    ]


def test_the_figures_of_each_level_are_printed(
    words: list[str],
    tmp_path: Path,
    models_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = Store(models_folder)
    if not store.has(store.catalogue.get("moonshine-tiny-en")):
        pytest.skip("moonshine-tiny-en is not fetched (`make test` fetches it)")
    monkeypatch.setenv("APPLIANCE_DATA", str(models_folder.parent))
    for name, text in (
        ("light.wav", "turn on the kitchen light"),
        ("walk.wav", "we went for a long walk by the river"),
        ("noise.wav", "blah blah blah blah"),
    ):
        write_wav(tmp_path / name, np.concatenate([silence(500), say(text), silence(500)]))
    noise = ["--noise", str(tmp_path / "noise.wav"), "--snr", "clean,40"]
    assert main([*words, *noise]) == 0
    levels = json.loads(capsys.readouterr().out)["recognisers"]["moonshine"]
    assert list(levels) == ["clean", "40"]
    clean = levels["clean"]
    assert (clean["files"], clean["intent_accuracy"], clean["false_accept_rate"]) == (2, 1.0, 0.0)
    assert clean["latency_ms"]["complete"]["n"] == 1
    assert clean["pss_mb"] > 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--snr", "6"], "--noise"),
        (["--negatives", "."], "--negative-labels"),
        (["--sentences", "missing.yaml"], "missing.yaml"),
        (["--audio", "missing"], "missing"),
        (["--recogniser", "parakeet"], "parakeet"),
    ],
)
def test_what_cannot_be_measured_is_told(
    words: list[str],
    more: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("APPLIANCE_DATA", str(tmp_path / "data"))
    assert main([*words, *more]) == 1
    assert said in capsys.readouterr().err
