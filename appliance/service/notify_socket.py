"""The supervisor's side of sd_notify(3): a datagram socket that knows who speaks.

The kernel attaches the sender's process id (SCM_CREDENTIALS, unix(7)); a message counts only when
that is the main process of a unit (NotifyAccess=main), so no other program can keep a hung service
alive.
"""

import array
import asyncio
import secrets
import socket
import struct
from collections.abc import Callable, Mapping

LONGEST_MESSAGE_BYTES = 4096
_CREDENTIALS = struct.Struct("iII")
"""struct ucred: pid, uid, gid."""


class NotifySocket:
    """Listens until closed; calls `on_message(pid, assignments)` on the loop, e.g. (12, {"READY":
    "1"})."""

    def __init__(self, on_message: Callable[[int, Mapping[str, str]], None]) -> None:
        self._on_message = on_message
        self._socket = socket.socket(
            socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
        )
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        name = f"appliance-{secrets.token_hex(8)}"
        self._socket.bind("\0" + name)  # abstract: gone with us, and no longer than a path may be
        self.address = "@" + name
        """The value of NOTIFY_SOCKET."""
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _read(self) -> None:
        while True:
            try:
                data, attached, flags, _ = self._socket.recvmsg(
                    LONGEST_MESSAGE_BYTES,
                    # room for the credentials alone: descriptors that somebody attaches are dropped
                    # by the kernel
                    socket.CMSG_SPACE(_CREDENTIALS.size),
                )
            except BlockingIOError:
                return
            pid = _sender(attached)
            if pid is not None and not flags & socket.MSG_TRUNC:
                self._on_message(pid, parse(data))


def parse(data: bytes) -> dict[str, str]:
    """The assignments of a message, one a line; what is none is left out, as are bytes that are not
    UTF-8."""
    lines = data.decode("utf-8", "replace").split("\n")
    return {
        name: value for name, equals, value in (line.partition("=") for line in lines) if equals
    }


def _sender(attached: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, data in attached:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            pid: int = _CREDENTIALS.unpack(data[: _CREDENTIALS.size])[0]
            return pid
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            _close(data)
    return None


def _close(data: bytes) -> None:
    descriptors = array.array("i")
    descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    for descriptor in descriptors:
        socket.close(descriptor)
