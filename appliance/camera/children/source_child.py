"""The room's side of a child process: starts it, hears it, tells it, ends it."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec

from appliance.camera.children import protocol
from appliance.camera.errors import SourceFailed

START_LIMIT_S = 40.0
"""Until the stream is open: importing, `stream.OPEN_LIMIT_S` and finding out what it is."""
SILENT_LIMIT_S = 15.0
"""Above `stream.READ_LIMIT_S`: the child itself says that its camera is silent; one that says
nothing hangs."""
END_LIMIT_S = 2.0
"""Until a child has ended whose socket is closed."""

Hear = Callable[[protocol.Report], None]
Spawn = Callable[[socket.socket], Awaitable[int]]


class SourceChild:
    """One life of one child. In the loop."""

    def __init__(self, start: protocol.Start, spawn: Spawn) -> None:
        """`spawn` makes a child that has the socket; it gives its process id."""
        self._start = start
        self._spawn = spawn
        self.pid: int | None = None
        self._handle = -1
        """Means this process even when its id has gone to another one (pidfd_open(2))."""
        self._writer: asyncio.StreamWriter | None = None

    async def run(self, hear: Hear) -> None:
        """Hands on what the child reports until it ends. Raises SourceFailed, always."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.pid = await self._spawn(theirs)
            self._handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            ours.close()
            raise SourceFailed("", "its process ended") from None
        except BaseException:
            ours.close()
            raise
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
        handle, self._handle, self.pid = self._handle, -1, None
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(handle, ended.set)
        try:
            async with asyncio.timeout(END_LIMIT_S):
                await ended.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            await ended.wait()
        finally:
            loop.remove_reader(handle)
            os.close(handle)
