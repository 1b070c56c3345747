"""Home Assistant device discovery: one retained message a service's device.

Keys as in https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload, rules as of
2026.11: `default_entity_id` instead of `object_id`, no `entity_category: config` on what can only
be read, events not retained. `dev`, `o` (and what is in them), `cmps` and `p` are abbreviated as in
its examples, all else is spelled out.
"""

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import msgspec

from appliance.bus.errors import TooLarge
from appliance.bus.messages.base import Message
from appliance.bus.names import ANY, AnyTopic, control_name, discovery_name, topic_name
from appliance.bus.topics import AVAILABILITY, HEALTH, Control, Kind

SIZE_LIMIT_BYTES = Message.SIZE_LIMIT_BYTES
QOS = 1
CONTROL_QOS = 0
"""What Home Assistant sets is sent now or not at all: at a higher quality its client keeps it for
when the broker is back."""
TEXT_LIMIT = 255
"""Letters of a state in Home Assistant."""

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, kw_only=True)
class Component:
    """An entity of a service's device."""

    PLATFORM: ClassVar[str]
    KIND: ClassVar[Kind] = Kind.STATE

    key: str
    """Its name in unique ids, which Home Assistant remembers: never changed once released."""
    name: str
    topic: AnyTopic
    device_class: str | None = None
    icon: str | None = None
    entity_category: Literal["diagnostic"] | None = None
    enabled_by_default: bool = True

    def __post_init__(self) -> None:
        """Raises ValueError for what Home Assistant would refuse or never show."""
        if not self.key.isidentifier():
            raise ValueError(f"the key {self.key!r} is no identifier")
        if self.topic.kind is not self.KIND:
            raise ValueError(f"{self.PLATFORM} {self.key} cannot show {self.topic.path}")
        if self.entity_category not in {None, "diagnostic"}:
            raise ValueError(
                f"{self.key} can only be read, so its category is no {self.entity_category}"
            )

    def options(self) -> dict[str, Json]:
        """What this platform has beside what all have; None is left out."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Sensor(Component):
    """A number or text of a state message."""

    PLATFORM = "sensor"

    value: str
    """The message's field."""
    unit_of_measurement: str | None = None
    state_class: Literal["measurement", "total", "total_increasing"] | None = None
    suggested_display_precision: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_field(self.topic, self.value)

    def options(self) -> dict[str, Json]:
        return {
            "value_template": f"{{{{ value_json.{self.value} }}}}",
            "unit_of_measurement": self.unit_of_measurement,
            "state_class": self.state_class,
            "suggested_display_precision": self.suggested_display_precision,
        }


@dataclass(frozen=True, kw_only=True)
class BinarySensor(Component):
    """Whether a field of a state message has a certain value."""

    PLATFORM = "binary_sensor"

    value: str
    """The message's field."""
    off_when: str | bool
    """The value of the field that means off; any other means on."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_field(self.topic, self.value)

    def options(self) -> dict[str, Json]:
        off = (
            f"not value_json.{self.value}"
            if self.off_when is False
            else f"value_json.{self.value}"
            if self.off_when is True
            else f"value_json.{self.value} == '{self.off_when}'"
        )
        return {"value_template": f"{{{{ 'OFF' if {off} else 'ON' }}}}"}


@dataclass(frozen=True, kw_only=True)
class Event(Component):
    """Something that happened; the message's field `event_type` lists its words in its type."""

    PLATFORM = "event"
    KIND = Kind.EVENT

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_field(self.topic, "event_type")
        if not self._words():
            raise ValueError(f"event_type of {self.topic.path} does not list its words")

    def _words(self) -> list[Json]:
        hints = typing.get_type_hints(self.topic.message)
        return list(typing.get_args(hints["event_type"]))

    def options(self) -> dict[str, Json]:
        return {"event_types": self._words()}


