"""Proof of life of the parts of a process, so that a stuck thread ends by the watchdog like a stuck
process."""

import threading
from collections.abc import Callable


class Pulse:
    """One part's heartbeat. Any thread may call it."""

    def __init__(self, name: str, limit_s: float, monotonic: Callable[[], float]) -> None:
        self.name = name
        self.limit_s = limit_s
        self._monotonic = monotonic
        self._due: float | None = None

    def beat(self) -> None:
        """Alive and at work; the next call is due within the limit."""
        self._due = self._monotonic() + self.limit_s

    def rest(self) -> None:
        """Nothing to do: silence means nothing until the next `beat`."""
        self._due = None

    @property
    def late(self) -> bool:
        due = self._due
        return due is not None and self._monotonic() > due


class Heartbeat:
    """All pulses of a process."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._pulses: list[Pulse] = []
        self._lock = threading.Lock()

    def pulse(self, name: str, limit_s: float) -> Pulse:
        """A new pulse, at rest; `limit_s` is the longest time one step of its work may take."""
        pulse = Pulse(name, limit_s, self._monotonic)
        with self._lock:
            self._pulses.append(pulse)
        return pulse

    def late(self) -> list[str]:
        """The names of the parts that should have been heard of by now."""
        with self._lock:
            return [pulse.name for pulse in self._pulses if pulse.late]
