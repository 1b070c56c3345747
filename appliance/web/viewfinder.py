"""What cameras show now: taken when somebody looks, once for all who look at the same time."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.bus.messages.camera import SnapshotTaken, TakeSnapshot
from appliance.bus.topics import TAKE_SNAPSHOT, Question
from appliance.service.clock import Clock

FRESH_S = 0.8
"""A picture is shown again within this time: views ask about once a second."""
LIMIT_S = 3.0
REMEMBERED = 32
"""Cameras that are remembered; the settings allow 16."""


class Asks(Protocol):
    """What is needed of the bus."""

    async def ask(
        self,
        question: Question[TakeSnapshot, SnapshotTaken],
        message: TakeSnapshot,
        limit_s: float = ...,
    ) -> SnapshotTaken:
        """Raises Refused, NoAnswer, Offline."""


@dataclass
class _Take:
    task: "asyncio.Task[SnapshotTaken]"
    begun_s: float


class Viewfinder:
    """In the loop."""

    def __init__(self, messenger: Asks, folder: Path, clock: Clock) -> None:
        """`folder` is that of live pictures: `Paths.camera_pictures`."""
        self._messenger = messenger
        self._folder = folder
        self._clock = clock
        self._takes: dict[str, _Take] = {}

    async def look(self, camera: str) -> Path:
        """A JPEG of now, or of a moment ago. `camera` is a key that is known.

        Raises BusError when it cannot be had, FileNotFoundError when it lies elsewhere.
        """
        now_s = self._clock.monotonic()
        take = self._takes.get(camera)
        if take is None or (
            take.task.done() and (_failed(take.task) or now_s - take.begun_s >= FRESH_S)
        ):
            if len(self._takes) >= REMEMBERED:
                self._takes.clear()
            question = TakeSnapshot(camera=camera)
            task = asyncio.ensure_future(self._messenger.ask(TAKE_SNAPSHOT, question, LIMIT_S))
            task.add_done_callback(_failed)  # also when nobody waits any more
            take = self._takes[camera] = _Take(task, now_s)
        taken = await asyncio.shield(take.task)
        path = (self._folder / taken.file).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise FileNotFoundError(taken.file)
        return path


def _failed(task: "asyncio.Task[SnapshotTaken]") -> bool:
    return task.cancelled() or task.exception() is not None
