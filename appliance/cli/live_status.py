"""What `appliance run` shows: a compact table on a terminal, plain lines anywhere else."""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TextIO

import msgspec
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from appliance.service.keeper import UnitState
from appliance.service.paths import Paths

WARNING = 4
"""Priorities of sd-daemon(3): 4 is a warning, 6 is information; lines that bear none are taken for
that."""
INFORMATION = 6
LOG_NAME = "appliance.log"
LOG_LIMIT_BYTES = 5_000_000
"""The log file is begun anew when it has grown so far; the one before is kept beside it."""

_STYLES = {"running": "green", "stopped": "dim", "waiting": "dim"}


class Show(Protocol):
    """A way to show what the services do."""

    def take_line(self, service: str, line: str) -> None:
        """A line that a service has written, with its priority (`<4>...`) where it said one."""

    def say(self, text: str) -> None:
        """A line for the user."""

    def refresh(self, states: Mapping[str, UnitState], address: str) -> None: ...


def split_priority(line: str) -> tuple[int, str]:
    """The priority, 0 (worst) to 7, and the line without it."""
    match = re.match(r"<([0-7])>", line)
    return (int(match[1]), line[3:]) if match else (INFORMATION, line)


class PlainLines:
    """Every line as it comes, the service's name before it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Every line is out already."""

    def take_line(self, service: str, line: str) -> None:
        priority, text = split_priority(line)
        if priority <= INFORMATION:
            self._write(f"{service}: {text}")

    def say(self, text: str) -> None:
        self._write(text)

    def refresh(self, states: Mapping[str, UnitState], address: str) -> None:
        """Nothing: lines stay as they are."""

    def _write(self, text: str) -> None:
        with suppress(OSError):  # nobody reads it any more; the services must not wait for that
            self._stream.write(text + "\n")
            self._stream.flush()


class LiveStatus:
    """A table that is drawn anew in place; warnings stand above it, and the log file has every
    line."""

    def __init__(self, stream: TextIO, paths: Paths) -> None:
        self._console = Console(file=stream, highlight=False)
        # no thread of its own: children are forked from this process
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._shown: tuple[bytes, str] | None = None
        self._log_path: Path = paths.runtime / LOG_NAME
        paths.runtime.mkdir(parents=True, exist_ok=True)
        self._log = self._log_path.open("wb", buffering=0)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._log.close()
        with suppress(OSError):
            self._live.stop()
        if error is None:
            self.say("Everything is stopped.")

    def take_line(self, service: str, line: str) -> None:
        priority, text = split_priority(line)
        with suppress(OSError):  # a full disk: the services must not wait for their log
            self._write(f"{service}: {text}\n".encode())
        if priority <= WARNING:
            self._print(Text(f"{service}: {text}", style="yellow"))

    def _write(self, line: bytes) -> None:
        self._log.write(line)
        if self._log.tell() > LOG_LIMIT_BYTES:
            self._log.close()
            self._log_path.replace(self._log_path.with_suffix(".log.1"))
            self._log = self._log_path.open("wb", buffering=0)

    def say(self, text: str) -> None:
        self._print(text)

    def _print(self, text: str | Text) -> None:
        with suppress(OSError):  # the terminal was closed; SIGHUP says so too and stops all
            self._console.print(text)

    def refresh(self, states: Mapping[str, UnitState], address: str) -> None:
        shown = (msgspec.json.encode(states), address)
        if shown == self._shown:
            return
        self._shown = shown
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        for name, state in states.items():
            restarts = f"started again {state.restarts} x" if state.restarts else ""
            memory = f"{state.pss_mb:.0f} MB" if state.pss_mb else ""
            phase = Text(state.phase, style=_STYLES.get(state.phase, "yellow"))
            table.add_row(name, phase, memory, Text(state.status or state.result), restarts)
        total_mb = sum(state.pss_mb for state in states.values())
        where = address or "getting ready ..."
        footer = Text(f"{where}   {total_mb:.0f} MB   Ctrl-C stops   log: {self._log_path}")
        with suppress(OSError):
            self._live.update(Group(table, footer), refresh=True)
