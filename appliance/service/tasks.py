"""Background tasks of a process, whose failure is the process's failure."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Tasks:
    """Like asyncio.TaskGroup, but stopped from outside and in an order that the owner chooses."""

    def __init__(self, on_failure: Callable[[], None]) -> None:
        self.failure: BaseException | None = None
        """What the first task that failed has raised."""
        self._on_failure = on_failure
        self._running: set[asyncio.Task[Any]] = set()

    def create_task(
        self, work: Coroutine[Any, Any, T], *, name: str | None = None
    ) -> asyncio.Task[T]:
        """Starts `work`; should it raise, `on_failure` is called and the exception kept."""
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._end)
        return task

    async def cancel(self) -> None:
        """Cancels what still runs and waits until it has ended."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None and self.failure is None:
            self.failure = error
            self._on_failure()
