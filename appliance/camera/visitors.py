"""Who is at the door: the face of a person in an event, asked of the family's albums.

The picture is cut out of the recording, which is larger than what is watched, and goes to albums
and nowhere else. Albums answers only when the household agreed to faces being compared. Kept is
which person it is, never the name: who is forgotten there has no name here.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from appliance.camera import queries
from appliance.camera.box import Box
from appliance.camera.events.journal import Journal
from appliance.camera.footage.cutting import take_still
from appliance.camera.footage.recordings import pieces
from appliance.camera.room import DISK_ERRORS, Told

WRITTEN_S = 2.0
"""Until what was seen a moment ago is surely in the recording."""
REACH_MS = 30_000
ATTEMPTS = 3
"""Pictures of one event, at most: a face turns."""
WAITING_LIMIT = 8

Ask = Callable[[bytes], Awaitable[str | None]]
"""The answer for `queries.Event.who`; None when there is no face, or nobody may or can tell."""

logger = logging.getLogger(__name__)


class Visitors:
    """In the loop; `run` is a task."""

    def __init__(self, folder: Path, journal: Journal, ask: Ask) -> None:
        self._folder = folder
        self._journal = journal
        self._ask = ask
        self._waiting: asyncio.Queue[queries.Event] = asyncio.Queue(WAITING_LIMIT)
        self._attempts: dict[str, int] = {}

    def notice(self, told: Told, event: queries.Event) -> None:
        """Something is told of an event; one more than can wait is passed over."""
        if told == "close":
            self._attempts.pop(event.id, None)
        wanted = told in {"open", "update"} and event.kind == "person" and not event.who
        if wanted and event.place is not None and event.start_ms and not self._waiting.full():
            self._waiting.put_nowait(event)

    async def run(self) -> None:
        """Looks at one after the other, for ever."""
        while True:
            event = await self._waiting.get()
            attempts = self._attempts.get(event.id, 0)
            if attempts < ATTEMPTS:
                self._attempts[event.id] = attempts + 1
                await asyncio.sleep(WRITTEN_S)
                try:
                    await self._look(event)
                except DISK_ERRORS:
                    logger.info("a face cannot be looked at")

    async def _look(self, event: queries.Event) -> None:
        folder = self._folder / queries.RECORDINGS / event.camera
        at_ms = event.end_ms
        sources = await asyncio.to_thread(
            lambda: list(pieces(folder, at_ms - REACH_MS, at_ms + REACH_MS))
        )
        if event.place is None:
            return
        image = await take_still(sources, at_ms, Box(*event.place))
        who = None if image is None else await self._ask(image)
        if who is not None:
            await asyncio.to_thread(self._journal.set_who, event.id, who)
