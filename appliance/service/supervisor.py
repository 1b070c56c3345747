"""Runs the units on a machine where systemd does not: `appliance run`."""

import asyncio
import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from appliance.service import durable
from appliance.service.child import Nursery
from appliance.service.errors import AlreadyRunning
from appliance.service.keeper import Keeper, UnitState
from appliance.service.notify_socket import NotifySocket
from appliance.service.paths import Paths
from appliance.service.unit import Unit

STATE_NAME = "supervisor.json"
LOCK_NAME = "supervisor.lock"


class SupervisorState(msgspec.Struct, kw_only=True):
    """The content of `runtime/supervisor.json`."""

    pid: int
    units: dict[str, UnitState]


class Supervisor:
    """All units together, in their order."""

    def __init__(
        self,
        units: Mapping[str, Unit],
        paths: Paths,
        on_line: Callable[[str, str], None],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """`on_line(unit, line)` gets every line that the services write, `<4>` or the like before
        it where the service said how grave it is."""
        self._units = units
        self._paths = paths
        self._on_line = on_line
        self._environment = environment
        self._stopping = asyncio.Event()
        self._changed = asyncio.Event()
        self._over = False
        self._keepers: dict[str, Keeper] = {}

    @property
    def states(self) -> dict[str, UnitState]:
        return {name: keeper.state for name, keeper in self._keepers.items()}

    @property
    def ready(self) -> bool:
        """Every unit runs."""
        return bool(self._keepers) and all(
            keeper.state.phase == "running" for keeper in self._keepers.values()
        )

    def stop(self) -> None:
        """Ends the units in reverse order; `run` returns when no process of theirs is left."""
        self._stopping.set()

    async def run(self) -> None:
        """Until `stop` is called. Raises AlreadyRunning."""
        durable.make_folder(self._paths.data)
        durable.make_folder(self._paths.runtime, mode=0o755)
        with _only_one(self._paths):
            nursery = Nursery()
            notify = NotifySocket(self._hear)
            environment = {
                **self._environment,
                "NOTIFY_SOCKET": notify.address,
                "APPLIANCE_DATA": str(self._paths.data),
                "APPLIANCE_RUNTIME": str(self._paths.runtime),
            }
            for name, unit in self._units.items():
                self._keepers[name] = Keeper(
                    unit, nursery, environment, self._on_line, self._changed.set
                )
            recording = asyncio.create_task(self._record())
            try:
                await self._keep_all()
            finally:
                self._over = True
                self._changed.set()
                await asyncio.gather(recording, return_exceptions=True)
                await nursery.sweep()
                nursery.close()
                notify.close()
                (self._paths.runtime / STATE_NAME).unlink(missing_ok=True)

    async def _keep_all(self) -> None:
        ends = await asyncio.gather(
            *(self._keep(keeper) for keeper in self._keepers.values()), return_exceptions=True
        )
        for end in ends:
            if isinstance(end, BaseException):
                raise end

    def kill(self) -> None:
        """Ends everything at once, for the impatient."""
        self._stopping.set()
        for keeper in self._keepers.values():
            keeper.kill()

    async def _keep(self, keeper: Keeper) -> None:
        """Waits for what comes before, runs, and ends after what comes after."""
        stopping = asyncio.create_task(self._stopping.wait())
        before = [self._keepers[name] for name in keeper.unit.after if name in self._keepers]
        for other in before:
            settled = asyncio.create_task(other.settled.wait())
            await asyncio.wait((settled, stopping), return_when=asyncio.FIRST_COMPLETED)
            settled.cancel()
        running = asyncio.create_task(keeper.run())
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        self._stopping.set()  # a keeper that ends unasked has failed: then all end
        for other in self._keepers.values():
            if keeper.unit.name in other.unit.after:
                await other.ended.wait()
        keeper.stop()
        await running

    def _hear(self, pid: int, message: Mapping[str, str]) -> None:
        for keeper in self._keepers.values():
            keeper.hear(pid, message)

    async def _record(self) -> None:
        """Writes the state file after each change until all is over."""
        while not self._over:
            self._changed.clear()
            state = SupervisorState(pid=os.getpid(), units=self.states)
            content = msgspec.json.encode(state)
            try:
                await asyncio.to_thread(
                    durable.write_file, self._paths.runtime / STATE_NAME, content, 0o644
                )
            except OSError as error:  # a full disk: the units matter more than what is told of them
                self._on_line("supervisor", f"<4>cannot write {STATE_NAME}: {error.strerror}")
            await self._changed.wait()


def read_state(paths: Paths) -> SupervisorState | None:
    """What the supervisor of this data folder last wrote; None when none runs."""
    try:
        with (paths.runtime / LOCK_NAME).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        pass  # held, so it runs
    else:
        return None
    try:
        content = (paths.runtime / STATE_NAME).read_bytes()
    except FileNotFoundError:
        return None  # it is just starting or ending
    return msgspec.json.decode(content, type=SupervisorState)


@contextmanager
def _only_one(paths: Paths) -> Iterator[None]:
    """Holds the locks that go with the process, however it ends: of the runtime folder, which tells
    others that it runs, and of the data folder, which another runtime folder may be used with."""
    data = os.open(paths.data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with (paths.runtime / LOCK_NAME).open("wb") as lock:
            try:
                fcntl.flock(data, fcntl.LOCK_EX | fcntl.LOCK_NB)
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AlreadyRunning(paths.data) from error
            yield
    finally:
        os.close(data)
