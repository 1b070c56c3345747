"""A house whose devices announce themselves as common firmware does (zigbee2mqtt, Tasmota)."""

import json
from datetime import datetime
from typing import Any

from appliance.voice.dialogue.conversation import Conversation, Reply
from appliance.voice.dialogue.sentences import Grammars, Sentences
from appliance.voice.errors import NotSent
from appliance.voice.household.commands import Command
from appliance.voice.household.household import Household, Names
from appliance.voice.language.replies import Replies

NAMES = Names(
    aliases={"Kitchen lamp": ["big light"]},
    floors={"Upstairs": ["Bedroom", "Office"]},
)
SENTENCES = Sentences("en", area="Kitchen")


def entity(domain: str, name: str, area: str = "", **config: Any) -> tuple[str, bytes]:
    """A discovery message of a device with one entity."""
    key = name.lower().replace(" ", "_")
    device = {"identifiers": [key], "name": name}
    if area:
        device["suggested_area"] = area
    topics = {"state_topic": f"house/{key}/state", "availability_topic": f"house/{key}/online"}
    document = {"name": None, "device": device, "command_topic": f"house/{key}/set", **topics}
    return f"homeassistant/{domain}/{key}/config", json.dumps({**document, **config}).encode()


DEVICES = (
    entity(
        "light",
        "Kitchen lamp",
        "Kitchen",
        schema="json",
        brightness=True,
        supported_color_modes=["rgb"],
    ),
    entity(
        "light",
        "Counter",
        "Kitchen",
        brightness_command_topic="house/counter/level",
        brightness_scale=100,
        rgb_command_topic="house/counter/rgb",
    ),
    entity("light", "Bedside", "Bedroom"),
    entity("switch", "Coffee machine", "Kitchen", payload_on="1", payload_off="0"),
    entity("switch", "Radio", "Office"),
    entity(
        "fan",
        "Ceiling fan",
        "Bedroom",
        percentage_command_topic="house/fan/speed",
        speed_range_max=4,
    ),
    entity(
        "cover", "Blind", "Office", set_position_topic="house/blind/position", device_class="blind"
    ),
    entity("cover", "Garage door", "Garage", device_class="garage"),
    entity(
        "climate",
        "Heating",
        "Bedroom",
        modes=["off", "heat"],
        mode_command_topic="house/heating/mode",
        mode_state_topic="house/heating/state",
        temperature_command_topic="house/heating/target",
        current_temperature_topic="house/heating/current",
        min_temp=5,
        max_temp=30,
    ),
    entity("lock", "Front door", "Hall"),
    entity("scene", "Movie night"),
    entity("button", "Doorbell", "Hall"),
    entity("siren", "Alarm horn", "Hall"),
    entity("valve", "Garden tap", "Garden"),
    entity("vacuum", "Dusty", "Hall"),
    entity("alarm_control_panel", "House alarm", "Hall"),
    entity("sensor", "Humidity", "Bedroom", unit_of_measurement="%"),
    entity("light", "Desk lamp", "Office"),
    entity("light", "Reading light", "Bedroom"),
    entity("light", "Reading light ", "Office", unique_id="2"),
)


class House:
    """A conversation with that house; the broker is a list, the clock stands until it is moved."""

    def __init__(self, *devices: tuple[str, bytes], names: Names = NAMES) -> None:
        self.sent: list[tuple[str, str]] = []
        self.now_s = 1000.0
        self.broken = False
        self.household = Household(names)
        for topic, payload in devices or DEVICES:
            self.household.hear(topic, payload)
        self.conversation = Conversation(
            self.household,
            GRAMMARS if not devices and names is NAMES else self.compile(),
            Replies(),
            self._send,
            clock=lambda: self.now_s,
            now=lambda: datetime(2026, 11, 23, 18, 5),  # noqa: DTZ001 # local time of the house
        )

    def compile(self) -> Grammars:
        return SENTENCES.compile(self.household.lists())

    async def _send(self, command: Command) -> None:
        if self.broken:
            raise NotSent(command.topic)
        self.sent.append((command.topic.removeprefix("house/"), command.payload.decode()))

    async def say(self, text: str, spoken_s: float | None = None) -> Reply:
        return await self.conversation.say(text, spoken_s)

    def hear(self, topic: str, payload: str) -> None:
        """Something that a device says."""
        self.household.hear(f"house/{topic}", payload.encode())


def _usual() -> Grammars:
    household = Household(NAMES)
    for topic, payload in DEVICES:
        household.hear(topic, payload)
    return SENTENCES.compile(household.lists())


GRAMMARS = _usual()
