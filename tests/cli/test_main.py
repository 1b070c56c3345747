"""The command line: verbs by their files, errors in two lines."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from appliance import cli
from appliance.cli import main as command_line
from appliance.service.errors import NotRunning

DOCUMENT = Path(__file__).parents[2] / "docs" / "operations.md"


def call(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int:
    """Runs a verb that raises."""

    def fail(_: argparse.Namespace) -> int:
        raise error

    def make_parser(_: str | None) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser()
        parser.set_defaults(run=fail)
        return parser

    monkeypatch.setattr(command_line, "make_parser", make_parser)
    return command_line.main([])


def test_a_verb_is_a_file_without_an_underscore() -> None:
    files = {path.stem for path in Path(cli.__file__).parent.glob("*.py")} - {"main"}
    assert set(command_line.verbs()) == {name for name in files if "_" not in name}


@pytest.mark.parametrize("verb", command_line.verbs())
def test_a_verb_says_what_it_is_for(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line.main([verb, "--help"])
    assert caught.value.code == 0
    assert f"appliance {verb}" in capsys.readouterr().out


@pytest.mark.parametrize("verb", command_line.verbs())
def test_the_documentation_lists_the_verb(verb: str) -> None:
    assert f"| `appliance {verb}" in DOCUMENT.read_text()


def test_an_error_of_ours_is_two_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, NotRunning(Path("/data"))) == 1
    assert capsys.readouterr().err.splitlines() == [
        "appliance: The appliance is not running on /data.",
        "  mend it by: make run; on a box: systemctl start appliance.target",
    ]


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        call(monkeypatch, ZeroDivisionError())


def test_an_interruption_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(monkeypatch, KeyboardInterrupt()) == 130


def test_a_wrong_verb_names_the_right_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line.main(["nonsense"])
    assert caught.value.code == 2
    message = capsys.readouterr().err
    assert all(verb in message for verb in command_line.verbs())


def test_one_verb_does_not_pay_for_the_others() -> None:
    program = (
        "import sys; from appliance.cli.main import make_parser; make_parser('settings');"
        "print(sorted({'aiomqtt', 'numpy', 'cv2', 'starlette'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
