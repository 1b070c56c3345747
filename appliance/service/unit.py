"""The systemd units that a PC can obey: a named subset of systemd.service(5), read into types.

One file describes a service for the box and for a PC. A directive is obeyed, or it is known to
belong to a part of systemd that a PC does without (sandbox, users, cgroups) and is let pass, or the
unit is refused.
"""

import math
import re
import shlex
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.service.errors import WrongUnit

PREFIX = "appliance-"
SUFFIX = ".service"

LET_PASS = frozenset(
    {
        # words for people, and what starts the unit at boot
        "Unit.Documentation",
        "Unit.PartOf",
        "Unit.RequiresMountsFor",
        "Install.WantedBy",
        # users and folders: on a PC all runs as the one user, below one folder
        "Service.User",
        "Service.Group",
        "Service.SupplementaryGroups",
        "Service.ReadWritePaths",
        "Service.ReadOnlyPaths",
        "Service.InaccessiblePaths",
        "Service.Slice",
        "Service.OOMPolicy",
        # the sandbox
        "Service.AmbientCapabilities",
        "Service.CapabilityBoundingSet",
        "Service.DeviceAllow",
        "Service.DevicePolicy",
        "Service.IPAddressAllow",
        "Service.IPAddressDeny",
        "Service.KeyringMode",
        "Service.LockPersonality",
        "Service.MemoryDenyWriteExecute",
        "Service.NoNewPrivileges",
        "Service.PrivateDevices",
        "Service.PrivateIPC",
        "Service.PrivateTmp",
        "Service.PrivateUsers",
        "Service.ProcSubset",
        "Service.ProtectClock",
        "Service.ProtectControlGroups",
        "Service.ProtectHome",
        "Service.ProtectHostname",
        "Service.ProtectKernelLogs",
        "Service.ProtectKernelModules",
        "Service.ProtectKernelTunables",
        "Service.ProtectProc",
        "Service.ProtectSystem",
        "Service.RemoveIPC",
        "Service.RestrictAddressFamilies",
        "Service.RestrictNamespaces",
        "Service.RestrictRealtime",
        "Service.RestrictSUIDSGID",
        "Service.SystemCallArchitectures",
        "Service.SystemCallErrorNumber",
        "Service.SystemCallFilter",
    }
)
"""Directives that the box obeys and a PC ignores."""


@dataclass(frozen=True)
class Command:
    """A command line of a unit."""

    arguments: tuple[str, ...]
    """`${NAME}` stands for a variable of the unit's environment."""
    may_fail: bool = False
    """Its exit status does not count (the `-` prefix)."""

    def expand(self, environment: Mapping[str, str]) -> tuple[str, ...]:
        """The arguments with each `${NAME}` put in; an unknown name gives nothing, as in
        systemd."""
        return tuple(
            re.sub(r"\$\{(\w+)\}", lambda match: environment.get(match[1], ""), argument)
            for argument in self.arguments
        )


@dataclass(frozen=True)
class Unit:
    """A service as its unit file describes it."""

    name: str
    """Without `appliance-` and `.service`."""
    path: Path
    exec_start: Command
    exec_start_pre: tuple[Command, ...] = ()
    exec_stop_post: tuple[Command, ...] = ()
    description: str = ""
    after: tuple[str, ...] = ()
    """Names of our units that must have started (or failed to) before."""
    wants: tuple[str, ...] = ()
    restart_delay_s: float = 0.1
    watchdog_s: float | None = None
    start_limit_s: float = 90.0
    stop_limit_s: float = 90.0
    environment: Mapping[str, str] = field(default_factory=dict)
    kill_signal: signal.Signals = signal.SIGTERM
    nice: int | None = None
    cpu_weight: int = 100
    memory_max_bytes: int | None = None
    umask: int = 0o022
    core_limit_bytes: int | None = None

    @property
    def niceness(self) -> int:
        """`Nice`, else what comes nearest to `CPUWeight`: a step of niceness is a factor of 1.25 in
        weight (sched(7)), and below 0 only root may go."""
        if self.nice is not None:
            return self.nice
        return min(19, max(0, round(-math.log(self.cpu_weight / 100) / math.log(1.25))))


def read_units(folder: Path) -> dict[str, Unit]:
    """Our services in `folder` by their names; raises WrongUnit."""
    units = [read_unit(path) for path in sorted(folder.glob(f"{PREFIX}*{SUFFIX}"))]
    return {unit.name: unit for unit in units}


def read_unit(path: Path) -> Unit:
    """Raises WrongUnit, naming file and line, for whatever a PC cannot obey."""
    values: dict[str, Any] = {
        "name": path.name.removeprefix(PREFIX).removesuffix(SUFFIX),
        "path": path,
    }
    required = {
        "Service.Type",
        "Service.KillMode",
        "Service.Restart",
        "Unit.StartLimitIntervalSec",
    }
    for number, directive, text in _lines(path):
        required.discard(directive)
        if directive in LET_PASS:
            continue
        if directive in _FIXED:
            if text not in _FIXED[directive]:
                allowed = " or ".join(_FIXED[directive])
                raise WrongUnit(path, number, f"{directive}={text}: only {allowed} is obeyed")
            continue
        if directive not in _OBEYED:
            raise WrongUnit(path, number, f"{directive} is not among the directives obeyed")
        name, read = _OBEYED[directive]
        try:
            value = read(text)
        except ValueError as error:
            raise WrongUnit(path, number, f"{directive}={text}: {error}") from error
        values[name] = _join(values.get(name), value)
    if required or "exec_start" not in values:
        missing = ", ".join(sorted(required)) or "Service.ExecStart"
        raise WrongUnit(path, 0, f"{missing} is missing")
    return Unit(**values)


