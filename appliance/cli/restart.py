"""`appliance restart`: one service anew, wherever it is supervised."""

import argparse
import os
import signal
import sys
import time

from appliance.service import supervisor, systemd
from appliance.service.errors import NotAllowed, NotRunning, UnknownService
from appliance.service.keeper import UnitState
from appliance.service.paths import Paths

LIMIT_S = 60.0
POLL_S = 0.1


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    summary = "start one service anew"
    parser = subcommands.add_parser("restart", help=summary, description=summary)
    parser.add_argument("service", metavar="SERVICE", help="as `appliance status` names it")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 when it runs again; raises NotRunning and UnknownService."""
    paths, name = Paths.from_environment(), arguments.service
    state = supervisor.read_state(paths)
    if state is not None:
        return _restart(paths, name, _known(name, state.units))
    units = systemd.unit_states()
    if not units:
        raise NotRunning(paths.data)
    _known(name, units)
    return systemd.restart(name)


def _known(name: str, units: dict[str, UnitState]) -> UnitState:
    if name not in units:
        raise UnknownService(name, units)
    return units[name]


def _restart(paths: Paths, name: str, before: UnitState) -> int:
    """Ends its process; the supervisor does the rest."""
    if before.pid is not None:
        try:
            os.kill(before.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass  # it ended by itself, which is as good
        except PermissionError as error:
            raise NotAllowed("restart a service") from error
    deadline_s = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline_s:
        state = supervisor.read_state(paths)
        unit = state.units.get(name) if state is not None else None
        if unit is not None and unit.phase == "running" and unit.pid != before.pid:
            sys.stdout.write(f"{name} runs again.\n")
            return 0
        time.sleep(POLL_S)
    sys.stderr.write(f"appliance: {name} does not come back.\n  mend it by: appliance status\n")
    return 1
