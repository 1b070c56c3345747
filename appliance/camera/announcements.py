"""What the camera room says on the bus by itself, and what Home Assistant shows of it."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import cast, get_args

from appliance import __version__
from appliance.bus.client import Bus
from appliance.bus.discovery import BinarySensor, Device, Event, Sensor, Snapshot, Switch
from appliance.bus.errors import BusError
from appliance.bus.messages.albums import Identify
from appliance.bus.messages.camera import Area, CameraEvent, CameraState, MovingKind, Picture
from appliance.bus.topics import CAMERA_EVENT, CAMERA_PICTURE, CAMERA_STATE, IDENTIFY, SWITCH_ARMED
from appliance.camera import queries
from appliance.camera.health import problem_of
from appliance.camera.live import Live
from appliance.camera.room import Told
from appliance.service.clock import timestamp

IDENTIFY_LIMIT_S = 20.0
"""Albums may be busy with a large photo."""
KINDS = frozenset(get_args(MovingKind))


def device() -> Device:
    """The room as Home Assistant shows it; its cameras are devices below it."""
    return Device(name="Cameras", model="Cameras", software=__version__)


def camera_device(key: str, name: str) -> Device:
    """A camera as Home Assistant shows it."""
    return Device(
        name=name,
        model="Camera",
        software=__version__,
        part=key,
        components=(
            BinarySensor(
                key="motion",
                name="Motion",
                topic=CAMERA_STATE,
                value="motion",
                off_when=False,
                device_class="motion",
            ),
            BinarySensor(
                key="person",
                name="Person",
                topic=CAMERA_STATE,
                value="person",
                off_when=False,
                device_class="occupancy",
            ),
            BinarySensor(
                key="anomaly",
                name="Something unusual",
                topic=CAMERA_STATE,
                value="anomaly",
                off_when=False,
                icon="mdi:eye-check",
            ),
            Sensor(
                key="sentence",
                name="What is unusual",
                topic=CAMERA_STATE,
                value="sentence",
                icon="mdi:comment-text",
            ),
            Event(key="event", name="Last event", topic=CAMERA_EVENT, icon="mdi:bell-ring"),
            Snapshot(key="snapshot", name="Last event's picture", topic=CAMERA_PICTURE),
            Switch(
                key="armed",
                name="Armed",
                topic=CAMERA_STATE,
                value="armed",
                control=SWITCH_ARMED,
                prefix=f"{key} ",
                icon="mdi:shield-home",
            ),
            BinarySensor(
                key="online",
                name="Connection",
                topic=CAMERA_STATE,
                value="online",
                off_when=False,
                device_class="connectivity",
                entity_category="diagnostic",
            ),
            BinarySensor(
                key="recording",
                name="Recording",
                topic=CAMERA_STATE,
                value="recording",
                off_when=False,
                icon="mdi:record-rec",
                entity_category="diagnostic",
            ),
        ),
    )


class Announcements:
    """In the loop; `run` is a task."""

    def __init__(self, bus: Bus, cameras: Mapping[str, Live]) -> None:
        self._bus = bus
        self._cameras = cameras
        self._due = asyncio.Event()

    def change(self) -> None:
        """Something about a camera is not as it was."""
        self._due.set()

    async def run(self, gone: Sequence[str]) -> None:
        """Takes the cameras away that are `gone`, announces the others, then every change, for
        ever."""
        await self._bus.publish_discovery(device())
        for key in gone:
            await self._bus.remove_discovery(key)
            await self._bus.clear(CAMERA_STATE, key)
        for live in self._cameras.values():
            await self._bus.publish_discovery(camera_device(live.key, live.camera.name))
        before: dict[str, CameraState] = {}
        while True:
            self._due.clear()
            for live in self._cameras.values():
                state = state_of(live)
                if state != before.get(live.key):
                    before[live.key] = state
                    await self._bus.publish(CAMERA_STATE, state)
            await self._due.wait()

    async def tell(self, told: Told, event: queries.Event) -> None:
        """An event has begun, changed, ended, or got its clip."""
        with suppress(BusError):  # of a shape that no reader takes: the database has it
            await self._bus.publish(CAMERA_EVENT, event_message(told, event))

    async def show(self, key: str, jpeg: bytes) -> None:
        """The picture of an event."""
        with suppress(BusError):
            await self._bus.publish(CAMERA_PICTURE, Picture(jpeg, key))

    async def identify(self, image: bytes) -> str | None:
        """Who is on that picture, for `queries.Event.who`; None when albums is away, nobody agreed
        to faces being compared, or there is no face."""
        try:
            found = await self._bus.ask(IDENTIFY, Identify(image=image), IDENTIFY_LIMIT_S)
        except BusError:
            return None
        return queries.NOBODY if found.person is None else f"{queries.PERSON}{found.person}"


def state_of(live: Live) -> CameraState:
    event = live.tracker.event
    return CameraState(
        camera=live.key,
        name=live.camera.name,
        online=live.online,
        recording=live.recording,
        armed=live.armed,
        motion=live.motion,
        person=live.person,
        anomaly=event is not None,
        sentence="" if event is None else event.sentence,
        problem=problem_of(live),
    )


def event_message(told: Told, event: queries.Event) -> CameraEvent:
    place = event.place
    at = datetime.fromtimestamp(event.start_ms / 1000, UTC) if event.start_ms else None
    return CameraEvent(
        event_type=told,
        id=event.id,
        camera=event.camera,
        name=event.camera_name,
        at=timestamp(at),
        length_s=(event.end_ms - event.start_ms) / 1000,
        score=event.score,
        kind=cast(MovingKind, event.kind) if event.kind in KINDS else "",
        cause=event.cause,
        sentence=event.sentence,
        place=None
        if place is None
        else Area(x=place[0], y=place[1], width=place[2], height=place[3]),
        face="" if not event.who else "unknown" if event.who == queries.NOBODY else "known",
        snapshot=bool(event.snapshot),
        clip=bool(event.clip),
    )
