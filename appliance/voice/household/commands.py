"""What is written to which topic so that a device does what was said.

Topics and payloads are those that the device announced, defaults those of Home Assistant's MQTT
integrations (https://www.home-assistant.io/integrations/#search/mqtt). Nothing else is written to.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appliance.voice.errors import NotPossible
from appliance.voice.household.entities import MAX_DEGREES, MIN_DEGREES, Entity

TEMPLATE = re.compile(r"^\s*\{\{\s*value\s*(\|\s*(int|string|float)[^}]*)?\}\}\s*$")
"""The only command template that says no more than the value."""
COLOURS: Mapping[str, tuple[int, int, int]] = {
    "white": (255, 255, 255),
    "red": (255, 0, 0),
    "orange": (255, 165, 0),
    "yellow": (255, 255, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "purple": (128, 0, 128),
    "pink": (255, 192, 203),
    "turquoise": (64, 224, 208),
    "brown": (165, 42, 42),
}
"""CSS Color Module Level 4, section 6.1."""
CONFIRMED_CLASSES = frozenset({"garage", "gate", "door"})


@dataclass(frozen=True)
class Command:
    """A message for a device."""

    entity: str
    """Its id."""
    topic: str
    payload: bytes


def asks_first(entity: Entity) -> bool:
    """Locks, alarms and the ways into the house: a misheard word must not open them."""
    return entity.domain in {"lock", "alarm_control_panel"} or (
        entity.domain == "cover" and entity.device_class in CONFIRMED_CLASSES
    )


def turn_on(entity: Entity) -> Command:
    """On, open, locked, started: what Home Assistant's intent HassTurnOn means for its domain."""
    return _turn(entity, _ON)


def turn_off(entity: Entity) -> Command:
    """Off, closed, unlocked."""
    return _turn(entity, _OFF)


_ON: Mapping[str, tuple[str, str]] = {
    "light": ("payload_on", "ON"),
    "switch": ("payload_on", "ON"),
    "siren": ("payload_on", "ON"),
    "fan": ("payload_on", "ON"),
    "scene": ("payload_on", "ON"),
    "button": ("payload_press", "PRESS"),
    "cover": ("payload_open", "OPEN"),
    "valve": ("payload_open", "OPEN"),
    "lock": ("payload_lock", "LOCK"),
    "vacuum": ("payload_start", "start"),
}
_OFF: Mapping[str, tuple[str, str]] = {
    "light": ("payload_off", "OFF"),
    "switch": ("payload_off", "OFF"),
    "siren": ("payload_off", "OFF"),
    "fan": ("payload_off", "OFF"),
    "cover": ("payload_close", "CLOSE"),
    "valve": ("payload_close", "CLOSE"),
    "lock": ("payload_unlock", "UNLOCK"),
    "vacuum": ("payload_return_to_base", "return_to_base"),
}


def _turn(entity: Entity, payloads: Mapping[str, tuple[str, str]]) -> Command:
    if entity.domain == "climate":
        return _turn_climate(entity, payloads is _ON)
    if entity.domain not in payloads:
        raise NotPossible(entity.name, "not_that")
    key, default = payloads[entity.domain]
    value = entity.text(key, default)
    if entity.text("schema") == "json":
        return _command(entity, "command_topic", json.dumps({"state": value}))
    if entity.text("schema") == "template":
        raise NotPossible(entity.name, "own_language")
    return _command(entity, "command_topic", value)


def _turn_climate(entity: Entity, on: bool) -> Command:
    if entity.text("power_command_topic"):
        key, default = ("payload_on", "ON") if on else ("payload_off", "OFF")
        return _command(entity, "power_command_topic", entity.text(key, default))
    listed = entity.config.get("modes")
    modes = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    wanted = [mode for mode in modes or ["heat", "off"] if (mode != "off") is on]
    if not wanted:
        raise NotPossible(entity.name, "not_that")
    return _command(entity, "mode_command_topic", "heat" if "heat" in wanted else wanted[0])


def stop(entity: Entity) -> Command:
    """Stop moving."""
    return _command(entity, "command_topic", entity.text("payload_stop", "STOP"))


def set_brightness(entity: Entity, percent: float) -> Command:
    """0-100 percent."""
    level = round(entity.number("brightness_scale", 255) * percent / 100)
    if entity.text("schema") == "json":
        if not entity.config.get("brightness"):
            raise NotPossible(entity.name, "no_brightness")
        on = entity.text("payload_on", "ON")
        return _command(entity, "command_topic", json.dumps({"state": on, "brightness": level}))
    return _command(entity, "brightness_command_topic", str(level), "no_brightness")


def set_colour(entity: Entity, colour: str) -> Command:
    """A colour by its English name."""
    if colour not in COLOURS:
        raise NotPossible(entity.name, "no_colour")
    red, green, blue = COLOURS[colour]
    if entity.text("schema") == "json":
        modes = entity.config.get("supported_color_modes")
        if not isinstance(modes, list) or not {"rgb", "rgbw", "rgbww", "hs", "xy"} & {
            *map(str, modes)
        }:
            raise NotPossible(entity.name, "no_colour")
        document = {"state": "ON", "color": {"r": red, "g": green, "b": blue}}
        return _command(entity, "command_topic", json.dumps(document))
    return _command(entity, "rgb_command_topic", f"{red},{green},{blue}", "no_colour")


def set_position(entity: Entity, percent: float) -> Command:
    """0 closed, 100 open."""
    closed, opened = entity.number("position_closed", 0), entity.number("position_open", 100)
    value = round(closed + (opened - closed) * percent / 100)
    if entity.domain == "valve" and entity.config.get("reports_position"):
        return _command(entity, "command_topic", str(value), "no_position")
    return _command(entity, "set_position_topic", str(value), "no_position")


def set_speed(entity: Entity, percent: float) -> Command:
    """0-100 percent of a fan's range."""
    low, high = entity.number("speed_range_min", 1), entity.number("speed_range_max", 100)
    value = (
        0 if percent <= 0 else max(round(low), round(low - 1 + (high - low + 1) * percent / 100))
    )
    return _command(entity, "percentage_command_topic", str(value), "no_speed")


def set_temperature(entity: Entity, degrees: float) -> Command:
    """In the unit of the thermostat; beyond its range is refused."""
    lowest, highest = entity.number("min_temp", MIN_DEGREES), entity.number("max_temp", MAX_DEGREES)
    if not lowest <= degrees <= highest:
        raise NotPossible(entity.name, "out_of_range")
    return _command(entity, "temperature_command_topic", f"{degrees:g}", "no_temperature")


def arm(entity: Entity) -> Command:
    """An alarm, as when nobody is at home."""
    return _alarm(entity, "payload_arm_away", "ARM_AWAY", "code_arm_required")


def disarm(entity: Entity) -> Command:
    return _alarm(entity, "payload_disarm", "DISARM", "code_disarm_required")


def _alarm(entity: Entity, key: str, default: str, code: str) -> Command:
    if entity.config.get("code") and entity.config.get(code, True):
        raise NotPossible(entity.name, "needs_code")
    return _command(entity, "command_topic", entity.text(key, default))


def _command(entity: Entity, key: str, value: str, otherwise: str = "not_that") -> Command:
    topic = entity.text(key)
    if not topic:
        raise NotPossible(entity.name, otherwise)
    template = entity.text(key.replace("topic", "template"))
    if template and not TEMPLATE.match(template):
        raise NotPossible(entity.name, "own_language")
    return Command(entity.id, topic, value.encode())


Make = Callable[[Entity], Command]
