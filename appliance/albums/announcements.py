"""What albums says on the bus by itself, and what Home Assistant shows of it."""

import asyncio
from collections.abc import Callable

from appliance import __version__
from appliance.albums import queries
from appliance.albums.importer import Outcome
from appliance.bus.client import Bus
from appliance.bus.discovery import Device, Event, Sensor
from appliance.bus.messages.albums import AlbumsState, LibraryChanged, PhotoImported
from appliance.bus.topics import ALBUMS_STATE, LIBRARY_CHANGED, PHOTO_IMPORTED
from appliance.service.database import Database

QUIET_S = 0.3
"""Changes within this time are announced together."""


def device() -> Device:
    """Albums as Home Assistant shows it."""
    counts = (
        ("photos", "Photos", "mdi:image-multiple"),
        ("people", "People", "mdi:account-multiple"),
        ("unknown_faces", "Unknown faces", "mdi:account-question"),
        ("pending", "Waiting photos", "mdi:tray-arrow-down"),
        ("quarantined", "Files set aside", "mdi:image-broken-variant"),
    )
    sensors = tuple(
        Sensor(
            key=key,
            name=name,
            topic=ALBUMS_STATE,
            value=key,
            icon=icon,
            state_class="measurement",
        )
        for key, name, icon in counts
    )
    event = Event(key="import", name="Photo", topic=PHOTO_IMPORTED, icon="mdi:image-plus")
    return Device(name="Albums", model="Albums", software=__version__, components=(*sensors, event))


class Announcements:
    """In the loop; `run` is a task."""

    def __init__(self, bus: Bus, database: Database, backlog: Callable[[], int]) -> None:
        """`backlog` says how many files wait; any thread may call it."""
        self._bus = bus
        self._database = database
        self._backlog = backlog
        self._outcomes: list[Outcome] = []
        self._people: set[int] = set()
        self._library_changed = False
        self._due = asyncio.Event()

    def outcome(self, outcome: Outcome) -> None:
        """A file was dealt with."""
        self._outcomes.append(outcome)
        self._due.set()

    def change(self, people: tuple[int, ...] = ()) -> None:
        """The library is not as it was."""
        self._people.update(people)
        self._library_changed = True
        self._due.set()

    async def run(self) -> None:
        """Announces the state, then every change, for ever."""
        await self._bus.publish_discovery(device())
        while True:
            await self._announce()
            await self._due.wait()
            await asyncio.sleep(QUIET_S)

    async def _announce(self) -> None:
        self._due.clear()
        outcomes, self._outcomes = self._outcomes, []
        people, self._people = self._people, set()
        changed, self._library_changed = self._library_changed, False
        await self._bus.publish(ALBUMS_STATE, await asyncio.to_thread(self._state))
        for outcome in outcomes:
            await self._bus.publish(
                PHOTO_IMPORTED,
                PhotoImported(
                    event_type=outcome.kind,
                    photo=outcome.photo,
                    faces=outcome.faces,
                    people=list(outcome.people),
                    reason=outcome.reason,
                ),
            )
        if changed:
            await self._bus.publish(LIBRARY_CHANGED, LibraryChanged(people=sorted(people)))

    def _state(self) -> AlbumsState:
        with self._database.reading() as connection:
            counts = queries.counts(connection)
        return AlbumsState(
            photos=counts.photos,
            people=counts.people,
            faces=counts.faces,
            unknown_faces=counts.unknown_faces,
            pending=max(counts.pending, self._backlog()),
            quarantined=counts.quarantined,
            grouping=counts.grouping,
        )
