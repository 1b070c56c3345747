"""A sensor of temperature that follows the day."""

import math
from collections.abc import Mapping

from appliance.demo.devices.device import Config, Device, Memory, recalled
from appliance.demo.errors import NotUnderstood

MEAN, SWING = 20.5, 1.5
"""Degrees Celsius."""
DAY_S = 86_400.0


class Thermometer(Device):
    """Degrees Celsius with one decimal; it takes no command."""

    domain = "sensor"

    def __init__(self, name: str, room: str) -> None:
        self.name = name
        self.room = room
        self._age_s = 0.0

    def config(self, topic: str) -> Config:
        return {
            "device_class": "temperature",
            "unit_of_measurement": "°C",
            "state_class": "measurement",
            "state_topic": f"{topic}/state",
        }

    def take(self, command: str, payload: str) -> None:
        raise NotUnderstood(self.name, "a sensor obeys nobody")

    def states(self) -> Mapping[str, str]:
        degrees = MEAN + SWING * math.sin(2 * math.pi * self._age_s / DAY_S)
        return {"state": f"{degrees:.1f}"}

    def pass_time(self, elapsed_s: float) -> None:
        self._age_s = (self._age_s + elapsed_s) % DAY_S

    def memory(self) -> Memory:
        return {"age_s": self._age_s}

    def recall(self, memory: Memory) -> None:
        self._age_s = recalled(memory, "age_s", 0, DAY_S, 0)
