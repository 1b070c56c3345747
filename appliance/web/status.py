"""What the page knows of the other services, from the retained messages and events of the bus."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from appliance.bus.messages.albums import AlbumsState, LibraryChanged, PhotoImported
from appliance.bus.messages.service import Availability, Health, Reason
from appliance.service.clock import Clock

Condition = Literal["ok", "degraded", "failed", "offline", "unknown"]

RECENT = 40
"""Events kept for the page; older ones are in the library itself."""


@dataclass
class ServiceStatus:
    """One service."""

    name: str
    availability: Availability | None = None
    """None while nothing was heard of it."""
    health: Health | None = None

    @property
    def condition(self) -> Condition:
        if self.availability is None:
            return "unknown"
        if self.availability is Availability.OFFLINE:
            return "offline"
        return self.health.state if self.health else "unknown"

    @property
    def reasons(self) -> list[Reason]:
        """Why it is not at its best; a service that is away has none to tell."""
        return self.health.reasons if self.health and self.condition != "offline" else []


@dataclass(frozen=True)
class Import:
    """A file that came in since the page was started."""

    at: datetime | None
    """None while the time is unknown."""
    event: PhotoImported


class Status:
    """Kept up to date by the handlers, which are registered on the bus."""

    def __init__(
        self, services: Sequence[str], clock: Clock, changed: Callable[[str], None]
    ) -> None:
        """`changed` is told the kind of what changed: `services` or `library`."""
        self._services = {name: ServiceStatus(name) for name in services}
        self._clock = clock
        self._changed = changed
        self._connected = False
        self.albums: AlbumsState | None = None
        self.imports: deque[Import] = deque(maxlen=RECENT)

    @property
    def connected(self) -> bool:
        """Whether the bus is there; without it nothing is known and nothing can be changed."""
        return self._connected

    @connected.setter
    def connected(self, connected: bool) -> None:
        if connected != self._connected:
            self._connected = connected
            self._changed("services")

    def services(self) -> list[ServiceStatus]:
        """All services; of unknown condition while the bus is away."""
        if self._connected:
            return list(self._services.values())
        return [ServiceStatus(name, None, one.health) for name, one in self._services.items()]

    def available(self, name: str) -> bool:
        """Whether a request to this service has a chance."""
        return self._connected and self._services[name].availability is Availability.ONLINE

    def worst(self) -> Condition:
        """The condition of the box: that of its worst service."""
        order: tuple[Condition, ...] = ("failed", "offline", "degraded", "unknown", "ok")
        found = {service.condition for service in self.services()}
        return next(condition for condition in order if condition in found or condition == "ok")

    async def take_availability(self, message: Availability, publisher: str) -> None:
        service = self._services.get(publisher)
        if service is not None and service.availability is not message:
            service.availability = message
            self._changed("services")

    async def take_health(self, message: Health, publisher: str) -> None:
        service = self._services.get(publisher)
        if service is not None:
            service.health = message
            self._changed("services")

    async def take_albums(self, message: AlbumsState, _publisher: str) -> None:
        self.albums = message
        self._changed("library")

    async def take_import(self, message: PhotoImported, _publisher: str) -> None:
        self.imports.appendleft(Import(self._clock.now(), message))
        self._changed("library")

    async def take_change(self, _message: LibraryChanged, _publisher: str) -> None:
        self._changed("library")
