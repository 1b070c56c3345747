"""Sentence templates and the household's names become a grammar."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from hassil.expression import (
    Alternative,
    Expression,
    Group,
    ListReference,
    Permutation,
    RuleReference,
    TextChunk,
)
from hassil.intents import IntentData, RangeSlotList, RangeType, SlotList, TextSlotList

from appliance.voice.errors import BadTemplate, GrammarTooLarge
from appliance.voice.language.grammar import Block, Grammar
from appliance.voice.language.network import PERMUTATION_LIMIT, Network
from appliance.voice.language.templates import ListValue, Templates
from appliance.voice.language.word_list import WordList
from appliance.voice.language.words import number_words, spoken_words

NUMBER_LIMIT = 20_000
VARIANT_LIMIT = 1_000
"""Ways in which one value of a list can be said."""

Words = tuple[str, ...]


def compile_grammar(
    templates: Templates,
    live: Mapping[str, Sequence[ListValue]] | None = None,
    *,
    area: str = "",
) -> Grammar:
    """`live` are the lists of names (`name`, `area`, `floor`); they take the place of lists of the
    templates. `area` is the slot value of the room that the box stands in: only when it is known
    can sentences be said that mean "here". Raises BadTemplate and GrammarTooLarge.
    """
    return _Compiler(templates, live or {}, area).compile()


class _Compiler:
    def __init__(
        self, templates: Templates, live: Mapping[str, Sequence[ListValue]], area: str
    ) -> None:
        self._templates = templates
        self._live = live
        self._area = area
        self._network = Network(templates)
        self._lists: dict[str, WordList] = {}
        self._spoken: dict[str, Words] = {}

    def compile(self) -> Grammar:
        blocks = []
        for number, (intent, data) in enumerate(self._templates.blocks):
            filled = self._filled(data)
            if filled is None:
                continue
            names = self._names(data, number)
            for sentence in data.sentences:
                node = self._network.add(data, sentence.expression, names)
                if node is not None:
                    blocks.append(Block(intent, node, filled, number, data.response or ""))
        courtesies = WordList((self._words(text), text) for text in self._templates.courtesies)
        return Grammar(self._network, self._lists, _unique(blocks), courtesies)

    def _filled(self, data: IntentData) -> dict[str, str] | None:
        """The slots that a block fills whatever is said; None when it cannot be said here."""
        slots = {name: _text(value) for name, value in data.slots.items()}
        for key, required in data.requires_context.items():
            if key == "area":
                if not self._area:
                    return None
                if isinstance(required, dict) and required.get("slot"):
                    slots["area"] = self._area
        return slots

    def _names(self, data: IntentData, number: int) -> dict[str, str]:
        """Which list a block means by a name; lists that are empty here are left out."""
        names = {}
        for name in {*self._templates.lists, *self._live, *data.slot_lists}:
            key = self._list(name, data, number)
            if not self._lists[key].empty:
                names[name] = key
        return names

    def _list(self, name: str, data: IntentData, number: int) -> str:
        """Makes the list if it is not there yet; its key."""
        if name in self._live and name not in data.slot_lists:
            wanted, unwanted = _domains(data.requires_context), _domains(data.excludes_context)
            if name != "name":
                wanted, unwanted = frozenset(), frozenset()
            key = f"{name} {','.join(sorted(wanted))} {','.join(sorted(unwanted))}"
            if key not in self._lists:
                self._lists[key] = WordList(
                    (self._words(each.text), each.value)
                    for each in self._live[name]
                    if (not wanted or each.context.get("domain") in wanted)
                    and each.context.get("domain") not in unwanted
                )
            return key
        local = data.slot_lists.get(name)
        key = name if local is None else f"{name} {number}"
        if key not in self._lists:
            self._lists[key] = WordList(self._values(local or self._templates.lists[name], name))
        return key

    def _values(self, values: SlotList, name: str) -> Iterator[tuple[Words, str]]:
        if isinstance(values, TextSlotList):
            for value in values.values:
                for text in self._variants(value.text_in, 0):
                    yield self._words(text), _text(value.value_out)
        elif isinstance(values, RangeSlotList):
            yield from self._numbers(values, name)
        # A wildcard cannot be said under a grammar.

    def _numbers(self, values: RangeSlotList, name: str) -> Iterator[tuple[Words, str]]:
        if (values.stop - values.start) // values.step > NUMBER_LIMIT:
            raise BadTemplate(
                "the household", f"the list {name} has more than {NUMBER_LIMIT} numbers"
            )
        language = values.words_language or self._templates.language
        for number in values.get_numbers():
            value = number * (values.multiplier or 1)
            try:
                words = number_words(number, language)
            except ValueError:  # nobody has told how numbers are said in this language
                return
            yield words, f"{value:.12g}"
            if number == 100 and language.startswith("en"):
                yield ("a", "hundred"), f"{value:.12g}"
            if values.type is RangeType.TEMPERATURE and number % 1 == 0.5:
                yield (*number_words(int(number), language), "and", "a", "half"), f"{value:.12g}"

    def _variants(self, expression: Expression, depth: int) -> set[str]:
        """Everything that a value's template can be. Raises GrammarTooLarge."""
        if isinstance(expression, TextChunk):
            return {expression.text}
        if isinstance(expression, Permutation) and len(expression.items) <= PERMUTATION_LIMIT:
            orders = itertools.permutations(expression.items)
            return {text for order in orders for text in self._joined(order, depth)}
        if isinstance(expression, RuleReference | ListReference | Permutation) or depth > 16:
            raise BadTemplate("the household", "a list's value refers to something else")
        if not isinstance(expression, Group):
            raise BadTemplate("the household", f"unknown syntax {expression}")
        if isinstance(expression, Alternative):
            return {text for item in expression.items for text in self._variants(item, depth + 1)}
        return self._joined(expression.items, depth)

    def _joined(self, items: Iterable[Expression], depth: int) -> set[str]:
        texts = {""}
        for item in items:
            ends = self._variants(item, depth + 1)
            if len(texts) * len(ends) > VARIANT_LIMIT:
                raise GrammarTooLarge(VARIANT_LIMIT)
            texts = {text + end for text in texts for end in ends}
        return texts

    def _words(self, text: str) -> Words:
        found = self._spoken.get(text)
        if found is None:
            found = self._spoken[text] = spoken_words(text, self._templates.language)
        return found


def _domains(context: Mapping[str, Any]) -> frozenset[str]:
    value = context.get("domain", ())
    return frozenset([value] if isinstance(value, str) else value)


def _text(value: object) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _unique(blocks: Iterable[Block]) -> Iterator[Block]:
    """A block whose sentences begin at the same node is kept once."""
    seen = set()
    for block in blocks:
        key = (block.number, block.node)
        if key not in seen:
            seen.add(key)
            yield block
