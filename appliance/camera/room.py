"""What happens in front of the cameras, made durable and then told: in this order, so that nothing
that was announced is ever lost.

One task works off what has happened; what takes long (fsync, cutting) is done in threads.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from appliance.camera import queries
from appliance.camera.children import protocol
from appliance.camera.events.journal import Due, Journal
from appliance.camera.events.tracker import Change, Event
from appliance.camera.footage.cutting import POST_ROLL_MS, PRE_ROLL_MS, cut_clip
from appliance.camera.footage.recordings import pieces
from appliance.camera.live import Live, Minutes
from appliance.service.clock import Clock
from appliance.service.durable import make_folder, write_file

TICK_S = 1.0
MINUTES_EVERY_S = 60.0
SETTLE_MS = 2_500
"""How long after a clip's end its last packets are surely in the file."""
AGAIN_S = 15.0
"""How long a clip that could not be cut, or an event that could not be written, waits for its next
attempt."""
UNWRITTEN_LIMIT = 1_000
"""Events that wait for a disk that refuses them; of more than that the oldest are given up."""
DISK_ERRORS = (OSError, sqlite3.Error)

Told = Literal["open", "update", "close", "clip"]
Tell = Callable[[Told, queries.Event], Awaitable[None]]
Show = Callable[[str, bytes], Awaitable[None]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Happened:
    live: Live
    change: Change
    at: datetime | None
    """The time of day at `at_s`."""
    at_s: float


@dataclass(frozen=True)
class _Pictured:
    live: Live
    event: str
    jpeg: bytes


@dataclass(frozen=True)
class _Learned:
    live: Live
    learned: protocol.Learned


@dataclass(frozen=True)
class _Row:
    """What is to be written down of an event."""

    event: Event
    camera: str
    name: str
    start_ms: int
    end_ms: int
    is_open: bool


class _Again:
    """What the disk refused may be tried again."""


class Room:
    """The cameras of the household. In the loop; `run` is a task."""

    def __init__(
        self, folder: Path, journal: Journal, clock: Clock, tell: Tell, show: Show
    ) -> None:
        """`tell` and `show` announce an event and its picture."""
        self._folder = folder
        self._journal = journal
        self._clock = clock
        self._tell = tell
        self._show = show
        self._work: asyncio.Queue[_Happened | _Pictured | _Learned | _Again] = asyncio.Queue()
        self._spans: dict[str, tuple[int, int]] = {}
        self._unwritten: dict[str, _Row] = {}
        """What was told and the disk has refused, by the event's id."""
        self.cameras: dict[str, Live] = {}
        self.failure = ""
        """Why what happens cannot be written down; empty while it can."""
        self.closed = asyncio.Event()
        """An event was closed: there may be a clip to cut."""

    def happened(self, live: Live, changes: list[Change]) -> None:
        now, now_s = self._clock.now(), self._clock.monotonic()
        for change in changes:
            self._work.put_nowait(_Happened(live, change, now, now_s))

    def pictured(self, live: Live, event: str, jpeg: bytes) -> None:
        self._work.put_nowait(_Pictured(live, event, jpeg))

    def learned(self, live: Live, learned: protocol.Learned) -> None:
        self._work.put_nowait(_Learned(live, learned))

    async def run(self) -> None:
        """Works off what has happened, for ever."""
        while True:
            await self._do(await self._work.get())
            self._work.task_done()

    async def drain(self) -> None:
        """Returns when all that has happened is written down."""
        for live in self.cameras.values():
            self.happened(live, live.tracker.close())
        await self._work.join()
        await self._write_minutes()

    async def tick(self) -> None:
        """Lets time pass for the cameras, for ever."""
        written_s = tried_s = self._clock.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = self._clock.now()
            if self._unwritten and self._clock.monotonic() - tried_s >= AGAIN_S:
                tried_s = self._clock.monotonic()
                self._work.put_nowait(_Again())
            for live in self.cameras.values():
                live.tick(None if now is None else round(now.timestamp() * 1000))
            if self._clock.monotonic() - written_s >= MINUTES_EVERY_S:
                written_s = self._clock.monotonic()
                await self._write_minutes()

    async def cut_clips(self) -> None:
        """Cuts the clips of events that are over, for ever."""
        while True:
            self.closed.clear()
            waiting_s = await self._cut_due()
            try:
                async with asyncio.timeout(waiting_s):
                    await self.closed.wait()
            except TimeoutError:
                continue

    def open_since_ms(self) -> int | None:
        """From when on recordings are still needed for clips: of the oldest event without one."""
        starts: list[int] = []
        with suppress(*DISK_ERRORS):  # who cannot read it makes room all the same
            starts = [due.start_ms for due in self._journal.due()]
        starts += [start for start, _ in self._spans.values() if start]
        return min(starts) - 2 * PRE_ROLL_MS if starts else None

    async def _do(self, work: _Happened | _Pictured | _Learned | _Again) -> None:
        try:
            if isinstance(work, _Happened):
                await self._write_event(work)
            elif isinstance(work, _Pictured):
                await self._write_picture(work)
            elif isinstance(work, _Again):
                await self._write_rows()
                self.closed.set()
            else:
                await asyncio.to_thread(self._write_learned, work)
        except DISK_ERRORS as error:
            self._fail(error)
        else:
            self.failure = ""

    async def _write_event(self, work: _Happened) -> None:
        """Durable first. What the disk refuses is told all the same: a full disk silences nobody.
        It is written as soon as the disk takes it."""
        live, change = work.live, work.change
        event = change.event
        start_ms, end_ms = self._span(work)
        is_open = change.phase != "close"
        self._spans[event.id] = (start_ms, end_ms)
        row = _Row(event, live.key, live.camera.name, start_ms, end_ms, is_open)
        self._unwritten.pop(event.id, None)
        self._unwritten[event.id] = row
        while len(self._unwritten) > UNWRITTEN_LIMIT:
            del self._unwritten[next(iter(self._unwritten))]
        refused: Exception | None = None
        try:
            await self._write_rows()
        except DISK_ERRORS as error:
            refused = error
        if not is_open:
            del self._spans[event.id]
        await self._tell(change.phase, await asyncio.to_thread(self._stored, row))
        if not is_open:
            self.closed.set()
        if refused is not None:
            raise refused

    async def _write_rows(self) -> None:
        """All that is not written down yet, the oldest first."""
        for row in list(self._unwritten.values()):
            await asyncio.to_thread(
                self._journal.write,
                row.event,
                row.camera,
                row.name,
                row.start_ms,
                row.end_ms,
                is_open=row.is_open,
            )
            del self._unwritten[row.event.id]

    def _stored(self, row: _Row) -> queries.Event:
        """With what else is known of it, where it was written down."""
        found: queries.Event | None = None
        if row.event.id not in self._unwritten:
            with suppress(*DISK_ERRORS):
                found = self._journal.find(row.event.id)
        event = row.event
        place = event.place
        return found or queries.Event(
            number=0,
            id=event.id,
            camera=row.camera,
            camera_name=row.name,
            start_ms=row.start_ms,
            end_ms=row.end_ms,
            open=row.is_open,
            score=event.score,
            kind=event.kind,
            cause=event.cause,
            sentence=event.sentence,
            place=None if place is None else (place.x, place.y, place.width, place.height),
            snapshot="",
            clip="",
            who="",
            verdict="",
        )

    def _span(self, work: _Happened) -> tuple[int, int]:
        """Beginning and end on the wall's clock; a beginning that was told stays."""
        if work.at is None:
            return self._spans.get(work.change.event.id, (0, 0))
        now_ms = work.at.timestamp() * 1000

        def wall_ms(at_s: float) -> int:
            return round(now_ms - (work.at_s - at_s) * 1000)

        event = work.change.event
        start_ms = self._spans.get(event.id, (wall_ms(event.start_s), 0))[0]
        return start_ms, max(start_ms, wall_ms(event.last_s))

    async def _write_picture(self, work: _Pictured) -> None:
        file = f"{queries.SNAPSHOTS}/{work.event}.jpg"

        def write() -> None:
            make_folder(self._folder / queries.SNAPSHOTS)
            write_file(self._folder / file, work.jpeg)
            self._journal.set_snapshot(work.event, file)

        try:
            await asyncio.to_thread(write)
        finally:
            await self._show(work.live.key, work.jpeg)

    def _write_learned(self, work: _Learned) -> None:
        folder = self._folder / queries.LEARNED
        make_folder(folder)
        write_file(folder / f"{work.live.key}.bin", work.learned.state)
        if work.learned.drawing:
            write_file(folder / f"{work.live.key}.json", work.learned.drawing)

    async def _write_minutes(self) -> None:
        minutes: Minutes = {}
        for live in self.cameras.values():
            minutes |= live.minutes
            live.minutes = {}
        if not minutes:
            return
        try:
            await asyncio.to_thread(self._journal.add_minutes, minutes)
        except DISK_ERRORS as error:
            self._fail(error)

    async def _cut_due(self) -> float | None:
        """Cuts what can be cut; seconds until there may be more, None when nothing waits."""
        now = self._clock.now()
        waiting_s: float | None = None
        try:
            await self._tell_interrupted()
            due = await asyncio.to_thread(self._journal.due)
        except DISK_ERRORS as error:
            self._fail(error)
            return AGAIN_S
        for each in due:
            ready_ms = each.end_ms + POST_ROLL_MS + SETTLE_MS
            left_s = 0.0 if now is None else ready_ms / 1000 - now.timestamp()
            if left_s <= 0:
                try:
                    await self._cut(each)
                except DISK_ERRORS as error:
                    self._fail(error)
                    left_s = AGAIN_S
            if left_s > 0:
                waiting_s = left_s if waiting_s is None else min(waiting_s, left_s)
        return waiting_s

    async def _tell_interrupted(self) -> None:
        """What was told to be open when the process was killed is told to be over."""
        for identifier in await asyncio.to_thread(self._journal.take_interrupted):
            event = await asyncio.to_thread(self._journal.find, identifier)
            if event is not None:
                await self._tell("close", event)

    async def _cut(self, due: Due) -> None:
        from_ms, to_ms = due.start_ms - PRE_ROLL_MS, due.end_ms + POST_ROLL_MS
        folder = self._folder / queries.RECORDINGS / due.camera
        file = f"{queries.CLIPS}/{due.id}.mp4"
        sources = await asyncio.to_thread(lambda: list(pieces(folder, from_ms, to_ms)))
        there = await cut_clip(sources, from_ms, to_ms, self._folder / file)
        await asyncio.to_thread(self._journal.set_clip, due.id, file if there else "")
        event = await asyncio.to_thread(self._journal.find, due.id)
        if there and event is not None:
            await self._tell("clip", event)

    def _fail(self, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or str(error)
        if not self.failure:
            logger.error("cannot write", extra={"reason": reason})
        self.failure = reason
