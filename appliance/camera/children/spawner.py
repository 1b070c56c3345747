"""The room's side of the process that forks children."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

from appliance.camera.children.protocol import FORKED
from appliance.camera.errors import SourceFailed

CHILD = "appliance.camera.children.spawner_child"
START_LIMIT_S = 60.0
"""Until it has loaded everything on a slow card."""


class Spawner:
    """One process for all children of the room, started when it is first needed and again should it
    end. In the loop."""

    def __init__(self, models: Path) -> None:
        self._models = models
        self._lock = asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None
        self._closed = False
        self.has_detector: bool | None = None
        """Whether its children can tell people from vehicles; None before the first of them."""

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def spawn(self, theirs: socket.socket) -> int:
        """The process id of a new child that has that socket. Raises SourceFailed."""
        async with self._lock:
            if self._closed:
                raise SourceFailed("", "the box stops")
            try:
                requests = self._open()
                pid, self.has_detector = await asyncio.to_thread(
                    _request, requests, theirs.fileno()
                )
            except OSError as error:
                self._end()
                reason = error.strerror or "no process could be started"
                raise SourceFailed("", reason) from None
            return pid

    async def renew(self) -> None:
        """Ends it, and with it every child: the next ones are forked from one that has loaded what
        is on the box by then."""
        async with self._lock:
            await asyncio.to_thread(self._end)

    def close(self) -> None:
        """Ends it, and with it every child, for good."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        process, requests = self._process, self._requests
        self._process = self._requests = None
        if requests is not None:
            requests.close()
        if process is not None:
            process.kill()
            process.wait()

    def _open(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._requests is not None:
            return self._requests
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            # In this thread: the kernel takes the end of the thread that forked for ours.
            self._process = subprocess.Popen(  # noqa: S603 # our own interpreter and module
                [sys.executable, "-m", CHILD, str(theirs.fileno()), str(self._models)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=_environment(),
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.settimeout(START_LIMIT_S)
        self._requests = ours
        return ours


def _request(requests: socket.socket, descriptor: int) -> tuple[int, bool]:
    """As `protocol.FORKED` says."""
    socket.send_fds(requests, [b"c"], [descriptor])
    answer = requests.recv(FORKED.size)
    if len(answer) != FORKED.size:
        raise OSError(0, "the process that starts others has ended")
    pid, has_detector = FORKED.unpack(answer)
    return int(pid), bool(has_detector)


def _environment() -> dict[str, str]:
    """No secret, no socket of the supervisor's."""
    kept = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "MALLOC_ARENA_MAX": "2",
        "OMP_NUM_THREADS": "1",
        "OPENCV_LOG_LEVEL": "OFF",
    }
