"""The units are what a PC can obey, what systemd takes, and what a sandbox should be."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.bus.topics import SERVICES
from appliance.service.errors import WrongUnit
from appliance.service.keeper import IMAGE_PYTHON
from appliance.service.unit import LET_PASS, OBEYED, Command, Unit, read_unit, read_units

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "systemd"
FILES = sorted(UNITS.glob("*.service"))

MINIMAL = """\
[Unit]
StartLimitIntervalSec=0
[Service]
Type=notify
Restart=always
KillMode=mixed
ExecStart=/bin/true
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "appliance-one.service"
    path.write_text(text)
    return path


def test_every_service_has_a_unit_that_a_pc_obeys() -> None:
    units = read_units(UNITS)
    assert set(units) == {*SERVICES, "broker"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_as_the_map_says(service: str) -> None:
    unit = read_units(UNITS)[service]
    assert unit.exec_start.arguments == (IMAGE_PYTHON, "-m", f"appliance.{service}")
    assert unit.restart_delay_s == 1
    assert unit.watchdog_s == 30
    assert unit.after == ("broker",)
    assert unit.memory_max_bytes is not None
    assert unit.core_limit_bytes == 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_systemd_takes_the_unit(path: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    for name in UNITS.iterdir():
        text = name.read_text().replace(IMAGE_PYTHON, sys.executable)
        (tmp_path / name.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / path.name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_sandbox_is_tight(path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_folders_that_a_unit_owns_are_made_at_boot(path: Path) -> None:
    """A path that is missing would keep the unit from starting."""
    lines = (ROOT / "rootfs-overlay/usr/lib/tmpfiles.d/appliance.conf").read_text().splitlines()
    made = {line.split()[1] for line in lines if line.startswith("d ")}
    for line in path.read_text().splitlines():
        name, _, value = line.partition("=")
        if name in ("ReadWritePaths", "ReadOnlyPaths"):
            assert set(value.split()) <= made


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_users_of_the_units_are_made_at_boot(path: Path) -> None:
    text = (ROOT / "rootfs-overlay/usr/lib/sysusers.d/appliance.conf").read_text()
    made = {line.split()[1] for line in text.splitlines() if line.startswith("u ")}
    users = {line[5:] for line in path.read_text().splitlines() if line.startswith("User=")}
    assert users <= made
    assert len(users) == 1


def test_the_documentation_lists_what_is_obeyed_and_let_pass() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    for directive in OBEYED | LET_PASS:
        assert f"`{directive.partition('.')[2]}`" in text, directive


def test_values_become_types(tmp_path: Path) -> None:
    text = MINIMAL + (
        "ExecStartPre=-/bin/first\nExecStartPre=+/bin/second 'with space' ${NAME}\n"
        "WatchdogSec=1min\nTimeoutStopSec=500ms\nMemoryMax=64M\nCPUWeight=50\nUMask=0027\n"
        'KillSignal=SIGINT\nEnvironment=A=1 "B=x y"\nEnvironment=C=3 \\\nD=4\n'
    )
    unit = read_unit(write(tmp_path, text))
    assert unit.name == "one"
    assert unit.exec_start_pre == (
        Command(("/bin/first",), may_fail=True),
        Command(("/bin/second", "with space", "${NAME}")),
    )
    assert (unit.watchdog_s, unit.stop_limit_s, unit.memory_max_bytes) == (60, 0.5, 64 * 2**20)
    assert (unit.umask, unit.kill_signal, unit.niceness) == (0o027, signal.SIGINT, 3)
    assert unit.environment == {"A": "1", "B": "x y", "C": "3", "D": "4"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("RootDirectory=/x", "not among the directives obeyed"),
        ("Type=simple", "only notify is obeyed"),
        ("Restart=on-failure", "only always is obeyed"),
        ("WatchdogSec=soon", "not a time"),
        ("MemoryMax=50%", "not a size"),
        ("KillSignal=SIGNOT", "not a signal"),
        ("CPUWeight=0", "not between 1 and 10000"),
        ("ExecStartPre=relative", "absolute path"),
        ('ExecStartPre=/bin/echo "open', "quotation"),
        ("Environment=NOVALUE", "not NAME=value"),
        ("nonsense", "neither a section nor a directive"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_with_its_line(
    tmp_path: Path, line: str, problem: str
) -> None:
    path = write(tmp_path, MINIMAL + line + "\n")
    with pytest.raises(WrongUnit, match=problem) as caught:
        read_unit(path)
    assert (caught.value.path, caught.value.line) == (path, 8)


@pytest.mark.parametrize("missing", ["Type=notify", "Restart=always", "ExecStart=/bin/true"])
def test_what_must_be_said_is_missed(tmp_path: Path, missing: str) -> None:
    with pytest.raises(WrongUnit, match="missing"):
        read_unit(write(tmp_path, MINIMAL.replace(missing, "")))


@given(text=st.text())
def test_any_text_is_a_unit_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "appliance-any.service"
    path.write_text(MINIMAL + text, "utf-8")
    try:
        assert isinstance(read_unit(path), Unit)
    except WrongUnit as error:
        refused = error.path
    else:
        return
    assert refused == path
