"""A blind that takes a while to move."""

from appliance.demo.devices.device import Config, Device, Memory, read_number, recalled
from appliance.demo.errors import NotUnderstood

OPEN, CLOSED = 100.0, 0.0
TRAVEL_S = 10.0
"""From closed to open."""


class Cover(Device):
    """OPEN, CLOSE, STOP, and a position 0 (closed) to 100."""

    domain = "cover"

    def __init__(self, name: str, room: str, device_class: str) -> None:
        self.name = name
        self.room = room
        self._class = device_class
        self._position = self._target = OPEN

    def config(self, topic: str) -> Config:
        return {
            "device_class": self._class,
            "state_topic": f"{topic}/state",
            "command_topic": f"{topic}/set",
            "position_topic": f"{topic}/position",
            "set_position_topic": f"{topic}/position/set",
        }

    def take(self, command: str, payload: str) -> None:
        targets = {"OPEN": OPEN, "CLOSE": CLOSED, "STOP": self._position}
        if command == "set" and payload in targets:
            self._target = targets[payload]
        elif command == "position/set":
            self._target = float(round(read_number(self, payload, CLOSED, OPEN)))
        else:
            raise NotUnderstood(self.name, "neither OPEN, CLOSE, STOP nor a position")

    def states(self) -> dict[str, str]:
        if self._target != self._position:
            state = "opening" if self._target > self._position else "closing"
        else:
            state = "closed" if self._position == CLOSED else "open"
        return {"state": state, "position": f"{self._position:.0f}"}

    def pass_time(self, elapsed_s: float) -> None:
        step = OPEN / TRAVEL_S * elapsed_s
        way = self._target - self._position
        self._position = self._target if abs(way) <= step else self._position + step * _sign(way)

    def memory(self) -> Memory:
        return {"position": self._position, "target": self._target}

    def recall(self, memory: Memory) -> None:
        self._position = recalled(memory, "position", CLOSED, OPEN, self._position)
        self._target = recalled(memory, "target", CLOSED, OPEN, self._position)


def _sign(value: float) -> int:
    return 1 if value > 0 else -1
