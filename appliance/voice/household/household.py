"""What the household has: its devices, how they are, and what they are called."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from pathlib import Path
from typing import Literal

import msgspec

from appliance.voice.errors import WrongNames
from appliance.voice.household.entities import (
    MAX_DEGREES,
    MIN_DEGREES,
    PREFIX,
    Entity,
    read_announcement,
)
from appliance.voice.language.templates import ListValue

ENTITY_LIMIT = 20_000
DEGREES_LIMIT = 120
VALUE = re.compile(r"value_json(?:\.(\w+)|\[['\"](\w+)['\"]\])")
"""The templates of most devices: one field of a JSON object."""
AWAY = frozenset({"offline", "unavailable"})

Presence = Literal["available", "unavailable", "unknown"]


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The household's own file of names."""

    aliases: dict[str, list[str]] = {}
    """Other names by the name that a device announced."""
    areas: dict[str, str] = {}
    """The room by the name of a device that does not say it."""
    floors: dict[str, list[str]] = {}
    """The rooms of each floor."""


def read_names(path: Path) -> Names:
    """Of a YAML file; no names when it is not there. Raises WrongNames."""
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=Names)
    except FileNotFoundError:
        return Names()
    except (OSError, msgspec.MsgspecError, RecursionError) as error:
        raise WrongNames(str(path), str(error)) from error


@dataclass(frozen=True)
class State:
    """What a device says of itself, each None while unknown."""

    value: str | None = None
    """In small letters: on, off, open, locked, 21.5, ..."""
    brightness: float | None = None
    """0-100 percent."""
    attributes: Mapping[str, object] = field(default_factory=dict)


