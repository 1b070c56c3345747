"""What albums does all day, one step after the other: arrivals first, then what can wait.

One thread calls `run`; it returns soon after `stop`.
"""

import logging
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.albums.errors import DiskFull, NotYetWritten
from appliance.albums.importer import Importer, Outcome
from appliance.albums.inbox import Arrival, Inbox
from appliance.albums.library import Library
from appliance.albums.quarantine import Quarantine

logger = logging.getLogger(__name__)


class Pulse(Protocol):
    """Tells the watchdog that the thread lives."""

    def beat(self) -> None: ...
    def rest(self) -> None: ...


class Chore(Protocol):
    """Something that can wait, done in small steps."""

    def step(self) -> bool:
        """Does a little; whether there is more to do at once. May raise DiskFull."""


@dataclass(frozen=True)
class Pauses:
    """How long the worker waits for things to change by themselves, in seconds."""

    idle_s: float = 5.0
    full_disk_s: float = 10.0
    """Between two looks whether there is space again."""
    unwritten_s: float = 3.0
    """Before a file is tried again that somebody is still writing."""
    untouchable_s: float = 60.0
    """Before a file is tried again that may not be read or moved."""


class Work:
    """Imports and chores."""

    def __init__(
        self,
        importer: Importer,
        library: Library,
        quarantine: Quarantine,
        inbox: Inbox,
        chores: tuple[Chore, ...],
        *,
        free_space_bytes: int,
        on_outcome: Callable[[Outcome], None],
        on_progress: Callable[[], None],
        pulse: Pulse,
        pauses: Pauses | None = None,
    ) -> None:
        """`on_outcome` is told what became of each file, `on_progress` of any other step; both are
        called from the thread that runs."""
        self._importer = importer
        self._library = library
        self._quarantine = quarantine
        self._inbox = inbox
        self._chores = chores
        self._free_space_bytes = free_space_bytes
        self._on_outcome = on_outcome
        self._on_progress = on_progress
        self._pulse = pulse
        self._pauses = pauses or Pauses()
        self._stopping = threading.Event()
        self._orders: list[Arrival] = []
        self._in_hand = 0
        self.disk_full = False
        """Whether the import waits for space."""
        self.untouchable: set[Path] = set()
        """Files in the inbox that this process may not read or move."""

    def run(self) -> None:
        """Until `stop`."""
        self._pulse.beat()
        self._recover()
        while not self._stopping.is_set():
            self._pulse.beat()
            if self.disk_full and self._has_space():
                self._resume()
            busy = not self.disk_full and self._tend_chores()
            self._pulse.rest()
            arrived = self._inbox.wait(self._pause_s(busy))
            arrivals = [*self._take_orders(), *arrived]
            for number, arrival in enumerate(arrivals):
                if self._stopping.is_set():
                    break
                self._pulse.beat()
                self._in_hand = len(arrivals) - number
                self._take(arrival)
            self._in_hand = 0

    @property
    def backlog(self) -> int:
        """How many files wait to be imported. Any thread."""
        return self._in_hand + len(self._orders) + self._inbox.waiting

    def stop(self) -> None:
        """Ends `run` after the file in hand. Any thread."""
        self._stopping.set()
        self._inbox.wake()

    def wake(self) -> None:
        """There may be something to do. Any thread."""
        self._inbox.wake()

    def order(self, arrival: Arrival) -> None:
        """Has a file tried that is in none of the watched folders. Any thread."""
        self._orders.append(arrival)
        self._inbox.wake()

    def _pause_s(self, busy: bool) -> float:
        """How long to wait for arrivals. The first look waits for none: chores depend on it."""
        if busy or not self._inbox.looked:
            return 0.0
        return self._pauses.full_disk_s if self.disk_full else self._pauses.idle_s

    def _take_orders(self) -> list[Arrival]:
        orders, self._orders = self._orders, []
        return orders

    def _take(self, arrival: Arrival) -> None:
        try:
            self._require_space()
            outcome = self._importer.take(arrival.path, arrival.name, arrival.source)
        except DiskFull:
            self._pause()
            self._inbox.later(arrival, self._pauses.full_disk_s)
        except NotYetWritten:
            self._inbox.later(arrival, self._pauses.unwritten_s)
        except OSError as error:
            if arrival.path not in self.untouchable:
                logger.warning("file refused", extra={"errno": error.errno})
                self.untouchable.add(arrival.path)
                self._on_progress()
            self._inbox.later(arrival, self._pauses.untouchable_s)
        else:
            self.untouchable.discard(arrival.path)
            if outcome is not None:
                self._on_outcome(outcome)

    def _recover(self) -> None:
        """Finishes what the last process left; then files of the inbox come as always."""
        self._library.remove_files()
        for path, name in self._quarantine.recover():
            self._orders.append(Arrival(path, name, "quarantine"))

    def _tend_chores(self) -> bool:
        """Does one step of the first chore that has something to do; whether one had."""
        try:
            if self._finish_pending():
                return True
        except DiskFull:
            self._pause()
            return False
        for chore in self._chores:
            try:
                more = chore.step()
            except DiskFull:
                self._pause()
                return False
            if more:
                self._on_progress()
                return True
        return False

    def _finish_pending(self) -> bool:
        """Goes on with imports that a crash or a full disk has interrupted."""
        for photo in self._library.pending():
            outcome = self._importer.finish(photo)
            if outcome is not None:
                self._on_outcome(outcome)
                return True
            if self._inbox.looked and not self._inbox.waiting and not self._orders:
                self._library.drop(photo)  # its file was taken away before it was ours
                self._on_progress()
                return True
        return False

    def _require_space(self) -> None:
        if not self._has_space():
            raise DiskFull

    def _has_space(self) -> bool:
        return shutil.disk_usage(self._library.originals).free >= self._free_space_bytes

    def _pause(self) -> None:
        if not self.disk_full:
            logger.warning("import waits, the disk is full")
            self.disk_full = True
            self._on_progress()

    def _resume(self) -> None:
        logger.info("import goes on")
        self.disk_full = False
        self._on_progress()
