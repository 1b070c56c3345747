"""A light that can be on or off, and dimmed where it has a dimmer; plain words as Tasmota's."""

from appliance.demo.devices.device import Config, Device, Memory, choose, read_number, recalled
from appliance.demo.errors import NotUnderstood

SCALE = 100


class SwitchedLight(Device):
    """On, off, and `brightness` 1-100."""

    domain = "light"

    def __init__(self, name: str, room: str, *, dimmer: bool = False) -> None:
        self.name = name
        self.room = room
        self._dimmer = dimmer
        self._on = False
        self._brightness = SCALE

    def config(self, topic: str) -> Config:
        config: Config = {"state_topic": f"{topic}/state", "command_topic": f"{topic}/set"}
        if self._dimmer:
            config |= {
                "brightness_state_topic": f"{topic}/brightness",
                "brightness_command_topic": f"{topic}/brightness/set",
                "brightness_scale": SCALE,
            }
        return config

    def take(self, command: str, payload: str) -> None:
        if command == "set":
            self._on = choose(self, payload, {"ON": True, "OFF": False})
        elif command == "brightness/set" and self._dimmer:
            self._brightness = round(read_number(self, payload, 0, SCALE)) or self._brightness
            self._on = float(payload) >= 0.5
        else:
            raise NotUnderstood(self.name, "no such topic")

    def states(self) -> dict[str, str]:
        states = {"state": "ON" if self._on else "OFF"}
        return states | ({"brightness": str(self._brightness)} if self._dimmer else {})

    def pass_time(self, elapsed_s: float) -> None:
        """It stays as it is."""

    def memory(self) -> Memory:
        return {"on": self._on, "brightness": self._brightness}

    def recall(self, memory: Memory) -> None:
        self._on = memory.get("on") is True
        self._brightness = round(recalled(memory, "brightness", 1, SCALE, self._brightness))
