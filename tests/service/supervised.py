"""A supervisor in a process of its own, over units that a test writes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from appliance.service.keeper import IMAGE_PYTHON, UnitState
from appliance.service.paths import Paths
from appliance.service.supervisor import read_state

PROGRAMS = Path(__file__).parent / "programs"

UNIT = """\
[Unit]
StartLimitIntervalSec=0
{unit}
[Service]
Type=notify
Restart=always
KillMode=mixed
RestartSec=100ms
TimeoutStopSec=5
ExecStart={start}
{service}
"""

T = TypeVar("T")


def wait_for(what: str, probe: Callable[[], T | None], limit_s: float = 30.0) -> T:
    """What `probe` gives as soon as it is true. The other side is another process, so it is
    polled."""
    deadline_s = time.monotonic() + limit_s
    while time.monotonic() < deadline_s:
        if value := probe():
            return value
        time.sleep(0.01)
    raise AssertionError(f"not within {limit_s:.0f} s: {what}")


class Supervised:
    """The supervisor's process, its units and what they note in the journal."""

    def __init__(self, folder: Path) -> None:
        self.paths = Paths(folder / "data", folder / "run")
        self.units = folder / "units"
        self.units.mkdir()
        self.journal = folder / "journal"
        self.journal.touch()
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def write_unit(
        self, name: str, *arguments: str, unit: str = "", service: str = "", start: str = ""
    ) -> Path:
        """A unit that runs `living.py`; `unit` and `service` are further directives."""
        words = [IMAGE_PYTHON, str(PROGRAMS / "living.py"), name, str(self.journal), *arguments]
        path = self.units / f"appliance-{name}.service"
        path.write_text(UNIT.format(unit=unit, service=service, start=start or " ".join(words)))
        return path

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(PROGRAMS / "supervise.py"), str(self.units)],
                env={
                    **os.environ,
                    "APPLIANCE_DATA": str(self.paths.data),
                    "APPLIANCE_RUNTIME": str(self.paths.runtime),
                    "MARK": str(self.journal),
                },
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self, limit_s: float = 30.0) -> int:
        """Ctrl-C; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(limit_s)

    def state(self, name: str) -> UnitState:
        state = read_state(self.paths)
        return state.units.get(name, UnitState()) if state is not None else UnitState()

    def running(self, name: str, other_than: int | None = None, limit_s: float = 30.0) -> int:
        """Waits until the unit runs, in another process than the one named; its process id."""

        def probe() -> int | None:
            state = self.state(name)
            return state.pid if state.phase == "running" and state.pid != other_than else None

        return wait_for(f"{name} running; {self.text()}", probe, limit_s)

    def notes(self) -> list[str]:
        return self.journal.read_text().splitlines()

    def text(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def processes(self) -> list[int]:
        """Every living process that this supervisor has begot, orphans too: found by its
        environment."""
        found = []
        for folder in Path("/proc").iterdir():
            try:
                if (
                    folder.name.isdigit()
                    and f"MARK={self.journal}\0".encode() in (folder / "environ").read_bytes()
                ):
                    found.append(int(folder.name))
            except OSError:
                continue  # ended meanwhile, or not ours to read
        return found
