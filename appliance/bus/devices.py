"""The household's devices: they announce themselves to Home Assistant and hear commands on topics
of their own, whoever made them.

Source: Home Assistant, MQTT discovery (https://www.home-assistant.io/integrations/mqtt/). What a
device says is foreign: it is handed on as bytes.
"""

from collections.abc import Awaitable, Callable, Iterable

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from appliance.bus.errors import Forbidden
from appliance.bus.names import DISCOVERY, DISCOVERY_PREFIX
from appliance.bus.outbox import Parcel
from appliance.bus.topics import CONTROLLERS

COMMAND_LIFE_S = 2
"""No command is carried out later than that: the broker forgets it (MQTT 5 message expiry)."""
WATCH_LIMIT = 20_000
"""Topics that are watched at most, whatever is announced."""

DeviceHandler = Callable[[str, bytes], None]
"""Gets name and payload; an empty payload on a discovery topic takes the entity back."""


class Devices:
    """What a controller hears of devices and says to them."""

    def __init__(
        self,
        service: str,
        send: Callable[[Parcel, Properties], Awaitable[None]],
        subscribe: Callable[[list[str]], Awaitable[None]],
        probe: Callable[[], Awaitable[None]],
    ) -> None:
        self._allowed = service in CONTROLLERS
        self._service = service
        self._send = send
        self._subscribe = subscribe
        self._probe = probe
        self._handler: DeviceHandler | None = None
        self._watched: dict[str, None] = {}

    def on_message(self, handler: DeviceHandler) -> None:
        """Hands every announcement of an entity, and what is said on the names of `watch`, to
        `handler`; before the bus runs."""
        if not self._allowed:
            raise ValueError(f"{self._service} is not listed as one that commands devices")
        self._handler = handler

    async def watch(self, names: Iterable[str]) -> None:
        """Hears these topics (states, availability) too, from now on and after reconnections.

        Names that are ours or no topic's are passed over.
        """
        new = [name for name in names if name not in self._watched and is_foreign(name)]
        new = list(dict.fromkeys(new))[: WATCH_LIMIT - len(self._watched)]
        self._watched.update(dict.fromkeys(new))
        if new:
            await self._subscribe(new)

    async def command(self, name: str, payload: bytes) -> None:
        """Returns when the broker has the command; it is never sent later.

        Raises Offline, and Forbidden for a name that is no device's. (The broker drops what is
        outside the roots of the setting bus.device_roots without saying so.)
        """
        if not self._allowed or not is_foreign(name):
            raise Forbidden(name)
        await self._send(Parcel(name, payload, retain=False), expiry(COMMAND_LIFE_S))

    async def check(self) -> None:
        """Returns when the broker has just answered: one that hangs would take a command and carry
        it out whenever it goes on. Raises Offline."""
        await self._probe()

    def filters(self) -> list[str]:
        return [] if self._handler is None else [*DISCOVERY, *self._watched]

    def takes(self, name: str) -> bool:
        """Whether a message of that name is a device's."""
        return name in self._watched or (
            self._handler is not None
            and name.startswith(f"{DISCOVERY_PREFIX}/")
            and name.endswith("/config")
        )

    def deliver(self, name: str, payload: bytes) -> None:
        if self._handler is not None:
            self._handler(name, payload)


def expiry(seconds: int) -> Properties:
    """The broker forgets a message that it could not hand on by then (MQTT 5, 3.3.2.3.3)."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho has no types here
    properties.MessageExpiryInterval = seconds
    return properties


def is_foreign(name: str) -> bool:
    """Whether that can be the topic of a household's device: no wildcard, nothing of ours, of Home
    Assistant's or of the broker's own."""
    first = name.partition("/")[0]
    return (
        0 < len(name) <= 512
        and first not in {"appliance", DISCOVERY_PREFIX}
        and not name.startswith("$")
        and not any(letter in "+#" or ord(letter) < 32 or letter == "\x7f" for letter in name)
    )
