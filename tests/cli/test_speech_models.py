"""`appliance models add` for Vosk models, with the real library and a real model."""

import functools
import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.cli import speech_models
from appliance.cli.main import main
from appliance.models import vosk_models
from appliance.models.errors import FetchFailed, WrongInput
from appliance.models.store import Store
from appliance.models.vosk_models import OfficialModel, official_models
from tests.korean import korean_model
from tests.models.conftest import FileServer, server

__all__ = ["server"]
Run = Callable[..., int]
Output = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("APPLIANCE_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "models"


def add(*arguments: str) -> int:
    return main(["models", "add", *arguments])


@functools.cache
def pack(path: Path) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        for file in korean_model().rglob("*"):
            if file.is_file():
                name = f"vosk-model-small-ko-0.22/{file.relative_to(korean_model())}"
                archive.write(file, name)
    return path.read_bytes()


def test_a_folder_is_tried_described_and_taken(folder: Path, capsys: Output) -> None:
    assert add(str(korean_model()), "--language", "Korean", "--name", "ko") == 0
    said = capsys.readouterr().out
    for part in ("a Vosk model for ko", "16000 Hz", "run time: yes", "[unk]", "words of our"):
        assert part in said
    assert main(["models", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["ko"]["present"]
    assert not rows["ko"]["redistributable"]
    assert main(["models", "verify", "ko"]) == 0
    graph = folder / "ko" / "graph" / "Gr.fst"
    graph.write_bytes(graph.read_bytes()[:-1])
    assert main(["models", "verify", "ko"]) == 1
    assert "appliance models add FOLDER_OR_ZIP --language ko" in capsys.readouterr().out
    assert add(str(korean_model()), "--language", "ko", "--name", "ko") == 0
    assert main(["models", "verify", "ko"]) == 0
    assert main(["models", "remove", "ko"]) == 0
    assert not (folder / "ko").exists()


def test_the_official_model_is_fetched_and_recorded(
    folder: Path,
    tmp_path: Path,
    server: FileServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vosk_models, "ADDRESS", server.address("/"))
    official = OfficialModel("ko", "Korean", "vosk-model-small-ko-0.22")
    server.files["/vosk-model-small-ko-0.22.zip"] = pack(tmp_path / "ko.zip")
    store = Store(folder)
    speech_models.add(store, None, "ko", None, lambda _done, _total: None, official)
    entry = store.catalogue.get("vosk-model-small-ko-0-22")
    weights = (korean_model() / "am" / "final.mdl").read_bytes()
    digests = {file.name: file.sha256 for file in entry.files}
    assert digests["am/final.mdl"] == hashlib.sha256(weights).hexdigest()
    assert entry.mend.startswith("appliance models add --language ko")
    assert {path.name for path in folder.iterdir()} == {"user.toml", entry.name}


def test_an_address_that_gives_no_zip_changes_nothing(
    folder: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vosk_models, "ADDRESS", server.address("/"))
    server.files["/vosk-model-small-ko-0.22.zip"] = b"<html>moved</html>"
    official = OfficialModel("ko", "Korean", "vosk-model-small-ko-0.22")
    with pytest.raises(FetchFailed, match="no zip"):
        speech_models.add(Store(folder), None, "ko", None, lambda _done, _total: None, official)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("damaged", ["am/final.mdl", "graph/Gr.fst", "graph/HCLr.fst"])
def test_a_damaged_model_is_not_taken(
    folder: Path, tmp_path: Path, capsys: Output, damaged: str
) -> None:
    copy = tmp_path / "ko"
    for file in korean_model().rglob("*"):
        target = copy / file.relative_to(korean_model())
        if file.is_dir():
            target.mkdir(parents=True)
        elif file.relative_to(korean_model()).as_posix() == damaged:
            target.write_bytes(file.read_bytes()[: file.stat().st_size // 3])
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.hardlink_to(file) if target.parent.stat().st_dev == file.stat().st_dev else (
                target.write_bytes(file.read_bytes())
            )
    assert add(str(copy), "--language", "ko") == 1
    assert "ko is damaged" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_a_model_with_a_fixed_graph_is_not_taken(
    folder: Path, tmp_path: Path, capsys: Output
) -> None:
    source = tmp_path / "vosk-model-en-us-0.22"
    for name in ("am/final.mdl", "conf/mfcc.conf", "graph/HCLG.fst"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("x")
    assert add(str(source)) == 1
    assert "can take no grammar" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_other_weights_do_not_take_the_name_of_what_was_added(folder: Path, tmp_path: Path) -> None:
    store = Store(folder)
    for content in ("one", "two"):
        staged = store.staging("ko")
        (staged / "am").mkdir()
        (staged / "am" / "final.mdl").write_text(content)
        (staged / "conf").mkdir()
        (staged / "conf" / "mfcc.conf").write_text("--sample-frequency=16000")
        names = ["am/final.mdl", "conf/mfcc.conf"]
        entry = vosk_models.make_entry(staged, names, name="ko", language="ko", origin=None)
        if content == "one":
            store.adopt(entry, staged)
            continue
        with pytest.raises(WrongInput, match="appliance models remove ko"):
            store.adopt(entry, staged)
    assert (folder / "ko" / "am" / "final.mdl").read_text() == "one"


def test_a_truncated_zip_is_refused(folder: Path, tmp_path: Path, capsys: Output) -> None:
    source = tmp_path / "vosk-model-small-ko-0.22.zip"
    source.write_bytes(pack(tmp_path / "whole.zip")[:1_000_000])
    assert add(str(source), "--language", "ko") == 1
    assert "no whole zip file" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_a_language_that_nobody_knows_is_answered_with_the_known(
    folder: Path, capsys: Output
) -> None:
    assert add("--language", "Klingon") == 1
    assert "ko (Korean)" in capsys.readouterr().err


def test_official_models_have_one_language_each() -> None:
    languages = [model.language for model in official_models()]
    assert len(languages) == len(set(languages))
    assert all(model.address.startswith("https://alphacephei.com/") for model in official_models())
