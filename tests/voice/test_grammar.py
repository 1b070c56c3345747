"""Which sentences a grammar takes, and what they mean."""

import random
import time
from pathlib import Path
from typing import Any

import pytest
from hassil.intents import Intents
from hassil.sample import sample_intents
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.voice.errors import BadTemplate, VoiceError
from appliance.voice.language.compiler import compile_grammar
from appliance.voice.language.grammar import Grammar, Parse
from appliance.voice.language.templates import (
    ListValue,
    home_assistant_sentences,
    read_document,
    read_file,
)
from appliance.voice.language.words import spoken_words

ORDERS: dict[str, Any] = {
    "language": "en",
    "intents": {
        "order": {
            "data": [
                {
                    "sentences": [
                        "(make me|I'd like) [a|an] ([{size}];[{shots}]) {drink}[ with {milk}]",
                        "(cancel|stop) [the|my] order[s]",
                    ]
                }
            ]
        }
    },
    "lists": {
        "size": {"values": ["small", "twelve ounce"]},
        "shots": {"values": [{"in": "double shot", "out": "2"}]},
        "drink": {"values": ["coffee", "iced coffee", "latte"]},
        "milk": {"values": ["milk", "a bit of milk"]},
    },
}
LAMPS = [
    ListValue("Kitchen lamp", "light.kitchen", {"domain": "light"}),
    ListValue("Ceiling", "light.ceiling", {"domain": "light"}),
    ListValue("Front door", "lock.front", {"domain": "lock"}),
]
ROOMS = [ListValue("Kitchen", "kitchen"), ListValue("Hall", "hall")]


SENTENCES = home_assistant_sentences("en", spoken=True)


def orders() -> Grammar:
    return compile_grammar(read_document(ORDERS, "the test"))


def home(live: list[ListValue] | None = None, **options: str) -> Grammar:
    lists = {"name": LAMPS if live is None else live, "area": ROOMS}
    return compile_grammar(SENTENCES, lists, **options)


KITCHEN = home(area="kitchen")


def read(grammar: Grammar, text: str) -> list[Parse]:
    return grammar.parse(text.split())


def state_after(grammar: Grammar, text: str) -> int | None:
    state: int | None = grammar.start
    for word in text.split():
        state = None if state is None else grammar.next_words(state).get(word)
    return state


def accepts(grammar: Grammar, text: str) -> bool:
    state = state_after(grammar, text)
    return state is not None and grammar.is_final(state)


def test_slots_are_filled_by_what_was_said() -> None:
    (parse,) = read(orders(), "i'd like a double shot twelve ounce iced coffee with milk")
    assert parse.intent == "order"
    assert parse.slots == {
        "shots": "2",
        "size": "twelve ounce",
        "drink": "iced coffee",
        "milk": "milk",
    }


@pytest.mark.parametrize("text", ["make me", "coffee", "make me a coffee with", "", "orders"])
def test_a_part_of_a_sentence_is_none(text: str) -> None:
    assert read(orders(), text) == []
    assert not accepts(orders(), text)


def test_a_sentence_that_nothing_can_lengthen_is_not_extendable() -> None:
    grammar = orders()
    for text, extendable in (("make me a latte", True), ("make me a latte with milk", False)):
        state = state_after(grammar, text)
        assert state is not None
        assert grammar.is_final(state)
        assert grammar.extendable(state) is extendable


def test_endings_within_a_word_make_words() -> None:
    assert accepts(orders(), "cancel my orders")
    assert accepts(orders(), "cancel my order")
    assert not accepts(orders(), "cancel my order s")


