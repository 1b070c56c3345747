"""How the units are where systemd runs them."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from appliance.service.keeper import Phase, UnitState
from appliance.service.unit import PREFIX, SUFFIX

BOOTED = Path("/run/systemd/system")
"""There when systemd is the system's first process (sd_booted(3))."""
PROPERTIES = "Id,LoadState,ActiveState,SubState,MainPID,NRestarts,StatusText,Result"
LIMIT_S = 10.0

_PHASES: Mapping[str, Phase] = {
    "active": "running",
    "activating": "starting",
    "deactivating": "stopping",
    "failed": "stopped",
    "inactive": "stopped",
}


def unit_states() -> dict[str, UnitState]:
    """Our units by name; empty where systemd does not run or does not know them."""
    if not BOOTED.exists():
        return {}
    command = ["systemctl", "show", "--property", PROPERTIES, f"{PREFIX}*{SUFFIX}"]
    done = subprocess.run(  # noqa: S603 # fixed words
        command, capture_output=True, text=True, check=False, timeout=LIMIT_S
    )
    return parse(done.stdout)


def parse(text: str) -> dict[str, UnitState]:
    """Reads what `systemctl show` prints: paragraphs of `Property=value` lines."""
    states: dict[str, UnitState] = {}
    for unit in _paragraphs(text):
        if unit.get("LoadState") != "loaded":
            continue
        phase = _PHASES.get(unit.get("ActiveState", ""), "waiting")
        states[unit["Id"].removeprefix(PREFIX).removesuffix(SUFFIX)] = UnitState(
            phase="restarting" if unit.get("SubState") == "auto-restart" else phase,
            pid=int(unit.get("MainPID", "0")) or None,
            restarts=int(unit.get("NRestarts", "0")),
            status=unit.get("StatusText", ""),
            result="" if unit.get("Result") == "success" else unit.get("Result", ""),
        )
    return states


def restart(name: str) -> int:
    """Asks systemd to start a service anew; the exit status of systemctl."""
    return subprocess.run(  # noqa: S603 # the name is one of unit_states()
        ["systemctl", "restart", f"{PREFIX}{name}{SUFFIX}"],  # noqa: S607 # by PATH, as users do
        check=False,
    ).returncode


def _paragraphs(text: str) -> Iterator[dict[str, str]]:
    for paragraph in text.strip().split("\n\n"):
        pairs = (line.partition("=") for line in paragraph.splitlines())
        unit = {name: value for name, equals, value in pairs if equals}
        if "Id" in unit:
            yield unit
