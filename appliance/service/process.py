"""The life of a service process: settings, ordered start, health, watchdog, reverse stop.

A room's `__main__.py` is `run(Albums())`. The same process runs under systemd, under `appliance
run` and bare from a terminal; a broker that is away is no reason not to start.
"""

import asyncio
import faulthandler
import functools
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from appliance.bus.client import Bus
from appliance.bus.messages.service import SettingsChanged
from appliance.bus.topics import SETTINGS_CHANGED
from appliance.service import allocator, broker, log, settings
from appliance.service.clock import Clock, SystemClock
from appliance.service.errors import WrongSetting
from appliance.service.health import Check, Finding
from appliance.service.heartbeat import Heartbeat, Pulse
from appliance.service.notify import Notifier, watchdog_s
from appliance.service.paths import Paths
from appliance.service.report import Reporter
from appliance.service.tasks import Tasks

EXIT_FAULT = 1
EXIT_CONFIGURATION = os.EX_CONFIG
"""A setting is wrong; starting again without an edit does not help."""
STOP_LIMIT_S = 8.0
"""How long `Service.stop` may take; TimeoutStopSec of the units is longer."""
SETTINGS_POLL_S = 1.0

logger = logging.getLogger(__name__)

S = TypeVar("S", bound=settings.Section)


@dataclass(frozen=True)
class Context:
    """What a service gets when it starts."""

    paths: Paths
    bus: Bus
    clock: Clock
    tasks: Tasks
    heartbeat: Heartbeat
    box: str
    """The box id."""
    sections: set[str] = field(default_factory=set)
    """The tables of the settings file that the service has read."""

    def settings(self, section: str, kind: type[S]) -> S:
        """The service's table of the settings file; when that table changes the process starts
        again.

        Raises WrongSetting; let it pass.
        """
        self.sections.add(section)
        return settings.load(self.paths.settings_file, section, kind, self.paths.defaults_file)

    def pulse(self, name: str, limit_s: float) -> Pulse:
        """A heartbeat for a thread or loop that may get stuck: `beat()` at each step, `rest()` when
        idle."""
        return self.heartbeat.pulse(name, limit_s)


class Service(Protocol):
    """A room's process. Its constructor takes what it likes and does nothing."""

    name: str
    """The room's name: its account on the bus and its unit `appliance-<name>.service`."""
    budget_mb: float
    """The memory that it and its children may use: PSS in 10^6 bytes."""

    async def start(self, context: Context) -> None:
        """Registers handlers on the bus, starts tasks in `context.tasks`, returns when ready.

        What it raises ends the process with a message; supervision tries again.
        """

    async def stop(self) -> None:
        """Undoes `start` in reverse order; also called when `start` was cut short."""

    def checks(self) -> Sequence[Check]:
        """The service's own health checks; asked for once, after `start`."""


def run(service: Service, clock: Clock | None = None) -> None:
    """Runs the service until SIGTERM or SIGINT and ends the process.

    Exit status: 0 after a stop, 78 for a wrong setting, 1 after a fault.
    """
    faulthandler.enable()  # upon the watchdog's SIGABRT it says where each thread was
    allocator.return_memory_early()
    log.configure(service.name)
    os.umask(0o027)
    sys.exit(asyncio.run(_Process(service, clock or SystemClock()).run()))


class _Process:
    """One run of one service."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self._paths = Paths.from_environment()
        self._notifier = Notifier()
        self._stopping = asyncio.Event()
        self._box = ""

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        try:
            self._box = await asyncio.to_thread(broker.box_id, self._paths)
            return await self._serve()
        except WrongSetting as error:
            logger.error("wrong setting", extra={"reason": str(error), "mend": error.mend})  # noqa: TRY400 # one line, no traceback
            if self._notifier.supervised and not self._stopping.is_set():
                await self._wait_for_edit(error)
            return EXIT_CONFIGURATION
        except Exception as error:  # noqa: BLE001 # the outer loop: said once, then supervision starts a new process
            logger.error("service failed", extra=log.describe(error))  # noqa: TRY400 # messages may quote names
            return EXIT_FAULT

    async def _serve(self) -> int:
        """From start to stop, in this order and back."""
        bus, base, own = self._bus(), Tasks(self._stopping.set), Tasks(self._stopping.set)
        context = Context(
            self._paths, bus, self._clock, own, Heartbeat(self._clock.monotonic), self._box
        )
        bus.on(SETTINGS_CHANGED, functools.partial(self._take_settings, context))
        try:
            if await self._complete(self._service.start(context)):
                self._present(base, bus, self._service.checks(), context.heartbeat)
                logger.info("started", extra={"pid": os.getpid()})
                await self._stopping.wait()
        finally:
            self._notifier.stopping()
            await self._stop_service()
            await own.cancel()
            await base.cancel()
        failure = own.failure or base.failure
        if failure is not None:
            raise failure
        logger.info("stopped")
        return 0

    async def _wait_for_edit(self, error: WrongSetting) -> None:
        """Stays, saying on the bus what is wrong, until the file changes: no crash loop, and the
        page can show it."""
        finding = Finding("settings", str(error), error.mend, "failed")
        before = _fingerprint(self._paths.settings_file)
        bus, base = self._bus(), Tasks(self._stopping.set)
        self._present(base, bus, [lambda: [finding]], Heartbeat(self._clock.monotonic))
        try:
            while not self._stopping.is_set():
                if await asyncio.to_thread(_fingerprint, self._paths.settings_file) != before:
                    break
                await self._complete(asyncio.sleep(SETTINGS_POLL_S))
        finally:
            self._notifier.stopping()
            await base.cancel()

    def _present(
        self, base: Tasks, bus: Bus, checks: Sequence[Check], heartbeat: Heartbeat
    ) -> None:
        """Tells the world that the process is there: bus, supervisor, watchdog, health."""
        base.create_task(bus.run(), name="bus")
        self._notifier.ready()
        base.create_task(self._tend_watchdog(heartbeat), name="watchdog")
        reporter = Reporter(self._paths, bus, self._clock, self._notifier, self._service.budget_mb)
        base.create_task(reporter.run(checks), name="report")

    def _bus(self) -> Bus:
        locate = functools.partial(broker.locate, self._paths, self._service.name)
        return Bus(locate, self._service.name, self._box)

    async def _take_settings(self, context: Context, message: SettingsChanged, _: str) -> None:
        if context.sections.intersection(message.sections):
            logger.info("settings changed, starting again")
            self._stopping.set()

    async def _complete(self, work: Coroutine[Any, Any, None]) -> bool:
        """Runs `work`; a request to stop cancels it. Whether it was completed; raises what it
        raises."""
        task = asyncio.create_task(work)
        stop = asyncio.create_task(self._stopping.wait())
        await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if task.done():
            task.result()
            return True
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return False

    async def _stop_service(self) -> None:
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                await self._service.stop()
        except TimeoutError:
            logger.warning("stop took too long", extra={"limit_s": STOP_LIMIT_S})

    async def _tend_watchdog(self, heartbeat: Heartbeat) -> None:
        """Signs of life, three a limit, while this loop turns and every pulse is heard."""
        limit_s = watchdog_s()
        if limit_s is None:
            return
        silent: list[str] = []
        while True:
            late = heartbeat.late()
            if not late:
                self._notifier.watchdog()
            elif late != silent:
                logger.error("stuck, the watchdog will end it", extra={"parts": ",".join(late)})
            silent = late
            await asyncio.sleep(limit_s / 3)


def _fingerprint(path: Path) -> tuple[int, int, int] | None:
    """Changes whenever the file is written or replaced; None while there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
