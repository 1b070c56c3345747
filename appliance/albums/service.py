"""The albums process: one thread works, the loop answers and announces."""

import asyncio
from collections.abc import Callable, Sequence
from typing import ParamSpec

from appliance.albums.albums import Albums
from appliance.albums.announcements import Announcements
from appliance.albums.answers import Answers
from appliance.albums.chores import Ask, GiveBack, ReadAnew, SearchFaces
from appliance.albums.health import checks
from appliance.albums.inbox import Arrival, Inbox
from appliance.albums.retention import Retention
from appliance.albums.settings import SECTION, Settings
from appliance.albums.sweep import Sweep
from appliance.albums.work import Chore, Work
from appliance.service.durable import make_folder
from appliance.service.health import Check
from appliance.service.process import Context

P = ParamSpec("P")

GIVE_BACK_S = 60.0
STEP_LIMIT_S = 120.0
"""The longest time that one step of work may take before the watchdog ends the process: opening a
picture and its faces, or reading the people of a large library."""


class AlbumsService:
    """The service."""

    name = "albums"
    budget_mb = 250.0

    def __init__(self) -> None:
        self._albums: Albums | None = None
        self._inbox: Inbox | None = None
        self._work: Work | None = None
        self._working: asyncio.Task[None] | None = None
        self._announcing: asyncio.Task[None] | None = None

    async def start(self, context: Context) -> None:
        settings = context.settings(SECTION, Settings)
        paths = context.paths
        albums = await asyncio.to_thread(Albums.open, paths, settings, context.clock)
        self._albums = albums
        folders = {"inbox": paths.inbox, "upload": paths.uploads}
        if paths.demo_spool.is_dir():  # made by `appliance run --demo`, never on a box
            folders["demo"] = paths.demo_spool
        for folder in folders.values():
            await asyncio.to_thread(make_folder, folder, 0o770)
        self._inbox = Inbox(folders, context.clock.monotonic)
        announcements = Announcements(context.bus, albums.database, self._backlog)
        self._work = work = Work(
            albums.importer,
            albums.library,
            albums.quarantine,
            self._inbox,
            self._chores(albums, context, settings),
            free_space_bytes=settings.free_space_mb * 1_000_000,
            on_outcome=_in_loop(announcements.outcome),
            on_progress=_in_loop(announcements.change),
            pulse=context.pulse("work", STEP_LIMIT_S),
        )
        Answers(context.bus, albums, work, announcements.change)
        self._announcing = context.tasks.create_task(announcements.run(), name="announcements")
        self._working = context.tasks.create_task(asyncio.to_thread(work.run), name="work")

    async def stop(self) -> None:
        if self._work is not None:
            self._work.stop()
        if self._working is not None:
            await asyncio.wait({self._working})
        if self._announcing is not None:  # it reads the database
            self._announcing.cancel()
            await asyncio.wait({self._announcing})
        if self._inbox is not None:
            self._inbox.close()
        if self._albums is not None:
            await asyncio.to_thread(self._albums.close)

    def checks(self) -> Sequence[Check]:
        if self._albums is None or self._work is None or self._inbox is None:
            return ()
        return checks(self._albums, self._work, self._inbox)

    def _backlog(self) -> int:
        return 0 if self._work is None else self._work.backlog

    def _chores(self, albums: Albums, context: Context, settings: Settings) -> tuple[Chore, ...]:
        def order(arrival: Arrival) -> None:
            if self._work is not None:
                self._work.order(arrival)

        return (
            ReadAnew(
                albums.database,
                albums.library,
                albums.grouping,
                albums.decoder,
                albums.recognition,
            ),
            SearchFaces(albums.library, albums.importer),
            Ask(albums.grouping),
            Retention(albums.grouping, albums.library, context.clock, settings.unknown_face_days),
            Sweep(albums.database, albums.library, order),
            GiveBack(albums.decoder, albums.recognition, GIVE_BACK_S),
        )


def _in_loop(function: Callable[P, None]) -> Callable[P, None]:
    """`function` called from another thread runs in this loop."""
    loop = asyncio.get_running_loop()

    def call(*arguments: P.args, **keywords: P.kwargs) -> None:
        loop.call_soon_threadsafe(lambda: function(*arguments, **keywords))

    return call
