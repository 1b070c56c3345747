"""A light with brightness and colour that speaks JSON, as those of Zigbee2MQTT do."""

import json
from collections.abc import Mapping
from typing import Any

from appliance.demo.devices.device import Config, Device, Memory, recalled
from appliance.demo.errors import NotUnderstood

FULL = 255
COLOURS = ("r", "g", "b")


class ColourLight(Device):
    """`{"state": "ON", "brightness": 0-255, "color": {"r": 0-255, "g": ..., "b": ...}}`; a command
    says any part of it, and what else it says is passed over, as real lamps do."""

    domain = "light"

    def __init__(self, name: str, room: str) -> None:
        self.name = name
        self.room = room
        self._on = False
        self._brightness = FULL
        self._colour = dict.fromkeys(COLOURS, FULL)

    def config(self, topic: str) -> Config:
        return {
            "schema": "json",
            "state_topic": topic,
            "command_topic": f"{topic}/set",
            "brightness": True,
            "supported_color_modes": ["rgb"],
        }

    def take(self, command: str, payload: str) -> None:
        if command != "set":
            raise NotUnderstood(self.name, "no such topic")
        wanted = self._read(payload)
        state = wanted.get("state", "ON")
        if state not in ("ON", "OFF"):
            raise NotUnderstood(self.name, "state is neither ON nor OFF")
        brightness = self._level(wanted.get("brightness", self._brightness))
        colour = wanted.get("color", self._colour)
        if not isinstance(colour, Mapping) or not set(COLOURS) <= set(colour):
            raise NotUnderstood(self.name, "color is not r, g and b")
        levels = {each: self._level(colour[each]) for each in COLOURS}
        self._on = state == "ON" and brightness > 0
        self._brightness, self._colour = brightness or self._brightness, levels

    def _read(self, payload: str) -> dict[str, Any]:
        try:
            wanted = json.loads(payload)
        except (ValueError, RecursionError):
            raise NotUnderstood(self.name, "no JSON") from None
        if not isinstance(wanted, dict) or not wanted.keys() & {"state", "brightness", "color"}:
            raise NotUnderstood(self.name, "no JSON object with state, brightness or color")
        return wanted

    def _level(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= FULL:
            raise NotUnderstood(self.name, f"a level is not between 0 and {FULL}")
        return round(value)

    def states(self) -> dict[str, str]:
        state = {
            "state": "ON" if self._on else "OFF",
            "brightness": self._brightness,
            "color_mode": "rgb",
            "color": self._colour,
        }
        return {"": json.dumps(state)}

    def pass_time(self, elapsed_s: float) -> None:
        """It stays as it is."""

    def memory(self) -> Memory:
        return {"on": self._on, "brightness": self._brightness, **self._colour}

    def recall(self, memory: Memory) -> None:
        self._on = memory.get("on") is True
        self._brightness = round(recalled(memory, "brightness", 1, FULL, FULL))
        self._colour = {each: round(recalled(memory, each, 0, FULL, FULL)) for each in COLOURS}
