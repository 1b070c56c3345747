"""What a sentence asks of which devices: steps that can be carried out, and put back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appliance.voice.errors import NotPossible
from appliance.voice.household import commands
from appliance.voice.household.commands import Command
from appliance.voice.household.entities import Entity
from appliance.voice.household.household import Household, State
from appliance.voice.language.grammar import Parse


@dataclass(frozen=True)
class Step:
    """One device and what it is to do."""

    entity: Entity
    command: Command
    what: str
    """The end of a key of the spoken texts: `turn_on`, `brightness`, ..."""
    facts: Mapping[str, str]
    before: State
    """How the device was when this was planned."""

    @property
    def asks_first(self) -> bool:
        return self.what != "stop" and commands.asks_first(self.entity)


@dataclass(frozen=True)
class Plan:
    """What one reading of a sentence means here and now."""

    steps: tuple[Step, ...]
    refused: tuple[tuple[Entity, str], ...] = ()
    """Devices that cannot do it, and the key of the reason."""

    @property
    def asks_first(self) -> bool:
        return any(step.asks_first for step in self.steps)

    @property
    def targets(self) -> frozenset[tuple[str, bytes]]:
        """Two plans with the same targets do the same."""
        return frozenset((step.command.topic, step.command.payload) for step in self.steps)


Make = Callable[[Entity, Mapping[str, str]], tuple[Command, str, Mapping[str, str]]]


def plan(parse: Parse, household: Household) -> Plan:
    """Steps for every device that the sentence is about; none when there is no such device."""
    return make_plan(find_entities(parse, household), parse, household)


def make_plan(entities: list[Entity], parse: Parse, household: Household) -> Plan:
    """The same for chosen devices."""
    steps, refused = [], []
    for entity in entities:
        if household.presence(entity) == "unavailable":
            refused.append((entity, "unavailable"))
            continue
        try:
            command, what, facts = ACTIONS[parse.intent](entity, parse.slots)
        except NotPossible as error:
            refused.append((entity, error.reason))
        else:
            steps.append(Step(entity, command, what, facts, household.state(entity)))
    return Plan(tuple(steps), tuple(refused))


def find_entities(parse: Parse, household: Household) -> list[Entity]:
    """Those that the slots name."""
    slots = parse.slots
    domains = [slots["domain"]] if slots.get("domain") else DOMAINS.get(parse.intent, [])
    return household.find(
        identifier=slots.get("name", ""),
        domains=() if "name" in slots else domains,
        area=slots.get("area", ""),
        floor=slots.get("floor", ""),
        device_class=slots.get("device_class", ""),
    )


def put_back(step: Step) -> Step:
    """What brings the device to how it was. Raises NotPossible when that is not known."""
    entity, before = step.entity, step.before
    if step.what in {"brightness", "colour"} and before.value == "on" and before.brightness:
        command = commands.set_brightness(entity, before.brightness)
        what, facts = "brightness", {"percent": f"{before.brightness:.0f}"}
    elif step.what in PAIRS:
        was_on = before.value in {"on", "open", "locked"} if before.value else step.what in CLOSING
        facts = {}
        command = commands.turn_on(entity) if was_on else commands.turn_off(entity)
        what = _turned(entity, was_on)
    elif step.what == "brightness" and before.value == "off":
        command, what, facts = commands.turn_off(entity), "turn_off", {}
    else:
        raise NotPossible(entity.name, "cannot_undo")
    return Step(entity, command, what, facts, State())


PAIRS = frozenset({"turn_on", "turn_off", "open", "close", "lock", "unlock"})
CLOSING = frozenset({"turn_off", "close", "unlock"})
"""What is undone by the other of its pair, when the device has not said how it was."""


def _turned(entity: Entity, on: bool) -> str:
    pair = {
        "cover": ("open", "close"),
        "valve": ("open", "close"),
        "lock": ("lock", "unlock"),
        "scene": ("activate", "activate"),
        "button": ("activate", "activate"),
        "vacuum": ("start", "return"),
    }.get(entity.domain, ("turn_on", "turn_off"))
    return pair[0] if on else pair[1]


def _turn_on(entity: Entity, _: Mapping[str, str]) -> tuple[Command, str, Mapping[str, str]]:
    return commands.turn_on(entity), _turned(entity, True), {}


def _turn_off(entity: Entity, _: Mapping[str, str]) -> tuple[Command, str, Mapping[str, str]]:
    return commands.turn_off(entity), _turned(entity, False), {}


def _stop(entity: Entity, _: Mapping[str, str]) -> tuple[Command, str, Mapping[str, str]]:
    return commands.stop(entity), "stop", {}


def _arm(entity: Entity, _: Mapping[str, str]) -> tuple[Command, str, Mapping[str, str]]:
    return commands.arm(entity), "arm", {}


def _disarm(entity: Entity, _: Mapping[str, str]) -> tuple[Command, str, Mapping[str, str]]:
    return commands.disarm(entity), "disarm", {}


def _set_light(entity: Entity, slots: Mapping[str, str]) -> tuple[Command, str, Mapping[str, str]]:
    if "color" in slots:
        colour = slots["color"]
        return commands.set_colour(entity, colour), "colour", {"colour": colour}
    if "brightness" not in slots:
        raise NotPossible(entity.name, "not_that")
    percent = slots["brightness"]
    return commands.set_brightness(entity, float(percent)), "brightness", {"percent": percent}


def _set_position(
    entity: Entity, slots: Mapping[str, str]
) -> tuple[Command, str, Mapping[str, str]]:
    percent = slots["position"]
    return commands.set_position(entity, float(percent)), "position", {"percent": percent}


def _set_speed(entity: Entity, slots: Mapping[str, str]) -> tuple[Command, str, Mapping[str, str]]:
    percent = slots["percentage"]
    return commands.set_speed(entity, float(percent)), "speed", {"percent": percent}


def _set_temperature(
    entity: Entity, slots: Mapping[str, str]
) -> tuple[Command, str, Mapping[str, str]]:
    degrees = slots["temperature"]
    command = commands.set_temperature(entity, float(degrees))
    return command, "temperature", {"degrees": degrees}


ACTIONS: Mapping[str, Make] = {
    "HassTurnOn": _turn_on,
    "HassTurnOff": _turn_off,
    "HassStopMoving": _stop,
    "HassLightSet": _set_light,
    "HassSetPosition": _set_position,
    "HassFanSetSpeed": _set_speed,
    "HassClimateSetTemperature": _set_temperature,
    "HassVacuumStart": _turn_on,
    "HassVacuumReturnToBase": _turn_off,
    "ApplianceArm": _arm,
    "ApplianceDisarm": _disarm,
}
"""What is done for an intent; names and slots are Home Assistant's (home_assistant_intents,
intents.json), those that begin with Appliance are ours."""
DOMAINS: Mapping[str, list[str]] = {
    "HassLightSet": ["light"],
    "HassFanSetSpeed": ["fan"],
    "HassClimateSetTemperature": ["climate"],
    "HassVacuumStart": ["vacuum"],
    "HassVacuumReturnToBase": ["vacuum"],
    "HassTurnOn": ["light"],
    "HassTurnOff": ["light"],
}
"""What is meant where a sentence names a room only."""
