"""The lock of a door."""

from appliance.demo.devices.device import Config, Device, Memory, choose
from appliance.demo.errors import NotUnderstood


class Lock(Device):
    """LOCK and UNLOCK."""

    domain = "lock"

    def __init__(self, name: str, room: str) -> None:
        self.name = name
        self.room = room
        self._locked = True

    def config(self, topic: str) -> Config:
        return {"state_topic": f"{topic}/state", "command_topic": f"{topic}/set"}

    def take(self, command: str, payload: str) -> None:
        if command != "set":
            raise NotUnderstood(self.name, "no such topic")
        self._locked = choose(self, payload, {"LOCK": True, "UNLOCK": False})

    def states(self) -> dict[str, str]:
        return {"state": "LOCKED" if self._locked else "UNLOCKED"}

    def pass_time(self, elapsed_s: float) -> None:
        """It stays as it is."""

    def memory(self) -> Memory:
        return {"locked": self._locked}

    def recall(self, memory: Memory) -> None:
        self._locked = memory.get("locked") is not False
