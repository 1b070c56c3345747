"""What can be said in this house now, as the page shows it: sentences that the compiled grammar
takes, devices, and names that nobody can say."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from hassil.expression import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RuleReference,
    TextChunk,
)
from hassil.intents import IntentData, RangeSlotList, TextSlotList

from appliance.bus.messages.voice import Example, KnownDevice, Vocabulary
from appliance.voice.dialogue.sentences import Grammars
from appliance.voice.household.household import Household
from appliance.voice.language.templates import ListValue, Templates, find_rule
from appliance.voice.language.words import spoken_words

EXAMPLES_LIMIT = 3
"""Sentences of each intent."""
TRIES_LIMIT = 40
"""Sentences of each intent that are tried."""
SIZE_BYTES = 900_000
"""What the lists may take of the message's limit, counted as below."""
DEVICE_BYTES = 90
"""A device's keys and short words in JSON."""
UNKNOWN_LIMIT = 200
NAMES_TRIED = 8
USUAL_NUMBER = 20
"""Of minutes, percent and degrees; what is in the middle of their ranges nobody says."""

Lists = Mapping[str, Sequence[ListValue]]


def known_devices(household: Household) -> list[KnownDevice]:
    """All of them, as they are now."""
    return [
        KnownDevice(
            name=entity.name,
            area=entity.area,
            domain=entity.domain,
            presence=household.presence(entity),
        )
        for entity in household.entities
    ]


def describe(
    templates: Templates,
    grammars: Grammars,
    devices: Sequence[KnownDevice],
    lists: Lists,
    spells: Callable[[str], bool] = lambda word: True,
) -> Vocabulary:
    """`lists` are the live names that `grammars` were compiled with; `spells` is whether the
    recogniser can hear a word. Takes some time: not for the loop."""
    unknown = unspoken(itertools.chain(*(lists.get(key, ()) for key in NAMES)), spells)
    return Vocabulary(
        examples=examples(templates, grammars, lists),
        devices=list(_fitting(devices)),
        device_count=len(devices),
        unknown=unknown[:UNKNOWN_LIMIT],
        unknown_count=len(unknown),
        states={
            "spoken": grammars.spoken.size,
            "typed": grammars.typed.size,
            "answers": grammars.answers.size,
        },
    )


NAMES = ("name", "area", "floor")


def unspoken(values: Iterable[ListValue], spells: Callable[[str], bool]) -> list[str]:
    """Names without any word, or with one that cannot be heard; each once."""
    found: dict[str, None] = {}
    for value in values:
        words = spoken_words(value.text)
        if not words or not all(map(spells, words)):
            found[value.text] = None
    return list(found)


def examples(templates: Templates, grammars: Grammars, lists: Lists) -> list[Example]:
    """A few sentences of each intent, none that the grammar would not take."""
    drafts: dict[str, list[Iterator[str]]] = {}
    for number, (intent, data) in enumerate(templates.blocks):
        draft = _Draft(templates, data, lists, number)
        ways = [draft.texts(sentence.expression) for sentence in data.sentences]
        drafts.setdefault(intent, []).append(_in_turn(ways))
    found = []
    for intent, ways in drafts.items():
        sentences = _accepted(intent, ways, grammars)
        if sentences:
            found.append(Example(intent=intent, sentences=sentences))
    return found


def _accepted(intent: str, ways: Sequence[Iterator[str]], grammars: Grammars) -> list[str]:
    """Those that name a device and a room as well only where there are no others: the device need
    not be in that room."""
    accepted: dict[str, None] = {}
    doubtful: dict[str, None] = {}
    for text in itertools.islice(_in_turn(ways), TRIES_LIMIT):
        readings = grammars.spoken.parse(spoken_words(text))
        slots = [parse.slots for parse in readings if parse.intent == intent]
        if slots:
            both = all("name" in each and "area" in each for each in slots)
            (doubtful if both else accepted)[" ".join(text.split())] = None
        if len(accepted) >= EXAMPLES_LIMIT:
            break
    return list(accepted or doubtful)[:EXAMPLES_LIMIT]


def _in_turn(ways: Sequence[Iterator[str]]) -> Iterator[str]:
    """The first of each, then the second of each, ..."""
    for texts in itertools.zip_longest(*ways):
        yield from filter(None, texts)


def _fitting(devices: Iterable[KnownDevice]) -> Iterator[KnownDevice]:
    left = SIZE_BYTES
    for device in devices:
        left -= DEVICE_BYTES + len(device.name.encode()) + len(device.area.encode())
        if left < 0:
            return
        yield device


class _Draft:
    """Writes a template out with the first of its alternatives and real names."""

    def __init__(self, templates: Templates, data: IntentData, lists: Lists, turn: int) -> None:
        """`turn` begins the lists at another name for each block."""
        self._templates = templates
        self._data = data
        self._lists = lists
        self._turn = turn

    def texts(self, expression: Expression) -> Iterator[str]:
        for number in range(NAMES_TRIED):
            text = self._write(expression, number, 0)
            if text is None:
                return
            yield text

    def _write(self, expression: Expression, number: int, depth: int) -> str | None:
        """None when a list is empty here."""
        if depth > 24 or isinstance(expression, TextChunk):
            return expression.text if isinstance(expression, TextChunk) else None
        if isinstance(expression, ListReference):
            return self._value(expression.list_name, number)
        if isinstance(expression, RuleReference):
            rule = find_rule(expression.rule_name, self._templates, self._data)
            return None if rule is None else self._write(rule, number, depth + 1)
        if isinstance(expression, Alternative):
            ways = (self._write(item, number, depth + 1) for item in expression.items)
            return next((way for way in ways if way is not None), None)
        if isinstance(expression, Group):
            parts = [self._write(item, number, depth + 1) for item in expression.items]
            joint = " " if isinstance(expression, Permutation) else ""
            return None if None in parts else joint.join(filter(None, parts))
        return None

    def _value(self, name: str, number: int) -> str | None:
        local = self._data.slot_lists.get(name)
        if local is None and name in self._lists:
            domain = self._data.requires_context.get("domain", ())
            wanted = frozenset([domain] if isinstance(domain, str) else domain)
            values = [
                value.text
                for value in self._lists[name]
                if name != "name" or not wanted or value.context.get("domain") in wanted
            ]
            return values[(self._turn + number) % len(values)] if values else None
        listed = local or self._templates.lists.get(name)
        if isinstance(listed, TextSlotList):
            texts = [value.text_in for value in listed.values]
            chosen = texts[(self._turn + number) % len(texts)] if texts else None
            return None if chosen is None else self._write(chosen, number, 1)
        if isinstance(listed, RangeSlotList):
            count = (listed.stop - listed.start) // listed.step + 1
            first = (USUAL_NUMBER - listed.start) // listed.step
            return str(listed.start + listed.step * ((max(0, first) + number) % count))
        return None
