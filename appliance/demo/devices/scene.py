"""A scene: several devices at one word."""

from collections.abc import Mapping, Sequence

from appliance.demo.devices.device import Config, Device, Memory
from appliance.demo.errors import NotUnderstood

Part = tuple[Device, str, str]
"""A device, and the command and payload that it gets."""


class Scene(Device):
    """Takes ON; it has no state."""

    domain = "scene"

    def __init__(self, name: str, room: str, parts: Sequence[Part]) -> None:
        self.name = name
        self.room = room
        self._parts = tuple(parts)

    def config(self, topic: str) -> Config:
        return {"command_topic": f"{topic}/set", "payload_on": "ON"}

    def take(self, command: str, payload: str) -> None:
        if (command, payload) != ("set", "ON"):
            raise NotUnderstood(self.name, "a scene takes ON")
        for device, part, value in self._parts:
            device.take(part, value)

    def states(self) -> Mapping[str, str]:
        return {}

    def pass_time(self, elapsed_s: float) -> None:
        """Its devices pass it themselves."""

    def memory(self) -> Memory:
        return {}

    def recall(self, memory: Memory) -> None:
        """There is nothing to recall."""
