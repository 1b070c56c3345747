"""The room's side of a child process: starts it, hears it, tells it, ends it."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress

import msgspec

from appliance.camera import protocol
from appliance.camera.errors import SourceFailed

CHILD = "appliance.camera.child"
START_LIMIT_S = 40.0
"""Until the stream is open: importing, `stream.OPEN_LIMIT_S` and finding out what it is."""
SILENT_LIMIT_S = 15.0
"""Above `stream.READ_LIMIT_S`: the child itself says that its camera is silent; one that says
nothing hangs."""
END_LIMIT_S = 2.0

Hear = Callable[[protocol.Report], None]


class SourceChild:
    """One life of one child. In the loop."""

    def __init__(self, start: protocol.Start, module: str = CHILD) -> None:
        self._start = start
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def run(self, hear: Hear) -> None:
        """Hands on what the child reports until it ends. Raises SourceFailed, always."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            # In this thread: the kernel takes the end of the thread that forked for ours.
            self._process = subprocess.Popen(  # noqa: S603, ASYNC220 # our own interpreter and module; returns at once
                [sys.executable, "-m", self._module, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=_environment(),
            )
        except OSError as error:
            ours.close()
            raise SourceFailed("", error.strerror or "no process could be started") from None
        finally:
            theirs.close()
        reader, self._writer = await asyncio.open_connection(sock=ours)
        try:
            self.tell(self._start)
            await self._hear(reader, hear)
        finally:
            self._writer.close()
            await asyncio.shield(self._end())

    def tell(self, order: protocol.Order) -> None:
        """Dropped while there is no child."""
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(protocol.frame(order))

    async def _hear(self, reader: asyncio.StreamReader, hear: Hear) -> None:
        decoder = msgspec.msgpack.Decoder(protocol.Report)
        limit_s = START_LIMIT_S
        while True:
            try:
                async with asyncio.timeout(limit_s):
                    (size,) = protocol.HEADER.unpack(await reader.readexactly(protocol.HEADER.size))
                    if size > protocol.FRAME_LIMIT_BYTES:
                        raise SourceFailed("", "its process sent nonsense")
                    report = decoder.decode(await reader.readexactly(size))
            except TimeoutError:
                raise SourceFailed("", "its process hangs") from None
            except (asyncio.IncompleteReadError, OSError):
                raise SourceFailed("", "its process ended") from None
            except msgspec.MsgspecError:
                raise SourceFailed("", "its process sent nonsense") from None
            if isinstance(report, protocol.Lost):
                raise SourceFailed("", report.reason)
            limit_s = SILENT_LIMIT_S
            hear(report)

    async def _end(self) -> None:
        """The child ends when its socket closes; one that does not is killed."""
        process = self._process
        if process is None:
            return
        try:
            await asyncio.to_thread(process.wait, END_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)
        with suppress(OSError):
            if self._writer is not None:
                await self._writer.wait_closed()
        self._process = None


def _environment() -> dict[str, str]:
    """No secret, no socket of the supervisor's."""
    kept = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TZ")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "MALLOC_ARENA_MAX": "2",
        "OMP_NUM_THREADS": "1",
        "OPENCV_LOG_LEVEL": "OFF",
    }
