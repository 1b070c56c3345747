"""What every virtual device has in common.

Payloads are those of Home Assistant's MQTT integrations
(https://www.home-assistant.io/integrations/#search/mqtt).
"""

from collections.abc import Mapping
from typing import Protocol

from appliance.demo.errors import NotUnderstood

Config = dict[str, object]
"""What a device announces, topics included."""
Memory = dict[str, float | str | bool]
"""What a device knows after the power was away: plain values by name."""


class Device(Protocol):
    """One entity of Home Assistant's. Topics are below its own, such as `virtual/kitchen_lamp`."""

    domain: str
    name: str
    room: str

    def config(self, topic: str) -> Config:
        """What it announces of itself beside name, room and availability."""

    def take(self, command: str, payload: str) -> None:
        """Obeys what came on `<topic>/<command>`. Raises NotUnderstood; then all is as before."""

    def states(self) -> Mapping[str, str]:
        """What it says on `<topic>/<key>`; on its topic itself for an empty key."""

    def pass_time(self, elapsed_s: float) -> None:
        """What moves or warms by itself goes on."""

    def memory(self) -> Memory:
        """What it would know after a power cut."""

    def recall(self, memory: Memory) -> None:
        """Takes what `memory` gave; values that it does not know or that cannot be are left out."""


def key_of(device: Device) -> str:
    """Its name as topics spell it."""
    return device.name.lower().replace(" ", "_")


def choose(device: Device, payload: str, allowed: Mapping[str, bool]) -> bool:
    """What one of the words of `allowed` means. Raises NotUnderstood for any other."""
    if payload not in allowed:
        raise NotUnderstood(device.name, f"not one of {', '.join(allowed)}")
    return allowed[payload]


def read_number(device: Device, payload: str, low: float, high: float) -> float:
    """A number from `low` to `high`. Raises NotUnderstood."""
    try:
        value = float(payload)
    except ValueError:
        raise NotUnderstood(device.name, "no number") from None
    if not low <= value <= high:  # also what is not a number (nan)
        raise NotUnderstood(device.name, f"not between {low:g} and {high:g}")
    return value


def recalled(memory: Memory, name: str, low: float, high: float, default: float) -> float:
    """A number of `memory`, if it is one and within its range."""
    value = memory.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return float(value) if low <= value <= high else default
