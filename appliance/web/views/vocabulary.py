"""What can be said: sentences in groups, rooms, devices, and names that nobody can pronounce."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from appliance.albums.queries import fold
from appliance.bus.errors import BusError
from appliance.bus.messages.voice import AskVocabulary, Example, KnownDevice, Vocabulary
from appliance.bus.topics import ASK_VOCABULARY
from appliance.web.flash import Said
from appliance.web.parts import Parts, parts_of
from appliance.web.views.common import excuse, page_offset, show

PAGE = 60
SEARCH_LIMIT = 100
ROOMS = 60
UNKNOWN = 20
SENTENCES = 6
"""Of each intent."""
NUMBERS = re.compile(r"([0-9]+)")
GROUPS = {
    "switching": ("HassTurnOn", "HassTurnOff"),
    "lights": ("HassLightSet",),
    "covers": ("HassSetPosition", "HassStopMoving"),
    "climate": ("HassClimateSetTemperature", "HassClimateGetTemperature"),
    "machines": ("HassFanSetSpeed", "HassVacuumStart", "HassVacuumReturnToBase"),
    "alarms": ("ApplianceArm", "ApplianceDisarm"),
    "timers": (
        "HassStartTimer", "HassTimerStatus", "HassIncreaseTimer", "HassDecreaseTimer",
        "HassPauseTimer", "HassUnpauseTimer", "HassCancelTimer", "HassCancelAllTimers",
    ),
    "questions": ("HassGetState", "HassGetCurrentTime", "HassGetCurrentDate"),
    "box": (
        "ApplianceStop", "ApplianceUndo", "ApplianceHeard", "HassNevermind", "ApplianceYes",
        "ApplianceNo", "ApplianceChoose",
    ),
}  # fmt: skip
"""Intents as people group them, in this order; all others are the household's own."""
ICONS = {
    "switching": "power", "lights": "lightbulb", "covers": "blinds", "climate": "thermometer",
    "machines": "fan", "alarms": "shield-check", "timers": "timer", "questions": "circle-help",
    "box": "undo-2", "own": "sparkles",
}  # fmt: skip
DOMAIN_ICONS = {
    "light": "lightbulb", "cover": "blinds", "climate": "thermometer", "lock": "lock",
    "fan": "fan", "alarm_control_panel": "shield-check", "scene": "sparkles", "valve": "power",
    "switch": "power",
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    name: str
    icon: str
    sentences: list[str]


@dataclass(frozen=True)
class Room:
    name: str
    devices: int


@dataclass(frozen=True)
class Row:
    """A device."""

    device: KnownDevice
    icon: str
    kind: str
    """What it is, in words."""


def groups(examples: Sequence[Example]) -> list[Group]:
    """Those of which something can be said."""
    by_intent = {example.intent: example.sentences for example in examples}
    known = {intent for intents in GROUPS.values() for intent in intents}
    all_groups = {**GROUPS, "own": tuple(sorted(by_intent.keys() - known))}
    found = []
    for name, intents in all_groups.items():
        said = [line for intent in intents for line in by_intent.get(intent, [])[:SENTENCES]]
        if said:
            found.append(Group(name, ICONS[name], said))
    return found


def find(devices: Sequence[KnownDevice], searched: str) -> list[KnownDevice]:
    """Those with this in their name or room, in the order of their names."""
    wanted = fold(searched)
    found = [one for one in devices if wanted in fold(one.name) or wanted in fold(one.area)]
    return sorted(found, key=lambda one: (_order(one.name), fold(one.area)))


def _order(name: str) -> list[tuple[int, str]]:
    """Lamp 2 comes before lamp 10."""
    parts = NUMBERS.split(fold(name))
    return [(len(part) if part.isdigit() else 0, part) for part in parts]


def rooms(devices: Sequence[KnownDevice]) -> list[Room]:
    counts = Counter(device.area for device in devices if device.area)
    return [Room(name, counts[name]) for name in sorted(counts, key=_order)]


def kind_words(parts: Parts, domain: str) -> str:
    key = f"voice.domain.{domain}"
    return parts.texts(key if key in parts.texts else "voice.domain.other")


async def page(request: Request) -> Response:
    parts = parts_of(request)
    searched = request.query_params.get("q", "").strip()[:SEARCH_LIMIT]
    offset = page_offset(request)
    try:
        known = await parts.messenger.ask(ASK_VOCABULARY, AskVocabulary())
    except BusError as error:
        problem = excuse(parts.texts, ASK_VOCABULARY, error, "voice.vocabulary_away")
        return show(request, "vocabulary.html", "/voice", 503, problem=problem, wanted=searched)
    return _show(request, parts, known, searched, offset)


def _show(
    request: Request, parts: Parts, known: Vocabulary, searched: str, offset: int
) -> Response:
    found = find(known.devices, searched)
    shown = [
        Row(device, DOMAIN_ICONS.get(device.domain, "cpu"), kind_words(parts, device.domain))
        for device in found[offset : offset + PAGE]
    ]
    all_rooms = rooms(known.devices)
    problem: Said | None = None
    return show(
        request,
        "vocabulary.html",
        "/voice",
        problem=problem,
        wanted=searched,
        offset=offset,
        groups=groups(known.examples),
        rooms=all_rooms[:ROOMS],
        more_rooms=len(all_rooms) - ROOMS,
        rows=shown,
        found=len(found),
        last=min(offset + PAGE, len(found)),
        before=max(offset - PAGE, 0) if offset else None,
        after=offset + PAGE if offset + PAGE < len(found) else None,
        known=known,
        unlisted=known.device_count - len(known.devices),
        unknown=known.unknown[:UNKNOWN],
        more_unknown=max(known.unknown_count, len(known.unknown)) - len(known.unknown[:UNKNOWN]),
        alias=alias_line(known.unknown[0], parts.texts("voice.alias")) if known.unknown else "",
    )


def alias_line(name: str, other: str) -> str:
    """What the file of names says of another name. JSON's strings are YAML's; what is not seen
    is spelled out."""
    quoted = "".join(map(_seen, json.dumps(name, ensure_ascii=False)))
    return f"aliases: {{{quoted}: [{other}]}}"


def _seen(letter: str) -> str:
    return f"\\U{ord(letter):08x}" if unicodedata.category(letter) == "Cf" else letter
