"""Child processes of the supervisor: a process group each, none outlives its unit or the
supervisor.

Linux does the work: PR_SET_PDEATHSIG kills a child whose parent dies, PR_SET_CHILD_SUBREAPER gives
us the orphans of our children, so that they can be found and ended (prctl(2)).
"""

import asyncio
import ctypes
import functools
import os
import resource
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from appliance.service.memory import children

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
LONGEST_LINE_BYTES = 64 * 1024
SWEEPS = 100
SWEEP_PAUSE_S = 0.02

_libc = ctypes.CDLL(None, use_errno=True)

OnLine = Callable[[str], None]


def die_with_parent() -> None:
    """Has the kernel kill this process when its parent ends; for the beginning of a child
    process."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


@dataclass(frozen=True)
class Limits:
    """What a child gets besides its command."""

    niceness: int = 0
    umask: int = 0o022
    core_limit_bytes: int | None = None


class Child:
    """A running process with its group."""

    output: asyncio.Task[None]
    """Reads what the process and its children write; ends with the last of them."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """The exit status, negative for the signal that ended it."""

    def signal(self, number: signal.Signals) -> None:
        """To the process alone (KillMode=mixed); a stopped one is woken so that it can obey."""
        for each in (number, signal.SIGCONT):
            if not self.exited.done():  # its id is its own until we have reaped it
                os.kill(self.pid, each)

    def kill(self) -> None:
        """The whole group, at once. What a process leaves behind when it ends, `sweep` finds."""
        if not self.exited.done():
            os.killpg(self.pid, signal.SIGKILL)


class Nursery:
    """Starts children and reaps them, orphans of children included. One a process, in its main
    thread: the kernel takes the end of the thread that forked for the end of the parent."""

    def __init__(self) -> None:
        self._children: dict[int, Child] = {}
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, self._reap)

    def close(self) -> None:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGCHLD)
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)

    def start(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        limits: Limits,
        on_line: OnLine,
    ) -> Child:
        """Starts a program in a session of its own; `on_line` gets each line that it writes.

        Raises OSError when it cannot be executed.
        """
        reading, writing = os.pipe()
        status = os.fstat(writing)
        try:
            process = subprocess.Popen(  # noqa: S603 # the commands of our unit files
                arguments,
                env={**environment, "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"},
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                cwd="/",
                umask=limits.umask,
                start_new_session=True,
                preexec_fn=functools.partial(_prepare, limits, os.getpid()),
            )
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        process.returncode = 0  # reaped by us; Popen must not wait for it
        child = Child(process.pid)
        self._children[child.pid] = child
        child.output = asyncio.create_task(_read_lines(reading, on_line))
        return child

    async def sweep(self) -> None:
        """Kills whoever became our child by the death of its parent and is in no running child's
        group; so a service must not leave processes to themselves."""
        for _ in range(SWEEPS):  # the children of an orphan are the next orphans
            groups = set(self._children)
            orphans = [pid for pid in children(os.getpid()) if _group(pid) not in groups]
            if not orphans:
                return
            for pid in orphans:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(SWEEP_PAUSE_S)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self._children.pop(pid, None)
            if child is not None:
                child.exited.set_result(os.waitstatus_to_exitcode(status))


def _prepare(limits: Limits, parent: int) -> None:
    """In the child, before the program starts."""
    die_with_parent()
    if os.getppid() != parent:
        os._exit(1)  # it died before it was listened for
    with suppress(PermissionError):  # only root may go below 0
        os.setpriority(os.PRIO_PROCESS, 0, limits.niceness)
    if limits.core_limit_bytes is not None:
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        wanted = limits.core_limit_bytes
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_CORE, (soft, soft))


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


async def _read_lines(descriptor: int, on_line: OnLine) -> None:
    """Until every process that can write has ended; a line without end is cut."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", buffering=0)
    )
    rest = b""
    try:
        while chunk := await reader.read(LONGEST_LINE_BYTES):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_LINE_BYTES:
                lines, rest = [*lines, rest], b""
            for line in lines:
                on_line(line.decode("utf-8", "replace"))
        if rest:
            on_line(rest.decode("utf-8", "replace"))
    finally:
        transport.close()
