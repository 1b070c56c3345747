"""`appliance evaluate albums`."""

import json
from pathlib import Path

import pytest
from PIL import Image

from appliance.cli.main import main


def arguments(images: Path, table: Path, *more: str) -> list[str]:
    words = ["evaluate", "albums", "--images", str(images), "--labels", str(table), "--json"]
    return [*words, *more]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two photos of nobody."""
    for name in ("a", "b"):
        Image.new("RGB", (64, 64), "grey" if name == "a" else "navy").save(tmp_path / f"{name}.png")
    table = tmp_path / "labels.tsv"
    table.write_text("image\tperson\na.png\tAnn\nb.png\tBob\n")
    return table


def test_a_missing_folder_is_named_with_its_mend(
    tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(tmp_path / "nowhere", table)) == 1
    errors = capsys.readouterr().err
    assert "there is no folder" in errors
    assert "mend it by" in errors


def test_missing_models_are_named_with_the_command_that_fetches_them(
    tmp_path: Path,
    table: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("APPLIANCE_DATA", str(tmp_path / "empty"))
    assert main(arguments(tmp_path, table)) == 1
    assert "appliance models fetch" in capsys.readouterr().err


def test_no_limit_below_one_is_taken(tmp_path: Path, table: Path) -> None:
    with pytest.raises(SystemExit):
        main(arguments(tmp_path, table, "--limit", "0"))


def test_the_figures_are_printed_as_one_object(
    tmp_path: Path,
    table: Path,
    models_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "models").symlink_to(models_folder.absolute(), target_is_directory=True)
    monkeypatch.setenv("APPLIANCE_DATA", str(data))
    assert main(arguments(tmp_path, table)) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["photos"], report["people_true"], report["people_found"]) == (2, 2, 0)
    assert report["unknown_share"] == 1.0
    assert report["bcubed"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert report["answers_to_0_99"] == 0
    assert {"pairwise", "photos_per_s", "peak_pss_mb"} <= report.keys()
    assert sorted(path.name for path in data.iterdir()) == ["models"]
