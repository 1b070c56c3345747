"""The worker of albums in a thread of the test, as the service runs it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from appliance.albums.importer import Outcome
from appliance.albums.inbox import Inbox
from appliance.albums.work import Chore, Pauses, Work
from tests.albums.conftest import Box


class Pulse:
    def beat(self) -> None:
        pass

    def rest(self) -> None:
        pass


@dataclass
class Worker:
    work: Work
    inbox: Inbox
    outcomes: list[Outcome] = field(default_factory=list)
    progress: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, reached: Callable[[], bool], limit_s: float = 20.0) -> None:
        """Until something holds, looking whenever the worker got on."""
        with self.progress:
            assert self.progress.wait_for(reached, limit_s), "the worker did not get there"


@contextmanager
def working(
    box: Box,
    chores: tuple[Chore, ...] = (),
    free_space_bytes: int = 0,
    pauses: Pauses | None = None,
) -> Iterator[Worker]:
    """Runs the worker on inbox and uploads; its failure is the test's."""
    box.paths.uploads.mkdir(parents=True, exist_ok=True)
    inbox = Inbox({"inbox": box.paths.inbox, "upload": box.paths.uploads}, settle_s=0.1)
    outcomes: list[Outcome] = []
    progress = threading.Condition()

    def advance() -> None:
        with progress:
            progress.notify_all()

    def take(outcome: Outcome) -> None:
        outcomes.append(outcome)
        advance()

    work = Work(
        *(box.albums.importer, box.albums.library, box.albums.quarantine, inbox, chores),
        free_space_bytes=free_space_bytes,
        on_outcome=take,
        on_progress=advance,
        pulse=Pulse(),
        pauses=pauses,
    )
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work.run()
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            advance()

    thread = threading.Thread(target=run, name="work")
    thread.start()
    try:
        yield Worker(work, inbox, outcomes, progress)
    finally:
        work.stop()
        thread.join(20)
        inbox.close()
    assert failures == []
