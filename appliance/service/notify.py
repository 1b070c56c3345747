"""What a process tells its supervisor (sd_notify(3)); without one every call does nothing."""

import os
from collections.abc import Mapping

import sdnotify  # type: ignore[import-untyped]


class Notifier:
    """The process's side of NOTIFY_SOCKET."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self.supervised = bool(environment.get("NOTIFY_SOCKET"))
        self._socket = sdnotify.SystemdNotifier() if self.supervised else None

    def ready(self) -> None:
        """The start is complete; units ordered after this one may start."""
        self._send("READY=1")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """One line for people, shown by `systemctl status` and `appliance status`."""
        self._send("STATUS=" + " ".join(text.split()))

    def watchdog(self) -> None:
        """Alive; the next call is due within the watchdog's time."""
        self._send("WATCHDOG=1")

    def close(self) -> None:
        """Nothing more will be said."""
        if self._socket is not None:
            self._socket.socket.close()

    def _send(self, line: str) -> None:
        if self._socket is not None:
            self._socket.notify(line)


def watchdog_s(environment: Mapping[str, str] = os.environ, pid: int | None = None) -> float | None:
    """The time within which the supervisor wants to hear from process `pid` (this one); None for no
    watchdog.

    As sd_watchdog_enabled(3): a variable meant for another process (WATCHDOG_PID) does not count.
    """
    text = environment.get("WATCHDOG_USEC", "")
    if not text.isdecimal() or int(text) == 0:
        return None
    owner = environment.get("WATCHDOG_PID", "")
    if owner and owner != str(os.getpid() if pid is None else pid):
        return None
    return int(text) / 1e6
