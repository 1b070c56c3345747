"""The whole appliance as a user runs it: every process, in a folder of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

STOP_LIMIT_S = 30.0


class Box:
    """One box: its data folder and, while it runs, its supervisor's process."""

    def __init__(self, data: Path, models: Path | None, demo: Path | None = None) -> None:
        """`models` and `demo` are folders of fetched files, linked into the box."""
        self.data = data
        self.data.mkdir(parents=True, exist_ok=True)
        for name, source in (("models", models), ("demo", demo)):
            if source is not None and not (data / name).exists():
                shutil.copytree(source, data / name, copy_function=os.link)
        self.process: subprocess.Popen[str] | None = None
        self.log = data.parent / f"{data.name}.log"

    @property
    def environment(self) -> Mapping[str, str]:
        inherited = {key: value for key, value in os.environ.items() if "APPLIANCE" not in key}
        return {**inherited, "APPLIANCE_DATA": str(self.data)}

    def start(self, *arguments: str, prefix: tuple[str, ...] = ()) -> None:
        """Runs `appliance run`; returns at once."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*prefix, sys.executable, "-m", "appliance.cli.main", "run", *arguments],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def stop(self) -> int:
        """Ctrl-C; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(STOP_LIMIT_S)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self.process = None

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "appliance.cli.main", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def status(self) -> dict[str, dict[str, Any]]:
        """The services of `appliance status --json`; empty while nothing runs."""
        result = self.command("status", "--json")
        services = json.loads(result.stdout)["services"] if result.returncode == 0 else {}
        assert isinstance(services, dict)
        return services

    def online(self) -> bool:
        services = self.status()
        return {"albums", "camera", "voice", "web"} <= services.keys() and all(
            service["state"] == "online" for service in services.values()
        )

    def url(self) -> str | None:
        try:
            return str(json.loads((self.data / "run/web/address.json").read_text())["url"])
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def wait(self, what: str, probe: Callable[[], T | None], limit_s: float) -> T:
        """What `probe` gives as soon as it is true; fails with the log's end after the limit."""
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            value = probe()
            if value:
                return value
            assert self.process is None or self.process.poll() is None, self.tail()
            time.sleep(0.1)  # polling with a deadline: the other side is another process
        raise AssertionError(f"not within {limit_s:.0f} s: {what}\n{self.tail()}")

    def ready(self, limit_s: float = 60) -> str:
        """Waits for every service; the page's address."""
        self.wait("every service online", self.online, limit_s)
        return self.wait("the page's address", self.url, 10)

    def processes(self) -> list[int]:
        """Every process of this box, found by its environment."""
        mark = f"APPLIANCE_DATA={self.data}\0".encode()
        found = []
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdigit() and mark in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue  # it ended meanwhile, or is not ours to read
        return found

    def pids(self, program: str) -> list[int]:
        """Those whose command's name is `program`."""
        return [
            pid
            for pid in self.processes()
            if Path(f"/proc/{pid}/comm").read_text().strip() == program
        ]

    def tail(self) -> str:
        return "\n".join(self.log.read_text().splitlines()[-40:])
