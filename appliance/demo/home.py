"""A small home of four rooms to try the box with.

Its devices announce themselves to Home Assistant and obey on topics below `virtual/`, as those of
any vendor do; nothing of the product knows them.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from appliance.demo.devices.colour_light import ColourLight
from appliance.demo.devices.cover import Cover
from appliance.demo.devices.device import Device, Memory, key_of
from appliance.demo.devices.fan import Fan
from appliance.demo.devices.lock import Lock
from appliance.demo.devices.scene import Scene
from appliance.demo.devices.switched_light import SwitchedLight
from appliance.demo.devices.thermometer import Thermometer
from appliance.demo.devices.thermostat import Thermostat
from appliance.demo.errors import NotUnderstood
from appliance.service.durable import write_file

ROOT = "virtual"
AVAILABILITY = f"{ROOT}/availability"
COMMANDS = f"{ROOT}/#"
PAYLOAD_LIMIT_BYTES = 1024


def furnish() -> list[Device]:
    """Kitchen, living room, bedroom and hall."""
    kitchen_lamp = ColourLight("Kitchen lamp", "Kitchen")
    floor_lamp = ColourLight("Floor lamp", "Living room")
    blind = Cover("Blind", "Living room", "blind")
    evening = (
        (floor_lamp, "set", '{"state": "ON", "brightness": 64}'),
        (kitchen_lamp, "set", '{"state": "OFF"}'),
        (blind, "set", "CLOSE"),
    )
    return [
        kitchen_lamp,
        SwitchedLight("Counter light", "Kitchen"),
        Thermometer("Kitchen thermometer", "Kitchen"),
        floor_lamp,
        blind,
        Thermostat("Heating", "Living room"),
        Scene("Movie night", "Living room", evening),
        SwitchedLight("Bedside lamp", "Bedroom", dimmer=True),
        Fan("Ceiling fan", "Bedroom"),
        SwitchedLight("Hall light", "Hall"),
        Lock("Front door", "Hall"),
    ]


class Home:
    """Its devices by their topics; not for several threads."""

    def __init__(self, devices: Sequence[Device]) -> None:
        self._devices = {f"{ROOT}/{key_of(device)}": device for device in devices}

    def announcements(self) -> dict[str, bytes]:
        """Home Assistant's discovery messages by topic."""
        return {
            f"homeassistant/{device.domain}/{topic}/config": self._announcement(topic, device)
            for topic, device in self._devices.items()
        }

    def _announcement(self, topic: str, device: Device) -> bytes:
        identifier = topic.replace("/", "-")
        document = {
            "name": None,
            "unique_id": identifier,
            "availability_topic": AVAILABILITY,
            "device": {
                "identifiers": [identifier],
                "name": device.name,
                "manufacturer": "Virtual",
                "model": f"Virtual {device.domain}",
                "suggested_area": device.room,
            },
            **device.config(topic),
        }
        return json.dumps(document).encode()

    def states(self) -> dict[str, bytes]:
        """What all devices say, by topic."""
        return {
            f"{topic}/{key}".rstrip("/"): value.encode()
            for topic, device in self._devices.items()
            for key, value in device.states().items()
        }

    def take(self, topic: str, payload: bytes) -> bool:
        """Obeys a command; False for a topic on which none comes (devices speak there themselves).

        Raises NotUnderstood; then every device is as before.
        """
        root, _, below = topic.partition("/")
        key, _, command = below.partition("/")
        device = self._devices.get(f"{root}/{key}")
        if device is None or not (command == "set" or command.endswith("/set")):
            return False
        if len(payload) > PAYLOAD_LIMIT_BYTES:
            raise NotUnderstood(device.name, "too long")
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            raise NotUnderstood(device.name, "no text") from None
        device.take(command, text)
        return True

    def pass_time(self, elapsed_s: float) -> None:
        for device in self._devices.values():
            device.pass_time(elapsed_s)

    def remember(self, path: Path) -> None:
        """Writes durably what the devices know after a power cut. Raises OSError."""
        known = {topic: device.memory() for topic, device in self._devices.items()}
        write_file(path, msgspec.json.encode(known))

    def recall(self, path: Path) -> None:
        """Reads that; without a sound file the devices are new."""
        try:
            known = msgspec.json.decode(path.read_bytes(), type=dict[str, Memory])
        except (OSError, msgspec.DecodeError):
            return
        empty: Mapping[str, Memory] = {}
        for topic, device in self._devices.items():
            if memory := known.get(topic, empty.get(topic)):
                device.recall(memory)
