"""The folders that photos arrive in: watched by inotify, and looked through now and then."""

import os
import re
import select
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import inotify_simple  # type: ignore[import-untyped] # it ships no types

SETTLE_S = 2.0
"""A file found by looking, not by an event, is taken when it has not changed for so long: nobody
says whether its writer is done."""
RESCAN_S = 300.0
"""Events may be missing on network file systems."""
BLIND_RESCAN_S = 10.0
"""When the kernel gives no watch."""

FLAGS = inotify_simple.flags
EVENTS = FLAGS.CLOSE_WRITE | FLAGS.MOVED_TO | FLAGS.MOVED_FROM | FLAGS.CREATE | FLAGS.ONLYDIR
FINISHED = FLAGS.CLOSE_WRITE | FLAGS.MOVED_TO
IGNORED_NAMES = re.compile(
    r"\..*|.*~|~\$.*|.*\.(part|partial|tmp|temp|crdownload|download|filepart|swp)"
    r"|thumbs\.db|ehthumbs\.db|desktop\.ini",
    re.IGNORECASE | re.DOTALL,
)
"""Hidden files, files under way as browsers and copiers name them, what file managers leave."""
SPOOL_NAME = re.compile(r"[0-9a-f]{32}-(.+)")
"""An upload of the page: a random part and the quoted name that the file had."""


@dataclass(frozen=True)
class Arrival:
    """A file that waits."""

    path: Path
    name: str
    """What the household calls it."""
    source: str
    """`inbox` or `upload`."""


class Inbox:
    """Several folders, each with a source name. `wait` belongs to one thread; any may `wake`."""

    def __init__(
        self,
        folders: Mapping[str, Path],
        monotonic: Callable[[], float] = time.monotonic,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._folders = dict(folders)
        self._monotonic = monotonic
        self._settle_s = settle_s
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._inotify: inotify_simple.INotify | None = None
        self._places: dict[int, Path] = {}
        self._later: dict[Path, float] = {}
        self._next_scan = 0.0
        self.blind = False
        """Whether the kernel refused a watch, so that new files are only seen every 10 seconds."""

    def wait(self, timeout_s: float) -> list[Arrival]:
        """Files that are complete as far as one can see; [] after the timeout or a `wake`."""
        if self._monotonic() >= self._next_scan:
            self._scan()
        ready = self._due()
        if not ready:
            self._sleep(timeout_s)
            ready = self._due()
        return [self._describe(path) for path in ready]

    def wake(self) -> None:
        """Makes `wait` return."""
        os.eventfd_write(self._wake, 1)

    def later(self, arrival: Arrival, delay_s: float) -> None:
        """Offers a file again after a while."""
        self._later[arrival.path] = self._monotonic() + delay_s

    def rescan(self) -> None:
        """Looks through all folders at the next `wait`."""
        self._next_scan = 0.0

    @property
    def looked(self) -> bool:
        """Whether the folders were looked through at least once."""
        return self._next_scan > 0.0

    @property
    def waiting(self) -> int:
        """How many files wait, as far as the last look saw."""
        return len(self._later)

    def close(self) -> None:
        if self._inotify is not None:
            self._inotify.close()
            self._inotify = None
        os.close(self._wake)

    def _sleep(self, timeout_s: float) -> None:
        now = self._monotonic()
        until = min([now + timeout_s, self._next_scan, *self._later.values()])
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        if self._inotify is not None:
            poll.register(self._inotify.fileno(), select.POLLIN)
        for descriptor, _ in poll.poll(max(0.0, until - now) * 1000):
            if descriptor == self._wake:
                os.eventfd_read(self._wake)
            elif self._inotify is not None:
                self._read_events(self._inotify)

    def _read_events(self, inotify: inotify_simple.INotify) -> None:
        for event in inotify.read(timeout=0):
            folder = self._places.get(event.wd)
            if event.mask & (FLAGS.ISDIR | FLAGS.Q_OVERFLOW | FLAGS.IGNORED) or folder is None:
                self.rescan()  # the tree itself changed, or events were lost: look anew
            elif event.mask & FINISHED and not IGNORED_NAMES.fullmatch(event.name):
                path = folder / event.name
                if _is_file(path):
                    self._later[path] = 0.0

    def _due(self) -> list[Path]:
        now = self._monotonic()
        ready = sorted(path for path, due in self._later.items() if due <= now)
        for path in ready:
            del self._later[path]
        return ready

    def _scan(self) -> None:
        """Watches every folder first, then looks, so that nothing falls between the two."""
        if self._inotify is not None:
            self._inotify.close()
        self._places.clear()
        self.blind = False
        try:
            self._inotify = inotify_simple.INotify()
        except OSError:  # other programs have used up fs.inotify.max_user_instances
            self._inotify = None
            self.blind = True
        for root in self._folders.values():
            for files in self._walk(root):
                for entry in files:
                    self._later.setdefault(Path(entry.path), self._settled_at(entry))
        self._next_scan = self._monotonic() + (BLIND_RESCAN_S if self.blind else RESCAN_S)

    def _walk(self, root: Path) -> Iterator[list[os.DirEntry[str]]]:
        """The files of each folder, hidden ones and symbolic links aside."""
        folders = [root]  # a path may be 2,000 folders deep: no recursion
        while folders:
            folder = folders.pop()
            self._watch(folder)
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError:
                continue  # gone again, or not ours to read
            shown = [entry for entry in entries if not IGNORED_NAMES.fullmatch(entry.name)]
            yield [entry for entry in shown if entry.is_file(follow_symlinks=False)]
            deeper = [entry for entry in shown if entry.is_dir(follow_symlinks=False)]
            folders += [Path(entry.path) for entry in reversed(deeper)]

    def _watch(self, folder: Path) -> None:
        if self._inotify is None:
            return
        try:
            self._places[self._inotify.add_watch(folder, EVENTS)] = folder
        except OSError:
            self.blind = True

    def _settled_at(self, entry: os.DirEntry[str]) -> float:
        """When to take a file, on the monotonic clock: at once if it is old, or from the future."""
        try:
            age_s = time.time() - entry.stat(follow_symlinks=False).st_mtime
        except OSError:
            return 0.0
        return self._monotonic() + (self._settle_s - age_s) if 0 <= age_s < self._settle_s else 0.0

    def _describe(self, path: Path) -> Arrival:
        source = next(
            (name for name, folder in self._folders.items() if path.is_relative_to(folder)), "inbox"
        )
        spooled = SPOOL_NAME.fullmatch(path.name)
        name = unquote(spooled[1]) if spooled and source == "upload" else path.name
        return Arrival(path, name, source)


def _is_file(path: Path) -> bool:
    """No link, pipe, socket or device, and not gone again."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