def _lines(path: Path) -> list[tuple[int, str, str]]:
    """Each directive as (line from 1, `Section.Name`, value), continued lines joined."""
    found: list[tuple[int, str, str]] = []
    section, begun, begun_at = "", "", 0
    for number, raw in enumerate(path.read_text("utf-8").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith(("#", ";")):
            continue
        if not begun:
            begun_at = number
        begun += line
        if begun.endswith("\\"):
            begun = begun[:-1] + " "
            continue
        line, begun = begun, ""
        if header := re.fullmatch(r"\[(\w+)\]", line):
            section = header[1]
            continue
        name, equals, value = line.partition("=")
        if not equals or not section:
            raise WrongUnit(path, begun_at, f"neither a section nor a directive: {line}")
        found.append((begun_at, f"{section}.{name.strip()}", value.strip()))
    return found


def _join(before: object, value: object) -> object:
    """Directives that may be repeated add up; of others the last counts."""
    if isinstance(before, tuple) and isinstance(value, tuple):
        return before + value
    if isinstance(before, dict) and isinstance(value, dict):
        return before | value
    return value


def _command(text: str) -> Command:
    prefix = re.match(r"[-+]*", text)
    marks = prefix[0] if prefix else ""
    arguments = tuple(shlex.split(text[len(marks) :]))
    if not arguments or not arguments[0].startswith("/"):
        raise ValueError("the program needs an absolute path")
    return Command(arguments, may_fail="-" in marks)


def _commands(text: str) -> tuple[Command, ...]:
    return (_command(text),)


def _seconds(text: str) -> float:
    """A time span (systemd.time(7)): a number is seconds; ms, s, min and h may follow."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|sec|min|h)?", text)
    if match is None:
        raise ValueError("not a time such as 30s or 2min")
    factors = {"ms": 0.001, "min": 60.0, "h": 3600.0}
    return float(match[1]) * factors.get(match[2], 1.0)


def _bytes(text: str) -> int:
    match = re.fullmatch(r"(\d+)([KMG]?)", text)
    if match is None:
        raise ValueError("not a size such as 500M")
    return int(match[1]) * {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}[match[2]]


def _environment(text: str) -> dict[str, str]:
    variables = {}
    for word in shlex.split(text):
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            raise ValueError("not NAME=value")
        variables[name] = value
    return variables


def _names(text: str) -> tuple[str, ...]:
    """Of the units named, ours; what the operating system has besides is there on a PC without our
    doing."""
    return tuple(
        word.removeprefix(PREFIX).removesuffix(SUFFIX)
        for word in text.split()
        if word.startswith(PREFIX) and word.endswith(SUFFIX)
    )


def _between(low: int, high: int, base: int = 10) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text, base)
        if not low <= value <= high:
            raise ValueError(f"not between {low} and {high}")
        return value

    return read


def _signal(text: str) -> signal.Signals:
    try:
        return signal.Signals[text]
    except KeyError as error:
        raise ValueError("not a signal such as SIGTERM") from error


_FIXED = {
    "Unit.StartLimitIntervalSec": ("0",),
    "Service.Type": ("notify",),
    "Service.NotifyAccess": ("main",),
    "Service.Restart": ("always",),
    "Service.KillMode": ("mixed",),
}
"""Directives of which the supervisor knows only these values."""

_OBEYED: dict[str, tuple[str, Callable[[str], object]]] = {
    "Unit.Description": ("description", str),
    "Unit.After": ("after", _names),
    "Unit.Wants": ("wants", _names),
    "Service.ExecStartPre": ("exec_start_pre", _commands),
    "Service.ExecStart": ("exec_start", _command),
    "Service.ExecStopPost": ("exec_stop_post", _commands),
    "Service.RestartSec": ("restart_delay_s", _seconds),
    "Service.WatchdogSec": ("watchdog_s", _seconds),
    "Service.TimeoutStartSec": ("start_limit_s", _seconds),
    "Service.TimeoutStopSec": ("stop_limit_s", _seconds),
    "Service.Environment": ("environment", _environment),
    "Service.KillSignal": ("kill_signal", _signal),
    "Service.Nice": ("nice", _between(-20, 19)),
    "Service.CPUWeight": ("cpu_weight", _between(1, 10_000)),
    "Service.MemoryMax": ("memory_max_bytes", _bytes),
    "Service.UMask": ("umask", _between(0, 0o777, base=8)),
    "Service.LimitCORE": ("core_limit_bytes", _bytes),
}
"""Directives obeyed: the field of Unit and how its value is read."""

OBEYED = frozenset(_OBEYED) | frozenset(_FIXED)
