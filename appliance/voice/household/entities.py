"""A household's devices as they announce themselves to Home Assistant over MQTT.

https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery: one entity on
`homeassistant/<component>/[<node>/]<object>/config`, a whole device on `homeassistant/device/...`.
What is announced was written by anybody: nothing is believed but what has the right type.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

PREFIX = "homeassistant/"
DOMAINS = frozenset(
    {
        "alarm_control_panel",
        "binary_sensor",
        "button",
        "climate",
        "cover",
        "fan",
        "light",
        "lock",
        "scene",
        "sensor",
        "siren",
        "switch",
        "vacuum",
        "valve",
    }
)
"""What can be commanded or asked by voice."""
NAME_LIMIT = 100
MIN_DEGREES, MAX_DEGREES = 7.0, 35.0
"""Of a thermostat that does not say (Home Assistant, MQTT climate)."""
ABBREVIATIONS = {
    "avty": "availability",
    "avty_mode": "availability_mode",
    "avty_t": "availability_topic",
    "bri_cmd_t": "brightness_command_topic",
    "bri_scl": "brightness_scale",
    "bri_stat_t": "brightness_state_topic",
    "bri_val_tpl": "brightness_value_template",
    "clr_temp_cmd_t": "color_temp_command_topic",
    "cmd_t": "command_topic",
    "cmd_tpl": "command_template",
    "cmps": "components",
    "cod_arm_req": "code_arm_required",
    "cod_dis_req": "code_disarm_required",
    "curr_temp_t": "current_temperature_topic",
    "curr_temp_tpl": "current_temperature_template",
    "dev": "device",
    "dev_cla": "device_class",
    "mode_cmd_t": "mode_command_topic",
    "mode_stat_t": "mode_state_topic",
    "modes": "modes",
    "p": "platform",
    "pct_cmd_t": "percentage_command_topic",
    "pct_stat_t": "percentage_state_topic",
    "pl_arm_away": "payload_arm_away",
    "pl_avail": "payload_available",
    "pl_cls": "payload_close",
    "pl_disarm": "payload_disarm",
    "pl_lock": "payload_lock",
    "pl_not_avail": "payload_not_available",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "pl_open": "payload_open",
    "pl_prs": "payload_press",
    "pl_ret": "payload_return_to_base",
    "pl_stop": "payload_stop",
    "pl_strt": "payload_start",
    "pl_unlk": "payload_unlock",
    "pos_clsd": "position_closed",
    "pos_open": "position_open",
    "pos_t": "position_topic",
    "pow_cmd_t": "power_command_topic",
    "rgb_cmd_t": "rgb_command_topic",
    "sa": "suggested_area",
    "set_pos_t": "set_position_topic",
    "spd_rng_max": "speed_range_max",
    "spd_rng_min": "speed_range_min",
    "stat_cla": "state_class",
    "stat_t": "state_topic",
    "t": "topic",
    "temp_cmd_t": "temperature_command_topic",
    "temp_stat_t": "temperature_state_topic",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}


@dataclass(frozen=True)
class Availability:
    """A topic that says whether a device is there."""

    topic: str
    online: str = "online"
    offline: str = "offline"


@dataclass(frozen=True)
class Entity:
    """A lamp, a lock, a sensor."""

    id: str
    """Unique and stable: its discovery topic, and its key in a device."""
    domain: str
    name: str
    """As its maker or the household calls it, with its device's name."""
    area: str = ""
    """Where it says it is; empty when it does not."""
    device_class: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    """What it announced, with full keys."""
    availability: tuple[Availability, ...] = ()

    def text(self, key: str, default: str = "") -> str:
        """A text of the announcement; `default` when it is missing or something else."""
        value = self.config.get(key, default)
        return value if isinstance(value, str) else default

    def number(self, key: str, default: float) -> float:
        """A finite number of the announcement; `default` when it is missing or something else."""
        value = self.config.get(key, default)
        known = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if known and -1e9 < value < 1e9 else default

    @property
    def state_topics(self) -> tuple[str, ...]:
        """Where it says how it is."""
        keys = [key for key in self.config if key.endswith("state_topic")]
        keys += ["position_topic", "current_temperature_topic"]
        return tuple(dict.fromkeys(topic for key in keys if (topic := self.text(key))))


def read_announcement(topic: str, payload: bytes) -> list[Entity]:
    """The entities of a discovery message; none when it is empty or not as it should be."""
    parts = topic.removeprefix(PREFIX).split("/")
    if not payload or len(parts) < 3:
        return []
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        return []
    if not isinstance(document, dict):
        return []
    config = _expand(document)
    if parts[0] != "device":
        return list(_entities(topic, parts[0], config, config))
    found: list[Entity] = []
    for key, component in _mapping(config.get("components")).items():
        own = _expand(component) if isinstance(component, dict) else {}
        platform = own.get("platform")
        if isinstance(platform, str) and len(own) > 1:
            found.extend(_entities(f"{topic}#{key}", platform, own, config))
    return found


def _entities(
    identifier: str, domain: str, own: Mapping[str, Any], shared: Mapping[str, Any]
) -> Iterator[Entity]:
    if domain not in DOMAINS:
        return
    device = _expand(_mapping(shared.get("device")))
    config = {**{key: shared[key] for key in SHARED if key in shared}, **own}
    device_name, own_name = _name(device.get("name")), _name(config.get("name"))
    names = [device_name, own_name]
    if device_name and own_name.lower().startswith(device_name.lower()):
        names = [own_name]
    name = " ".join(filter(None, names))
    if name:
        area = _name(device.get("suggested_area"))
        kind = config.get("device_class")
        device_class = kind if isinstance(kind, str) else ""
        yield Entity(
            identifier, domain, name, area, device_class, config, tuple(_availabilities(config))
        )


SHARED = (
    "availability",
    "availability_topic",
    "payload_available",
    "payload_not_available",
    "state_topic",
    "command_topic",
)


def _availabilities(config: Mapping[str, Any]) -> Iterator[Availability]:
    listed = config.get("availability")
    entries = listed if isinstance(listed, list) else [listed]
    for entry in [_expand(_mapping(each)) for each in entries]:
        if isinstance(entry.get("topic"), str):
            yield _availability(entry["topic"], entry)
    if isinstance(config.get("availability_topic"), str):
        yield _availability(config["availability_topic"], config)


def _availability(topic: str, entry: Mapping[str, Any]) -> Availability:
    return Availability(
        topic,
        str(entry.get("payload_available", "online")),
        str(entry.get("payload_not_available", "offline")),
    )


def _expand(document: Mapping[str, Any]) -> dict[str, Any]:
    """Full keys, and `~` in topics replaced by the base topic."""
    base = document.get("~")
    expanded = {}
    for key, value in document.items():
        if isinstance(base, str) and isinstance(value, str) and key != "~":
            if value.startswith("~"):
                value = base + value[1:]
            elif value.endswith("~"):
                value = value[:-1] + base
        expanded[ABBREVIATIONS.get(key, key)] = value
    return expanded


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _name(value: object) -> str:
    return value.strip()[:NAME_LIMIT] if isinstance(value, str) else ""