def test_every_sentence_that_hassil_makes_of_the_templates_is_understood() -> None:
    grammar = orders()
    made = list(sample_intents(Intents.from_dict(ORDERS)))
    assert len(made) > 100
    for intent, text in made:
        words = spoken_words(text)
        assert [parse.intent for parse in grammar.parse(words)] == [intent], text
        assert accepts(grammar, " ".join(words)), text


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False))
def test_what_the_acceptor_walks_the_parser_reads(chance: random.Random) -> None:
    grammar = KITCHEN
    state, words = grammar.start, list[str]()
    while (following := grammar.next_words(state)) and len(words) < 20:
        assert grammar.is_final(state) == bool(grammar.parse(words))
        word = chance.choice(sorted(following))
        words.append(word)
        state = following[word]
    assert grammar.is_final(state) == bool(grammar.parse(words))


def test_a_name_stands_only_where_its_kind_of_device_can() -> None:
    grammar = home()
    assert read(grammar, "lock the front door")
    assert not read(grammar, "turn on the front door")
    assert not read(grammar, "lock the ceiling")


def test_two_devices_of_one_name_are_two_readings() -> None:
    twins = [ListValue("Lamp", each, {"domain": "light"}) for each in ("light.1", "light.2")]
    readings = read(home(twins), "turn on the lamp")
    assert {parse.slots["name"] for parse in readings} == {"light.1", "light.2"}


def test_here_can_be_said_only_where_the_room_is_known() -> None:
    assert not read(home(), "turn on the lights")
    (parse,) = read(home(area="kitchen"), "turn on the lights")
    assert parse.slots == {"domain": "light", "area": "kitchen"}


def test_a_polite_beginning_changes_nothing() -> None:
    polite = read(home(), "could you turn on the ceiling")
    assert polite == read(home(), "turn on the ceiling")
    assert accepts(home(), "please turn on the ceiling")


def test_without_names_nothing_that_needs_one_can_be_said() -> None:
    grammar = home([])
    assert state_after(grammar, "lock") is None
    assert accepts(grammar, "what time is it")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=8))
def test_any_name_can_be_given_to_a_device(names: list[str]) -> None:
    grammar = home([ListValue(name, name, {"domain": "light"}) for name in names])
    for name in names:
        words = spoken_words(name)
        readings = grammar.parse(("switch", "on", *words))
        assert not words or name in {parse.slots.get("name") for parse in readings}


def test_ten_thousand_names_are_held() -> None:
    names = [
        ListValue(f"lamp {number} left", str(number), {"domain": "light"})
        for number in range(10_000)
    ]
    begin_s = time.process_time()
    grammar = home(names)
    assert grammar.parse(("turn", "on", *spoken_words("lamp 9999 left")))
    assert accepts(grammar, "turn on lamp nine thousand nine hundred ninety nine left")
    assert time.process_time() - begin_s < 30


@pytest.mark.parametrize(
    "document",
    [
        {"intents": {"a": {"data": [{"sentences": ["(open"]}]}}},
        {"intents": {"a": {"data": [{"sentences": ["<nothing>"]}]}}},
        {
            "intents": {"a": {"data": [{"sentences": ["<loop>"]}]}},
            "expansion_rules": {"loop": "a <loop>"},
        },
        {"intents": {"a": {"data": "sentences"}}},
        {"intents": {"a": {"data": [{"sentences": [7]}]}}},
        {"intents": [], "lists": 3},
        {"intents": {}, "lists": {"a": {"colour": 1}}},
    ],
)
def test_a_document_that_is_no_template_is_refused_with_its_source(
    document: dict[str, Any],
) -> None:
    with pytest.raises(BadTemplate, match="of the test"):
        read_document(document, "the test")


@pytest.mark.parametrize("text", ["a: [", "- 1", "\x00", "{" * 300])
def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sentences.yaml"
    path.write_text(text)
    with pytest.raises(BadTemplate, match=r"sentences\.yaml"):
        read_file(path)


def test_too_many_combinations_are_refused() -> None:
    parts = ";".join(f"[a{number}]" for number in range(9))
    document = {"intents": {"a": {"data": [{"sentences": [f"({parts})"]}]}}}
    with pytest.raises(VoiceError):
        compile_grammar(read_document(document, "the test"))
