"""`appliance stage` on a command line."""

from pathlib import Path

import pytest

from appliance.cli.main import main


def test_it_makes_what_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "staged"
    words = ["--normal-minutes", "0.05", "--held-out-minutes", "0", "--odd", "none"]
    assert main(["stage", str(folder), *words, "--nuisances", "none"]) == 0
    made = {path.name for path in folder.rglob("*.*")}
    assert made == {"000.mp4", "anomalies.tsv", "nuisances.tsv"}


def test_an_unknown_kind_is_refused_with_the_known_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["stage", str(tmp_path), "--odd", "left,ufo"])
    assert caught.value.code == 2
    assert "no kind ufo: loitering" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["stage", str(tmp_path / "file" / "staged"), "--scenes", "1"]) == 1
    assert "file" in capsys.readouterr().err


def test_a_demo_clip_that_is_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPLIANCE_DATA", str(tmp_path))
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "street.mp4").write_bytes(b"drawn before")
    assert main(["stage", "--demo"]) == 0
    assert (tmp_path / "demo" / "street.mp4").read_bytes() == b"drawn before"
