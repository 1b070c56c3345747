"""`appliance run` at its edges; the whole of it runs in tests/e2e."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from appliance.cli import live_status
from appliance.cli import run as verb
from appliance.cli.live_status import LiveStatus, PlainLines, split_priority
from appliance.cli.main import main
from appliance.service.errors import ProgramMissing
from appliance.service.keeper import UnitState
from appliance.service.paths import Paths
from appliance.service.unit import read_unit
from tests.service.supervised import PROGRAMS, UNIT, wait_for

PROGRAM = """
import pathlib, sys
from appliance.cli import run
from appliance.cli.main import main
run.unit_folder = lambda: pathlib.Path(sys.argv[1])
sys.exit(main(["run", *sys.argv[2:]]))
"""


class Terminal:
    """`appliance run` over a folder of units, on a terminal or into a pipe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.units = folder / "units"
        self.units.mkdir()
        self.journal = folder / "journal"
        living = f"{sys.executable} {PROGRAMS / 'living.py'} web {self.journal}"
        text = UNIT.format(unit="", service="", start=living)
        (self.units / "appliance-web.service").write_text(text)
        address = folder / "data" / "run" / "web" / "address.json"
        address.parent.mkdir(parents=True)
        address.write_text(json.dumps({"url": "http://127.0.0.1:8480"}))
        self.output = b""

    def start(self, output: int, *arguments: str) -> subprocess.Popen[bytes]:
        environment: Mapping[str, str] = {
            **{name: value for name, value in os.environ.items() if "APPLIANCE" not in name},
            "APPLIANCE_DATA": str(self.folder / "data"),
            "TERM": "xterm",
            "COLUMNS": "100",
        }
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(self.units), *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def read_until(self, descriptor: int, text: bytes) -> None:
        while text not in self.output:
            chunk = os.read(descriptor, 4096)
            assert chunk, self.output
            self.output += chunk


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_lines_come_plainly_where_there_is_no_terminal(terminal: Terminal) -> None:
    reading, writing = os.pipe()
    process = terminal.start(writing)
    os.close(writing)
    terminal.read_until(reading, b"The page: http://127.0.0.1:8480\n")
    assert b"web: niceness 0\n" in terminal.output
    assert b"\x1b" not in terminal.output
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    os.close(reading)
    assert terminal.journal.read_text() == "web started\nweb asked\nweb stopped\n"


def test_a_terminal_shows_a_table(terminal: Terminal) -> None:
    ours, theirs = pty.openpty()
    process = terminal.start(theirs)
    terminal.read_until(ours, b"The page: ")
    terminal.read_until(ours, b"running")
    process.send_signal(signal.SIGINT)
    terminal.read_until(ours, b"Everything is stopped.")
    assert process.wait(30) == 0
    os.close(ours)
    os.close(theirs)
    assert b"niceness" not in terminal.output
    assert "web: niceness 0" in (terminal.folder / "data/run/appliance.log").read_text()


def test_a_terminal_that_is_closed_stops_everything_in_order(terminal: Terminal) -> None:
    ours, theirs = pty.openpty()
    process = terminal.start(theirs)
    os.close(theirs)
    terminal.read_until(ours, b"The page: ")
    os.close(ours)
    process.send_signal(signal.SIGHUP)
    assert process.wait(30) == 0
    assert terminal.journal.read_text() == "web started\nweb asked\nweb stopped\n"


def test_the_second_interruption_does_not_wait(terminal: Terminal) -> None:
    unit = terminal.units / "appliance-web.service"
    text = unit.read_text().replace("journal\n", "journal --never-stop\n")
    unit.write_text(text.replace("TimeoutStopSec=5", "TimeoutStopSec=60"))
    reading, writing = os.pipe()
    process = terminal.start(writing)
    os.close(writing)
    terminal.read_until(reading, b"The page: ")
    process.send_signal(signal.SIGINT)
    wait_for("the first", lambda: "asked" in terminal.journal.read_text())
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    os.close(reading)


def test_the_demo_comes_unless_it_is_not_wanted(terminal: Terminal) -> None:
    demo = terminal.folder / "data" / "demo"
    demo.mkdir()
    (demo / "one.jpg").write_bytes(b"1")
    spool = terminal.folder / "data" / "spool" / "demo"
    for arguments, photos in ((["--no-demo"], []), ([], [spool / "one.jpg"])):
        reading, writing = os.pipe()
        process = terminal.start(writing, *arguments)
        os.close(writing)
        terminal.output = b""
        terminal.read_until(reading, b"The page: ")
        assert list(spool.glob("*")) == photos
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        os.close(reading)


def test_a_missing_clip_is_named_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("APPLIANCE_DATA", str(tmp_path / "data"))
    assert main(["run", "--clip", str(tmp_path / "none.mp4")]) == 1
    assert "There is no clip" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_a_missing_program_is_named_with_its_package(tmp_path: Path) -> None:
    path = tmp_path / "appliance-broker.service"
    path.write_text(UNIT.format(unit="", service="", start="/usr/sbin/no-mosquitto -c x"))
    with pytest.raises(ProgramMissing) as caught:
        verb.check_programs({"broker": read_unit(path)})
    assert caught.value.mend == "sudo apt install no-mosquitto"


def test_a_folder_that_cannot_be_made_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("APPLIANCE_DATA", str(tmp_path / "file" / "data"))
    assert main(["run"]) == 1
    assert "APPLIANCE_DATA=FOLDER" in capsys.readouterr().err


def test_a_line_may_say_how_grave_it_is() -> None:
    assert split_priority("<4>warned") == (4, "warned")
    assert split_priority("<9>odd") == (6, "<9>odd")
    assert split_priority("plain") == (6, "plain")


def test_plain_lines_leave_out_what_is_for_developers() -> None:
    stream = io.StringIO()
    with PlainLines(stream) as lines:
        lines.take_line("web", "<7>debug")
        lines.take_line("web", "<4>warned")
    assert stream.getvalue() == "web: warned\n"


def test_a_full_disk_does_not_hold_up_the_services(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "appliance.log").symlink_to("/dev/full")
    with LiveStatus(io.StringIO(), Paths(tmp_path, tmp_path / "run")) as status:
        status.take_line("web", "<6>told")


def test_a_reader_that_has_gone_does_not_hold_up_the_services() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    with PlainLines(stream) as lines:
        lines.take_line("web", "told")
    with pytest.raises(BrokenPipeError):
        stream.close()


def test_the_log_file_does_not_grow_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_status, "LOG_LIMIT_BYTES", 100)
    paths = Paths(tmp_path, tmp_path / "run")
    with LiveStatus(io.StringIO(), paths) as status:
        for number in range(40):
            status.take_line("web", f"<6>line {number}")
    sizes = [path.stat().st_size for path in paths.runtime.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) < 120


def test_a_warning_stands_above_the_table(tmp_path: Path) -> None:
    stream = io.StringIO()
    paths = Paths(tmp_path, tmp_path / "run")
    with LiveStatus(stream, paths) as status:
        status.take_line("web", "<4>warned [bold]")
        status.take_line("web", "<6>told")
        status.refresh({"web": UnitState(phase="running", status="[healthy]", restarts=2)}, "")
    shown = stream.getvalue()
    assert "web: warned [bold]" in shown
    assert "told" not in shown
    assert (paths.runtime / "appliance.log").read_text() == "web: warned [bold]\nweb: told\n"