@dataclass(frozen=True, kw_only=True)
class Switch(Component):
    """A truth of a state message that can be switched."""

    PLATFORM = "switch"

    value: str
    """The message's field, true or false."""
    control: Control
    """Where ON and OFF go."""
    prefix: str = ""
    """What is sent before them, to say which one is meant."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_field(self.topic, self.value)

    def options(self) -> dict[str, Json]:
        return {
            "value_template": f"{{{{ 'ON' if value_json.{self.value} else 'OFF' }}}}",
            "payload_on": f"{self.prefix}ON",
            "payload_off": f"{self.prefix}OFF",
            "state_on": "ON",
            "state_off": "OFF",
            "qos": CONTROL_QOS,
        }


@dataclass(frozen=True, kw_only=True)
class Snapshot(Component):
    """A picture; `topic` carries it as it is."""

    PLATFORM = "image"
    KIND = Kind.EVENT

    def options(self) -> dict[str, Json]:
        return {"content_type": "image/jpeg"}


@dataclass(frozen=True, kw_only=True)
class Text(Component):
    """A line to type. Its state is empty whatever was typed, so that nothing of it is kept;
    `topic` is any state of the service."""

    PLATFORM = "text"

    control: Control
    """Where the line goes."""

    def options(self) -> dict[str, Json]:
        return {"value_template": "{{ '' }}", "max": TEXT_LIMIT, "qos": CONTROL_QOS}


def _require_field(topic: AnyTopic, name: str) -> None:
    if name not in getattr(topic.message, "__struct_fields__", ()):
        raise ValueError(f"messages on {topic.path} have no field {name}")


HEALTH_COMPONENTS: tuple[Component, ...] = (
    BinarySensor(
        key="problem",
        name="Problem",
        topic=HEALTH,
        value="state",
        off_when="ok",
        device_class="problem",
        entity_category="diagnostic",
    ),
    Sensor(
        key="memory",
        name="Memory",
        topic=HEALTH,
        value="pss_mb",
        unit_of_measurement="MB",
        device_class="data_size",
        state_class="measurement",
        suggested_display_precision=0,
        entity_category="diagnostic",
    ),
)
"""What every service's device has, whatever it does."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """A service as a device of Home Assistant."""

    name: str
    model: str
    software: str
    """The program's version."""
    address: str = ""
    """Where its page can be opened from another machine; empty when it cannot."""
    components: tuple[Component, ...] = ()
    """Those of the service's own; health is added."""
    part: str = ""
    """The key of a service's part that is a device of its own, without the service's health."""
    removed: Mapping[str, str] = field(default_factory=dict)
    """Platform by key of components that an earlier version had. They stay listed: a Home Assistant
    that was off when they went hears of it too."""

    def __post_init__(self) -> None:
        keys = [component.key for component in self.all_components()] + list(self.removed)
        if len(keys) != len(set(keys)):
            raise ValueError(f"a key is used twice in {sorted(keys)}")

    def all_components(self) -> tuple[Component, ...]:
        return self.components + (() if self.part else HEALTH_COMPONENTS)


def encode_device(device: Device, box: str, service: str) -> bytes:
    """The retained discovery message. Raises TooLarge."""
    payload = msgspec.json.encode(_describe(device, box, service))
    if len(payload) > SIZE_LIMIT_BYTES:
        raise TooLarge(discovery_name(box, service), len(payload), SIZE_LIMIT_BYTES)
    return payload


def _describe(device: Device, box: str, service: str) -> dict[str, Json]:
    components: dict[str, Json] = {
        component.key: _describe_component(component, box, service, device.part)
        for component in device.all_components()
    }
    described: dict[str, Json] = {
        "ids": [_identity(box, service, device.part)],
        "name": device.name,
        "mf": "appliance",
        "mdl": device.model,
        "sw": device.software,
    }
    if device.part:
        described["via_device"] = _identity(box, service, "")
    return {
        "dev": described | ({"cu": device.address} if device.address else {}),
        "o": {"name": "appliance", "sw": device.software},
        "availability": [{"topic": topic_name(box, AVAILABILITY, service)}],
        "qos": QOS,
        "cmps": components
        | {key: {"p": platform} for key, platform in sorted(device.removed.items())},
    }


def _identity(box: str, service: str, part: str) -> str:
    return f"{box}_{service}_{part}" if part else f"{box}_{service}"


def _describe_component(component: Component, box: str, service: str, part: str) -> dict[str, Json]:
    whose = f"{service}_{part}" if part else service
    described: dict[str, Json] = {
        "p": component.PLATFORM,
        "unique_id": f"{_identity(box, service, part)}_{component.key}",
        "default_entity_id": f"{component.PLATFORM}.appliance_{whose}_{component.key}",
        "name": component.name,
        "image_topic" if isinstance(component, Snapshot) else "state_topic": topic_name(
            box, component.topic, service, part or ANY
        ),
        "device_class": component.device_class,
        "icon": component.icon,
        "entity_category": component.entity_category,
        "enabled_by_default": None if component.enabled_by_default else False,
    } | component.options()
    if isinstance(component, Switch | Text):
        described["command_topic"] = control_name(box, component.control)
    return {key: value for key, value in described.items() if value is not None}