class Household:
    """Fed with messages from the broker; not for several threads."""

    def __init__(self, names: Names | None = None) -> None:
        self.names = names or Names()
        self.revision = 0
        """Grows when a name changes: the grammar is then to be compiled anew."""
        self._announced: dict[str, list[Entity]] = {}
        self._by_id: dict[str, Entity] = {}
        self._said: dict[str, bytes] = {}

    def hear(self, topic: str, payload: bytes) -> None:
        """An announcement, or what a device says on a topic of `topics`."""
        if not (topic.startswith(PREFIX) and topic.endswith("/config")):
            self._said[topic] = payload
            return
        before = self._announced.pop(topic, [])
        entities = [self._placed(entity) for entity in read_announcement(topic, payload)]
        if len(self._by_id) + len(entities) <= ENTITY_LIMIT and entities:
            self._announced[topic] = entities
        for entity in before:
            del self._by_id[entity.id]
        self._by_id |= {entity.id: entity for entity in self._announced.get(topic, [])}
        if before != self._announced.get(topic, []):
            self.revision += 1

    def _placed(self, entity: Entity) -> Entity:
        area = self.names.areas.get(entity.name, entity.area)
        return Entity(
            entity.id,
            entity.domain,
            entity.name,
            area,
            entity.device_class,
            entity.config,
            entity.availability,
        )

    @property
    def entities(self) -> Sequence[Entity]:
        """In the order of their announcement."""
        return list(self._by_id.values())

    def topics(self) -> set[str]:
        """Where devices say how they are and whether they are there."""
        return {
            topic
            for entity in self._by_id.values()
            for topic in (*entity.state_topics, *(each.topic for each in entity.availability))
        }

    def lists(self) -> dict[str, list[ListValue]]:
        """The names that sentences can contain, and the temperatures: only what some thermostat
        can be set to, since "eighty" sounds like "eighteen"."""
        values = [
            ListValue(name, entity.id, {"domain": entity.domain})
            for entity in self._by_id.values()
            for name in (entity.name, *self.names.aliases.get(entity.name, ()))
        ]
        areas = dict.fromkeys(entity.area for entity in self._by_id.values() if entity.area)
        areas |= dict.fromkeys(area for rooms in self.names.floors.values() for area in rooms)
        lists = {"temperature": temperatures} if (temperatures := self._temperatures()) else {}
        return lists | {
            "name": values,
            "area": [ListValue(area, area) for area in areas],
            "floor": [ListValue(floor, floor) for floor in self.names.floors],
        }

    def _temperatures(self) -> list[ListValue]:
        """Whole and half degrees."""
        thermostats = self.find(domains=("climate",))
        lowest = min((each.number("min_temp", MIN_DEGREES) for each in thermostats), default=0.0)
        highest = max((each.number("max_temp", MAX_DEGREES) for each in thermostats), default=0.0)
        values = []
        for degrees in range(ceil(max(lowest, 0)), floor(min(highest, DEGREES_LIMIT)) + 1):
            values.append(ListValue(f"{degrees}", f"{degrees}"))
            if degrees + 0.5 <= highest:
                values.append(ListValue(f"{degrees}.5", f"{degrees}.5"))
                values.append(ListValue(f"{degrees} and a half", f"{degrees}.5"))
        return values

    def find(
        self,
        *,
        identifier: str = "",
        domains: Iterable[str] = (),
        area: str = "",
        floor: str = "",
        device_class: str = "",
    ) -> list[Entity]:
        """Those that are all of this; an empty argument asks for nothing."""
        candidates = [self._by_id[identifier]] if identifier in self._by_id else []
        if not identifier:
            candidates = list(self._by_id.values())
        wanted = frozenset(domains)
        rooms = {room.lower() for room in self.names.floors.get(floor, ())}
        return [
            entity
            for entity in candidates
            if (not wanted or entity.domain in wanted)
            and (not area or entity.area.lower() == area.lower())
            and (not floor or entity.area.lower() in rooms)
            and (not device_class or entity.device_class == device_class)
        ]

    def spoken_slots(self, slots: Mapping[str, str]) -> dict[str, str]:
        """Slots in people's words: devices by their names, not their ids."""
        named = self._by_id.get(slots.get("name", ""))
        return {**slots, "name": named.name} if named is not None else dict(slots)

    def presence(self, entity: Entity) -> Presence:
        """Unavailable when any of its topics says so (the default, `all`, of Home Assistant is that
        each says it is there)."""
        said = [
            (each, self._said[each.topic].decode("utf-8", "replace").strip())
            for each in entity.availability
            if each.topic in self._said
        ]
        if any(_word(text) == each.offline or _word(text) in AWAY for each, text in said):
            return "unavailable"
        return "available" if said else "unknown"

    def state(self, entity: Entity) -> State:
        """As last said."""
        topic = entity.text("state_topic") or entity.text("mode_state_topic")
        value = self._value(topic, entity.text("value_template"), "state")
        document = self._document(topic)
        brightness = document.get("brightness")
        scale = entity.number("brightness_scale", 255) or 255
        own = entity.text("brightness_state_topic")
        if own:
            brightness = _number(self._value(own, entity.text("brightness_value_template"), ""))
        percent = None
        if isinstance(brightness, int | float):
            percent = min(100.0, max(0.0, 100 * brightness / scale))
        return State(_named(entity, value), percent, document)

    def reading(self, topic: str, template: str = "") -> str | None:
        """What was said on a topic, in small letters; None when nothing was."""
        return self._value(topic, template, "")

    def _document(self, topic: str) -> dict[str, object]:
        try:
            document = json.loads(self._said.get(topic, b""))
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}

    def _value(self, topic: str, template: str, key: str) -> str | None:
        payload = self._said.get(topic)
        if payload is None:
            return None
        found = VALUE.search(template)
        wanted = (found.group(1) or found.group(2)) if found else key
        document = self._document(topic)
        if wanted and wanted in document:
            value = document[wanted]
            return str(value).lower() if isinstance(value, str | int | float) else None
        return None if found or document else payload.decode("utf-8", "replace").strip().lower()


def _word(text: str) -> str:
    """Some bridges say {"state": "online"}."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text
    state = document.get("state") if isinstance(document, dict) else None
    return state if isinstance(state, str) else text


def _named(entity: Entity, value: str | None) -> str | None:
    """Its own payloads translated into the words on and off."""
    for key, word in (("payload_on", "on"), ("payload_off", "off")):
        if value is not None and value == entity.text(key).lower() != "":
            return word
    return value


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None
