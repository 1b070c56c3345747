"""`appliance settings`."""

import tomllib
from pathlib import Path

import pytest

from appliance.cli.main import main
from appliance.cli.settings import allowed
from appliance.service import settings


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("APPLIANCE_DATA", str(tmp_path))
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "appliance.toml"


def test_the_list_is_a_settings_file_with_every_default(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["settings", "list"]) == 0
    text = capsys.readouterr().out
    file.write_text(text)
    assert settings.check(file) == []
    assert set(tomllib.loads(text)) == set(settings.sections())


def test_every_setting_is_described(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["settings", "list"])
    assert not [line for line in capsys.readouterr().out.splitlines() if line.startswith("#  (")]


def test_a_wrong_file_is_told_by_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("[bus]\nlan_port = 99999\n\n[nonsense]\n")
    assert main(["settings", "check"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "line 2: bus.lan_port" in lines[0]
    assert "line 4: nonsense" in lines[1]


def test_a_right_file_is_right(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "check"]) == 0
    assert "defaults hold" in capsys.readouterr().out
    file.write_text("[bus]\nlan_port = 9999\n")
    assert main(["settings", "check"]) == 0
    assert capsys.readouterr().out == f"{file}: right\n"


def test_the_path_is_printed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "path"]) == 0
    assert capsys.readouterr().out == f"{file}\n"


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 5}, "whole number from 1 to 5"),
        ({"type": "number", "minimum": 0.5}, "number from 0.5"),
        ({"type": "boolean"}, "true or false"),
        ({"enum": ["a", "b"]}, '"a" or "b"'),
        ({"type": "array", "items": {"type": "string"}}, "list of text"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "text or whole number"),
    ],
)
def test_what_is_allowed_is_said_in_words(field: dict[str, object], words: str) -> None:
    assert allowed(field) == words
