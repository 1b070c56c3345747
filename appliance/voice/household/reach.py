"""What of the household's devices can be commanded, and the way there."""

import asyncio
import time
from collections.abc import Callable, Sequence

from appliance.bus.client import Bus
from appliance.bus.errors import BusError
from appliance.bus.names import is_our_device
from appliance.service.tasks import Tasks
from appliance.voice.errors import NotSent
from appliance.voice.household.commands import Command
from appliance.voice.household.household import Household

PROBE_LIMIT_S = 1.0
"""A broker that takes longer to answer is too slow to be given a command."""
PROBE_LIFE_S = 0.3
"""An answer of the broker counts for so long: several devices are commanded at once."""
QUIET_S = 0.5
"""Announcements within this time are taken together: a bridge announces all of its devices at
once."""


class Reach:
    """The edge to the devices: their messages in, commands out. In the loop."""

    def __init__(
        self,
        bus: Bus,
        household: Household,
        device_roots: Sequence[str],
        on_names: Callable[[], None],
    ) -> None:
        """`on_names` is called when names have changed and no others have followed for a while."""
        self._devices = bus.devices
        self._household = household
        self._roots = tuple(f"{root}/" for root in device_roots)
        self._on_names = on_names
        self._changed = asyncio.Event()
        self._answered_s = -PROBE_LIFE_S
        self._box = bus.box
        self._devices.on_message(self._hear)

    def run(self, tasks: Tasks) -> None:
        """Tends to announcements in the background."""
        tasks.create_task(self._tend(), name="devices")

    async def send(self, command: Command) -> None:
        """Returns when the broker has it. Raises NotSent."""
        if not self.allows(command.topic):
            raise NotSent(command.topic)
        try:
            if time.monotonic() - self._answered_s > PROBE_LIFE_S:
                async with asyncio.timeout(PROBE_LIMIT_S):
                    await self._devices.check()
            await self._devices.command(command.topic, command.payload)
        except (BusError, TimeoutError) as error:
            raise NotSent(command.topic) from error
        self._answered_s = time.monotonic()

    def allows(self, topic: str) -> bool:
        """Whether the broker lets us write there; what it does not, it drops silently."""
        return topic.startswith(self._roots)

    def roots_missing(self) -> list[str]:
        """Beginnings of command topics that the household has not listed, sorted."""
        topics = {
            value
            for entity in self._household.entities
            for key, value in entity.config.items()
            if key.endswith("command_topic") and isinstance(value, str) and not self.allows(value)
        }
        return sorted({topic.partition("/")[0] for topic in topics})

    def _hear(self, name: str, payload: bytes) -> None:
        if is_our_device(self._box, name):
            return  # what shows us in Home Assistant is nobody's lamp
        before = self._household.revision
        self._household.hear(name, payload)
        if self._household.revision != before:
            self._changed.set()

    async def _tend(self) -> None:
        seen = self._household.revision
        while True:
            await self._changed.wait()
            while seen != self._household.revision:
                seen = self._household.revision
                await asyncio.sleep(QUIET_S)
            self._changed.clear()
            await self._devices.watch(self._household.topics())
            self._on_names()
