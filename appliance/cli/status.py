"""`appliance status`: every service, its process, its memory and what ails it."""

import argparse
import asyncio
import functools
import json
import sys
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from appliance.bus.client import Bus
from appliance.bus.errors import Offline
from appliance.bus.messages.service import Availability, Health, Reason
from appliance.bus.topics import AVAILABILITY, HEALTH, OBSERVER, SERVICES
from appliance.cli.error_report import report_error
from appliance.service import broker, settings, supervisor, systemd
from appliance.service.errors import NotAllowed, NotRunning, WrongSetting
from appliance.service.keeper import UnitState
from appliance.service.memory import pss_bytes, tree_pss_bytes
from appliance.service.paths import Paths
from appliance.service.processor import tree_cpu_s

EXIT_NOT_RUNNING = 3
LONGEST_WATCH_S = 3600.0
CONNECT_LIMIT_S = 2.0
RETAINED_LIMIT_S = 1.5
"""How long the retained messages may take once connected; a service that never ran has none."""


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    summary = "how every service is; 3 when the appliance does not run"
    parser = subcommands.add_parser("status", help=summary, description=summary)
    parser.add_argument(
        "--cpu",
        type=_seconds,
        metavar="SECONDS",
        help="measure for so long what share of one core each service uses",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    paths = Paths.from_environment()
    state = supervisor.read_state(paths)
    units = systemd.unit_states() if state is None else state.units
    if not units:
        report_error(NotRunning(paths.data))
        return EXIT_NOT_RUNNING
    running = {name for name, unit in units.items() if unit.phase == "running"}
    heard = asyncio.run(_listen(paths, running.intersection(SERVICES)))
    services = {name: describe(name, unit, heard) for name, unit in sorted(units.items())}
    if arguments.cpu is not None:
        add_processor(services, arguments.cpu)
    for wrong in settings.check(paths.settings_file):
        add_wrong_setting(services, wrong)
    total_mb = sum(service["pss_mb"] or 0.0 for service in services.values())
    if state is not None:
        with suppress(OSError):
            total_mb += pss_bytes(state.pid) / 1e6
    if arguments.json:
        document = {"services": services, "total_pss_mb": round(total_mb, 1)}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        _print(services, total_mb)
    return 0


@dataclass
class Heard:
    """What the services say of themselves on the bus."""

    expected: Collection[str] = ()
    """Those who should have something to say."""
    reached: bool = False
    availability: dict[str, Availability] = field(default_factory=dict)
    health: dict[str, Health] = field(default_factory=dict)
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    async def take_availability(self, message: Availability, service: str) -> None:
        self.availability[service] = message
        self._note()

    async def take_health(self, message: Health, service: str) -> None:
        self.health[service] = message
        self._note()

    def _note(self) -> None:
        if all(name in self.availability and name in self.health for name in self.expected):
            self.complete.set()


async def _listen(paths: Paths, expected: Collection[str]) -> Heard:
    """The retained messages of all services; what does not come in time is left out."""
    heard = Heard(expected)
    locate = functools.partial(broker.locate, paths, OBSERVER)
    try:
        locate()
    except PermissionError as error:
        raise NotAllowed("see its status") from error
    except Offline:
        return heard  # the broker was never prepared
    bus = Bus(locate, OBSERVER, broker.box_id(paths))
    bus.on(AVAILABILITY, heard.take_availability)
    bus.on(HEALTH, heard.take_health)
    running = asyncio.create_task(bus.run())
    with suppress(TimeoutError):
        await asyncio.wait_for(bus.connected.wait(), CONNECT_LIMIT_S)
        heard.reached = True
        await asyncio.wait_for(heard.complete.wait(), RETAINED_LIMIT_S)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return heard


def describe(name: str, unit: UnitState, heard: Heard) -> dict[str, Any]:
    """One service as `--json` prints it: its unit's state, and its own words where they are of this
    process."""
    health = heard.health.get(name)
    if health is not None and unit.pid not in (None, health.pid):
        health = None  # of the process before
    reasons = [] if health is None else [_reason(reason) for reason in health.reasons]
    state = "online" if unit.phase == "running" else str(unit.phase)
    on_bus = name in SERVICES
    if state == "online" and on_bus and heard.availability.get(name) is not Availability.ONLINE:
        state = "offline"
        if not heard.reached:
            reasons.append(
                {
                    "rule": "broker",
                    "message": "The message broker does not answer.",
                    "mend": "appliance restart broker",
                    "severity": "failed",
                }
            )
    return {
        "state": state,
        "pid": unit.pid,
        "pss_mb": _memory_mb(unit, health),
        "version": health.software if health is not None else None,
        "restarts": unit.restarts,
        "last_end": unit.result or None,
        "reasons": reasons,
    }


def add_processor(services: Mapping[str, dict[str, Any]], duration_s: float) -> None:
    """Watches the processes: `cpu_percent` of one core, None for one that did not live all the
    time or belongs to nobody any more."""
    pids = {name: service["pid"] for name, service in services.items() if service["pid"]}
    before = {name: tree_cpu_s(pid) for name, pid in pids.items()}
    begun_s = time.monotonic()
    time.sleep(duration_s)
    watched_s = time.monotonic() - begun_s
    for name, service in services.items():
        after = tree_cpu_s(pids[name]) if name in pids else 0.0
        share = 100 * (after - before.get(name, 0.0)) / watched_s
        service["cpu_percent"] = round(share, 2) if after else None


def _seconds(text: str) -> float:
    duration_s = float(text)
    if not 0 < duration_s <= LONGEST_WATCH_S:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most {LONGEST_WATCH_S:g}")
    return duration_s


def add_wrong_setting(services: Mapping[str, Mapping[str, Any]], error: WrongSetting) -> None:
    """Tells a service that is not online why; the broker above all, which cannot say it itself."""
    section = error.key.partition(".")[0]
    service = services.get("broker" if section == "bus" else section)
    if service is not None and service["state"] != "online":
        finding = Reason(rule="settings", message=str(error), mend=error.mend, severity="failed")
        service["reasons"].append(_reason(finding))


def _memory_mb(unit: UnitState, health: Health | None) -> float | None:
    """As it is now where we may look (the same user or root), else as the service said."""
    size_bytes = tree_pss_bytes(unit.pid) if unit.pid is not None else 0
    if size_bytes:
        return round(size_bytes / 1e6, 1)
    return health.pss_mb if health is not None else None


def _reason(reason: Reason) -> dict[str, str]:
    return {
        "rule": reason.rule,
        "message": reason.message,
        "mend": reason.mend,
        "severity": reason.severity,
    }


def _print(services: Mapping[str, Mapping[str, Any]], total_mb: float) -> None:
    measured = any("cpu_percent" in service for service in services.values())
    processor = ("one core",) if measured else ()
    table = Table("service", "state", "memory", *processor, "restarts", "", box=None)
    for name, service in services.items():
        memory = f"{service['pss_mb']:.0f} MB" if service["pss_mb"] else ""
        notes = "\n".join(
            f"{reason['message']} Mend: {reason['mend']}" for reason in service["reasons"]
        )
        share = service.get("cpu_percent")
        used = ("" if share is None else f"{share:.1f} %",) if measured else ()
        restarts = str(service["restarts"] or "")
        table.add_row(name, service["state"], memory, *used, restarts, notes)
    console = Console()
    console.print(table)
    console.print(f"{total_mb:.0f} MB of memory in all", highlight=False)
