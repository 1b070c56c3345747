"""Keeps one unit running: start, watch, end, clean up, again."""

import asyncio
import math
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Literal

import msgspec

from appliance.service.child import Child, Limits, Nursery
from appliance.service.memory import tree_pss_bytes
from appliance.service.unit import Command, Unit

IMAGE_PYTHON = "/usr/lib/appliance/venv/bin/python"
"""The interpreter that the units name; elsewhere ours takes its place."""
MEMORY_POLL_S = 2.0
LONGEST_SLEEP_S = 3600.0
ENDED, STOPPED, READY, SILENT = 0, 1, 2, 2
"""What came first, as `_watch` waits for them."""

Phase = Literal["waiting", "starting", "running", "restarting", "stopping", "stopped"]


class UnitState(msgspec.Struct, kw_only=True):
    """How a unit is; this is what `runtime/supervisor.json` holds of it."""

    phase: Phase = "waiting"
    pid: int | None = None
    restarts: int = 0
    status: str = ""
    """What the service last said of itself (STATUS=)."""
    result: str = ""
    """Why it last ended: `exit-code 1`, `signal SIGKILL`, `watchdog`, `timeout`, `memory`."""
    pss_mb: float = 0.0


class Keeper:
    """One unit and its processes."""

    def __init__(
        self,
        unit: Unit,
        nursery: Nursery,
        environment: Mapping[str, str],
        on_line: Callable[[str, str], None],
        on_change: Callable[[], None],
    ) -> None:
        """`environment` is what the unit's processes get besides, and instead of, the unit's own
        variables."""
        self.unit = unit
        self.state = UnitState()
        self.settled = asyncio.Event()
        """Set once it has started or failed to: those after it need not wait any longer."""
        self.ended = asyncio.Event()
        """Set once `run` has returned."""
        self._nursery = nursery
        self._child: Child | None = None
        self._environment = {**unit.environment, **environment}
        self._on_line = on_line
        self._on_change = on_change
        self._stopping = asyncio.Event()
        self._ready = asyncio.Event()
        self._sign_of_life_s = 0.0

    async def run(self) -> None:
        """Until `stop` is called; then the unit has no processes left."""
        try:
            while not self._stopping.is_set():
                self._change("starting")
                result = await self._live()
                self.settled.set()
                if self._stopping.is_set():
                    break
                self.state.restarts += 1
                self.state.result = result
                level = 6 if result == _describe(0) else 4
                self._on_line(self.unit.name, f"<{level}>ended ({result}), starting again")
                self._change("restarting")
                await _first(self._stopping.wait(), asyncio.sleep(self.unit.restart_delay_s))
        finally:
            self._change("stopped")
            self.settled.set()
            self.ended.set()

    def stop(self) -> None:
        """Asks it to end; `run` returns when it has."""
        self._stopping.set()

    def hear(self, pid: int, message: Mapping[str, str]) -> None:
        """Takes a message of the notify socket; from any process but the unit's main one it is
        nothing."""
        if pid != self.state.pid:
            return
        if "WATCHDOG" in message or "READY" in message:
            self._sign_of_life_s = time.monotonic()
        if message.get("READY") == "1":
            self._ready.set()
        if "STATUS" in message:
            self.state.status = message["STATUS"]
            self._on_change()

    def kill(self) -> None:
        """Ends what runs at once."""
        self._stopping.set()
        if self._child is not None:
            self._child.kill()

    async def _live(self) -> str:
        """One life of the unit, its last command and its orphans included; returns why it ended."""
        try:
            return await self._run_once()
        except OSError as error:
            return f"resources {error.strerror}"
        finally:
            self._child = None
            self.state.pid = None
            self.state.pss_mb = 0.0
            await self._nursery.sweep()

    async def _run_once(self) -> str:
        deadline_s = time.monotonic() + self.unit.start_limit_s
        for command in self.unit.exec_start_pre:
            result = await self._run_command(command, self._environment, deadline_s)
            if result is not None:
                return f"start-pre {result}"
            if self._stopping.is_set():
                return "stopped"
        self._ready.clear()
        self.state.status = ""
        environment = dict(self._environment)
        if self.unit.watchdog_s is not None:
            environment["WATCHDOG_USEC"] = str(round(self.unit.watchdog_s * 1e6))
        child = self._start(self.unit.exec_start, environment)
        self._change("starting", child.pid)
        result = await self._watch(child, deadline_s)
        await self._nursery.sweep()
        await self._run_stop_post(result, child)
        return result

    async def _watch(self, child: Child, deadline_s: float) -> str:
        """Until the main process has ended, by itself or by us."""
        left_s = max(0.0, deadline_s - time.monotonic())
        first = await _first(
            _end_of(child), self._stopping.wait(), self._ready.wait(), asyncio.sleep(left_s)
        )
        if first == READY:
            self.settled.set()
            self._change("running", child.pid)
            first = await _first(
                _end_of(child),
                self._stopping.wait(),
                self._guard_life(),
                self._guard_memory(child),
            )
            result, number = (
                ("watchdog", signal.SIGABRT) if first == SILENT else ("memory", signal.SIGKILL)
            )
        else:
            result, number = "timeout", self.unit.kill_signal
        if first == ENDED:
            return _describe(child.exited.result())
        if first == STOPPED:
            self._change("stopping", child.pid)
            result, number = "stopped", self.unit.kill_signal
        await self._end(child, number)
        return result

    async def _guard_life(self) -> None:
        """Returns when the watchdog's time has passed without a sign of life."""
        limit_s = math.inf if self.unit.watchdog_s is None else self.unit.watchdog_s
        while True:
            left_s = self._sign_of_life_s + limit_s - time.monotonic()
            if left_s <= 0:
                return
            await asyncio.sleep(min(left_s, LONGEST_SLEEP_S))

    async def _guard_memory(self, child: Child) -> None:
        """Returns when the processes have outgrown MemoryMax."""
        while True:
            size_bytes = await asyncio.to_thread(tree_pss_bytes, child.pid)
            self.state.pss_mb = round(size_bytes / 1e6, 1)
            limit_bytes = self.unit.memory_max_bytes
            if limit_bytes is not None and size_bytes > limit_bytes:
                return
            await asyncio.sleep(MEMORY_POLL_S)

    async def _end(self, child: Child, number: signal.Signals) -> None:
        """Asks by a signal, and kills when the time to stop is over."""
        child.signal(number)
        await _first(_end_of(child), asyncio.sleep(self.unit.stop_limit_s))
        if not child.exited.done():
            self._on_line(self.unit.name, "<4>did not stop in time, killed")
            child.kill()
            await child.exited

    async def _run_command(
        self, command: Command, environment: Mapping[str, str], deadline_s: float
    ) -> str | None:
        """Runs a command beside the main one; why it failed, None when it did not or may."""
        child = self._start(command, environment)
        left_s = max(0.0, deadline_s - time.monotonic())
        await _first(_end_of(child), asyncio.sleep(left_s))
        in_time = child.exited.done()
        child.kill()
        status = await child.exited
        if command.may_fail or (in_time and status == 0):
            return None
        return _describe(status) if in_time else "timeout"

    async def _run_stop_post(self, result: str, child: Child) -> None:
        if not self.unit.exec_stop_post:
            return
        status = child.exited.result()
        environment = {
            **self._environment,
            "SERVICE_RESULT": result.split()[0],
            "EXIT_CODE": "exited" if status >= 0 else "killed",
            "EXIT_STATUS": str(status) if status >= 0 else _signal_name(-status),
        }
        deadline_s = time.monotonic() + self.unit.stop_limit_s
        for command in self.unit.exec_stop_post:
            await self._run_command(command, environment, deadline_s)

    def _start(self, command: Command, environment: Mapping[str, str]) -> Child:
        program, *arguments = command.expand(environment)
        if program == IMAGE_PYTHON:
            program = sys.executable
        limits = Limits(self.unit.niceness, self.unit.umask, self.unit.core_limit_bytes)

        def on_line(line: str) -> None:
            self._on_line(self.unit.name, line)

        self._child = self._nursery.start([program, *arguments], environment, limits, on_line)
        return self._child

    def _change(self, phase: Phase, pid: int | None = None) -> None:
        self.state.phase = phase
        self.state.pid = pid
        self._on_change()


async def _end_of(child: Child) -> None:
    await asyncio.shield(child.exited)


async def _first(*work: Coroutine[Any, Any, object]) -> int:
    """Waits until one is done and cancels the others; the index of the first done, the lowest of
    several.

    Raises what that one raises.
    """
    tasks = [asyncio.create_task(each) for each in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        index = next(index for index, task in enumerate(tasks) if task.done())
        tasks[index].result()
        return index
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _describe(status: int) -> str:
    return f"exit-code {status}" if status >= 0 else f"signal {_signal_name(-status)}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
