"""The sockets of the page: which addresses and which port."""

import errno
import socket

from appliance.web.errors import NoPort

PORTS = 20
"""How many are tried when the wanted one is taken."""
BACKLOG = 128


def listen(port: int, lan: bool, count: int = PORTS) -> list[socket.socket]:
    """Sockets on the first free port from `port`, on loopback or on every address; 0 lets the
    system choose.

    Raises NoPort.
    """
    for candidate in range(port, port + count) if port else [0]:
        try:
            return _bind(candidate, lan)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise NoPort(port, port + count - 1)


def _bind(port: int, lan: bool) -> list[socket.socket]:
    first = _open(socket.AF_INET, "0.0.0.0" if lan else "127.0.0.1", port)  # noqa: S104 # by setting, behind a password
    sockets = [first]
    try:
        sockets.append(_open(socket.AF_INET6, "::" if lan else "::1", first.getsockname()[1]))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            first.close()
            raise
        # a machine without IPv6
    return sockets


def _open(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener
