"""The camera process: a child process a stream; here are events, what is kept, and words."""

import asyncio
import logging
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from appliance.camera import queries
from appliance.camera.announcements import Announcements
from appliance.camera.answers import Answers
from appliance.camera.children import protocol
from appliance.camera.children.detector import DetectorFiles, detector_files
from appliance.camera.children.feed import Feed
from appliance.camera.children.spawner import Spawner
from appliance.camera.events.journal import Journal
from appliance.camera.footage.recorder import PIECE_S
from appliance.camera.health import checks
from appliance.camera.leftovers import remove_leftovers
from appliance.camera.live import Live
from appliance.camera.retention import Limits, Retention
from appliance.camera.room import DISK_ERRORS, Room, Told
from appliance.camera.settings import SECTION, Settings
from appliance.camera.visitors import Visitors
from appliance.models.store import Store
from appliance.service.durable import make_folder
from appliance.service.errors import DatabaseMissing, SchemaMismatch
from appliance.service.health import Check
from appliance.service.process import Context

RESERVE_BYTES = 400_000_000
"""What recordings leave free on the disk: twice of what the rule `disk_space` wants."""
RETENTION_EVERY_S = 600.0
"""Looking at every file of two weeks takes a second or two of a core."""
DETECTOR_EVERY_S = 20.0
"""How often it is seen whether the object detector that was missing has come."""
DISK_EVERY_S = 30.0
"""How often it is seen whether the disk is about to fill up; then room is made at once."""

logger = logging.getLogger(__name__)


class CameraService:
    """The service."""

    name = "camera"
    budget_mb = 350.0

    def __init__(self, *, reserve_bytes: int = RESERVE_BYTES, piece_s: float = PIECE_S) -> None:
        self._reserve_bytes = reserve_bytes
        self._piece_s = piece_s
        self._journal: Journal | None = None
        self._store: Store | None = None
        self._spawner: Spawner | None = None
        self.room: Room | None = None

    async def start(self, context: Context) -> None:
        settings = context.settings(SECTION, Settings)
        folder, clock, tasks = context.paths.camera, context.clock, context.tasks
        self._store = Store(context.paths.models)
        self._spawner = spawner = Spawner(context.paths.models)
        self._journal = journal = await asyncio.to_thread(Journal, folder)
        await asyncio.to_thread(remove_leftovers, folder, context.paths.camera_pictures)
        names = {camera.key: camera.name for camera in settings.cameras}
        gone: list[str] = []
        with suppress(*DISK_ERRORS):  # a full disk: they are taken out at the next start
            gone = await asyncio.to_thread(journal.replace_cameras, names)
        switched = await asyncio.to_thread(_switched, journal, folder)
        cameras: dict[str, Live] = {}
        announcements = Announcements(context.bus, cameras)
        pictures = context.paths.camera_pictures
        answers = Answers(context.bus, cameras, journal, pictures)
        visitors = Visitors(folder, journal, announcements.identify)

        async def tell(told: Told, event: queries.Event) -> None:
            visitors.notice(told, event)
            await announcements.tell(told, event)

        self.room = room = Room(folder, journal, clock, tell, announcements.show)
        room.cameras = cameras

        def heard(live: Live, report: protocol.Report) -> None:
            if isinstance(report, protocol.Learned):
                live.learned = report.state
                room.learned(live, report)
            else:
                answers.hear(live, report)

        for camera in settings.cameras:
            live = Live(
                camera,
                switched.get(camera.key, camera.armed),
                clock.monotonic,
                changed=announcements.change,
                happened=room.happened,
                pictured=room.pictured,
                heard=heard,
            )
            live.feeds = self._feeds(context, live, announcements, spawner)
            cameras[camera.key] = live
        limits = Limits(
            settings.retention_days,
            settings.event_retention_days,
            round(settings.recordings_gb * 1e9),
            self._reserve_bytes,
            keep_recordings=settings.record,
        )
        retention = Retention(folder, journal, limits)
        for live in cameras.values():
            for feed in live.feeds:
                tasks.create_task(feed.run(), name=feed.name)
        tasks.create_task(announcements.run(gone), name="announcements")
        tasks.create_task(room.run(), name="events")
        tasks.create_task(room.tick(), name="time")
        tasks.create_task(visitors.run(), name="visitors")
        tasks.create_task(room.cut_clips(), name="clips")
        tasks.create_task(self._retain(context, retention, room), name="retention")
        tasks.create_task(self._take_up_detector(self._store, spawner, room), name="detector")

    async def stop(self) -> None:
        if self.room is not None:
            feeds = [feed for live in self.room.cameras.values() for feed in live.feeds]
            await asyncio.gather(*(feed.stop() for feed in feeds))
            await self.room.drain()
        if self._spawner is not None:
            await asyncio.to_thread(self._spawner.close)
        if self._journal is not None:
            await asyncio.to_thread(self._journal.close)

    def checks(self) -> Sequence[Check]:
        if self.room is None or self._store is None or self._spawner is None:
            return ()
        return checks(self.room, self._store, self._spawner)

    def _feeds(
        self, context: Context, live: Live, announcements: Announcements, spawner: Spawner
    ) -> list[Feed]:
        folder = context.paths.camera

        recordings = folder / queries.RECORDINGS / live.key
        learned = folder / queries.LEARNED / f"{live.key}.bin"

        def feed(url: str, roles: tuple[protocol.Role, ...]) -> Feed:
            def start() -> protocol.Start:
                with suppress(OSError):  # a full disk: its process says so, and is started again
                    make_folder(recordings)
                return protocol.Start(
                    url=url,
                    roles=roles,
                    folder=str(recordings),
                    reserve_bytes=self._reserve_bytes,
                    piece_s=self._piece_s,
                    false_alarms_per_day=live.camera.false_alarms_per_day,
                    learned=_read(learned) if live.learned is None else live.learned,
                )

            name = f"{live.key} {' '.join(roles)}"
            return Feed(
                name,
                start,
                live.hear,
                context.clock.monotonic,
                spawn=spawner.spawn,
                changed=announcements.change,
            )

        return [feed(url, roles) for url, roles in live.roles()]

    async def _take_up_detector(self, store: Store, spawner: Spawner, room: Room) -> None:
        """Starts the cameras' processes anew once when a detector was fetched meanwhile, for
        ever."""
        tried: DetectorFiles = ()
        while True:
            await asyncio.sleep(DETECTOR_EVERY_S)
            if spawner.has_detector is not False:
                continue
            there = await asyncio.to_thread(detector_files, store)
            if there and there != tried:
                tried = there
                logger.info("an object detector is there, the cameras start anew")
                for live in room.cameras.values():
                    await asyncio.gather(*(feed.renew() for feed in live.feeds))
                await spawner.renew()

    async def _retain(self, context: Context, retention: Retention, room: Room) -> None:
        """Keeps the disk from filling up, for ever."""
        enforced_s = float("-inf")
        while True:
            due = context.clock.monotonic() - enforced_s >= RETENTION_EVERY_S
            if not due and shutil.disk_usage(context.paths.camera).free >= self._reserve_bytes:
                await asyncio.sleep(DISK_EVERY_S)
                continue
            enforced_s = context.clock.monotonic()
            now = context.clock.now()
            now_ms = None if now is None else round(now.timestamp() * 1000)
            with suppress(*DISK_ERRORS):  # tried again in a minute; health has the disk
                needed_from_ms = await asyncio.to_thread(room.open_since_ms)
                await asyncio.to_thread(retention.enforce, now_ms, needed_from_ms)
            await asyncio.sleep(DISK_EVERY_S)


def _switched(journal: Journal, folder: Path) -> dict[str, bool]:
    """Which cameras the household has armed or disarmed, also where the owner cannot open the
    database for want of room."""
    with suppress(*DISK_ERRORS):
        return journal.armed()
    with suppress(*DISK_ERRORS, DatabaseMissing, SchemaMismatch), queries.opened(folder) as reader:
        return queries.armed(reader)
    return {}


def _read(path: Path) -> bytes:
    """Empty where nothing was learned yet."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
