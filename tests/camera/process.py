"""The camera room as a process of its own, as supervision starts it."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from tests.broker_fixture import Broker

STOP_LIMIT_S = 15.0
"""TimeoutStopSec of the unit."""


class CameraProcess:
    """`python -m appliance.camera` on a box's data and broker."""

    def __init__(self, broker: Broker, settings: str) -> None:
        self._paths = broker.paths
        self._process: subprocess.Popen[bytes] | None = None
        self._log = broker.paths.data.parent / "camera.log"
        self._paths.settings_file.write_text(settings)
        models = os.environ.get("APPLIANCE_TEST_MODELS")
        if models and not self._paths.models.exists():
            self._paths.models.symlink_to(models)

    def start(self) -> None:
        environment = {
            **os.environ,
            "APPLIANCE_DATA": str(self._paths.data),
            "APPLIANCE_RUNTIME": str(self._paths.runtime),
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "appliance.camera"],
                env=environment,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        return self._log.read_text()

    def kill(self) -> None:
        """kill -9 of the room with all its children, as a power cut ends them: returns when they
        are gone."""
        handles = [os.pidfd_open(pid) for pid in descendants(self.pid)]
        self.end()
        for handle in handles:
            select.select([handle], [], [])  # readable when the process has ended, pidfd_open(2)
            os.close(handle)

    def stop(self) -> int:
        """As systemd does; the exit status."""
        os.kill(self.pid, signal.SIGTERM)
        assert self._process is not None
        return self._process.wait(STOP_LIMIT_S)

    def end(self) -> None:
        """Whatever state it is in."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *descendants(child)]
    return found
