"""Heating in a room that warms and cools slowly."""

from appliance.demo.devices.device import Config, Device, Memory, read_number, recalled
from appliance.demo.errors import NotUnderstood

LOWEST, HIGHEST = 7.0, 30.0
"""Degrees Celsius that it can be set to."""
UNHEATED = 17.0
HOUR_S = 3600.0
"""After so long the difference to where the temperature goes is e^-1 of what it was."""


class Thermostat(Device):
    """Modes `heat` and `off`, and a target in half degrees."""

    domain = "climate"

    def __init__(self, name: str, room: str) -> None:
        self.name = name
        self.room = room
        self._mode = "heat"
        self._target = 20.0
        self._current = 19.5

    def config(self, topic: str) -> Config:
        return {
            "modes": ["off", "heat"],
            "mode_state_topic": f"{topic}/mode",
            "mode_command_topic": f"{topic}/mode/set",
            "temperature_state_topic": f"{topic}/target",
            "temperature_command_topic": f"{topic}/target/set",
            "current_temperature_topic": f"{topic}/current",
            "min_temp": LOWEST,
            "max_temp": HIGHEST,
            "temp_step": 0.5,
            "temperature_unit": "C",
        }

    def take(self, command: str, payload: str) -> None:
        if command == "mode/set" and payload in ("off", "heat"):
            self._mode = payload
        elif command == "target/set":
            self._target = round(read_number(self, payload, LOWEST, HIGHEST) * 2) / 2
        else:
            raise NotUnderstood(self.name, "neither a mode nor a temperature")

    def states(self) -> dict[str, str]:
        return {
            "mode": self._mode,
            "target": f"{self._target:g}",
            "current": f"{self._current:.1f}",
        }

    def pass_time(self, elapsed_s: float) -> None:
        """A heater does not cool: above its target the room falls to what it is unheated."""
        heated = self._mode == "heat" and self._target > self._current
        goal = self._target if heated else min(self._current, UNHEATED)
        if self._mode == "heat" and not heated:
            goal = max(goal, self._target)
        self._current += (goal - self._current) * min(1.0, elapsed_s / HOUR_S)

    def memory(self) -> Memory:
        return {"mode": self._mode, "target": self._target, "current": self._current}

    def recall(self, memory: Memory) -> None:
        self._mode = "off" if memory.get("mode") == "off" else "heat"
        self._target = recalled(memory, "target", LOWEST, HIGHEST, self._target)
        self._current = recalled(memory, "current", UNHEATED - 10, HIGHEST, self._current)
