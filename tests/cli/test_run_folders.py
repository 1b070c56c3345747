"""Data folders that `appliance run` cannot use."""

import os
from pathlib import Path

import pytest

from appliance.cli.main import main


async def _nothing_starts(*_: object) -> int:
    return 0


@pytest.mark.parametrize("unwritable", ["data", "run"])
def test_a_folder_that_cannot_be_written_is_named_before_anything_starts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    unwritable: str,
) -> None:
    """Another's folder, or a read-only disk; root may write anywhere, so the question is staged."""
    monkeypatch.setenv("APPLIANCE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("APPLIANCE_RUNTIME", str(tmp_path / "run"))
    monkeypatch.setattr("appliance.cli.run.check_programs", lambda _units: None)
    monkeypatch.setattr("appliance.cli.run._run", _nothing_starts)
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != unwritable)
    assert main(["run"]) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path / unwritable} cannot be written" in said
    assert "APPLIANCE_DATA=" in said
    assert not list((tmp_path / "run").iterdir())
