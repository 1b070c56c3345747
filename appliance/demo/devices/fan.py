"""A fan with a speed."""

from appliance.demo.devices.device import Config, Device, Memory, choose, read_number, recalled
from appliance.demo.errors import NotUnderstood


class Fan(Device):
    """ON, OFF, and a speed 0-100 percent; 0 is off."""

    domain = "fan"

    def __init__(self, name: str, room: str) -> None:
        self.name = name
        self.room = room
        self._on = False
        self._percent = 50

    def config(self, topic: str) -> Config:
        return {
            "state_topic": f"{topic}/state",
            "command_topic": f"{topic}/set",
            "percentage_state_topic": f"{topic}/speed",
            "percentage_command_topic": f"{topic}/speed/set",
        }

    def take(self, command: str, payload: str) -> None:
        if command == "set":
            self._on = choose(self, payload, {"ON": True, "OFF": False})
        elif command == "speed/set":
            percent = round(read_number(self, payload, 0, 100))
            self._on, self._percent = percent > 0, percent or self._percent
        else:
            raise NotUnderstood(self.name, "no such topic")

    def states(self) -> dict[str, str]:
        return {"state": "ON" if self._on else "OFF", "speed": str(self._percent)}

    def pass_time(self, elapsed_s: float) -> None:
        """It stays as it is."""

    def memory(self) -> Memory:
        return {"on": self._on, "percent": self._percent}

    def recall(self, memory: Memory) -> None:
        self._on = memory.get("on") is True
        self._percent = round(recalled(memory, "percent", 1, 100, self._percent))
