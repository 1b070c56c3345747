"""More than 200 typed sentences over all intents: what is understood, and what is sent."""

import json
from pathlib import Path

import pytest

from appliance.voice.dialogue.sentences import ANSWERS, CARRIED_OUT
from appliance.voice.language.grammar import Grammar
from appliance.voice.language.words import spoken_words
from tests.voice.house import GRAMMARS, House
from tests.voice.states import STATES

pytestmark = pytest.mark.anyio

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "sentences.tsv").read_text().splitlines()[1:]
]
NEEDS_TIMER = "timer"
UNLOCK, LAMP = "unlock the front door", "turn on the reading light"
OFFICE, BEDROOM = ("reading_light_/set", "ON"), ("reading_light/set", "ON")
ANSWERED = [
    (UNLOCK, "yes", "done", "ApplianceYes", [("front_door/set", "UNLOCK")]),
    (UNLOCK, "yes please", "done", "ApplianceYes", [("front_door/set", "UNLOCK")]),
    (UNLOCK, "do it", "done", "ApplianceYes", [("front_door/set", "UNLOCK")]),
    ("arm the house alarm", "confirm", "done", "ApplianceYes", [("house_alarm/set", "ARM_AWAY")]),
    (UNLOCK, "no", "refused", "ApplianceNo", []),
    (UNLOCK, "no thanks", "refused", "ApplianceNo", []),
    (UNLOCK, "don't", "refused", "ApplianceNo", []),
    (LAMP, "the first one", "done", "ApplianceChoose", [BEDROOM]),
    (LAMP, "second", "done", "ApplianceChoose", [OFFICE]),
    (LAMP, "the office one", "done", "ApplianceChoose", [OFFICE]),
    (LAMP, "the one in the bedroom", "done", "ApplianceChoose", [BEDROOM]),
]


@pytest.mark.parametrize(("text", "kind", "intent", "sent"), ROWS, ids=[row[0] for row in ROWS])
async def test_a_typed_sentence_is_obeyed(text: str, kind: str, intent: str, sent: str) -> None:
    house = House()
    for topic, payload in STATES.items():
        house.hear(topic, payload)
    if NEEDS_TIMER in text and not text.startswith(("set", "timer for")):
        await house.say("set a timer for one hour")
    reply = await house.say(text)
    assert (reply.kind, reply.intent) == (kind, intent)
    assert house.sent == [tuple(each) for each in json.loads(sent)]
    assert reply.text


@pytest.mark.parametrize("part", ["spoken", "typed"])
def test_no_intent_of_a_grammar_is_without_a_sentence(part: str) -> None:
    grammar: Grammar = getattr(GRAMMARS, part)
    assert {row[2] for row in ROWS} >= grammar.intents


def test_no_intent_that_is_carried_out_is_without_a_sentence() -> None:
    assert {row[2] for row in ROWS} >= CARRIED_OUT - ANSWERS


def test_no_intent_of_an_answer_is_without_one() -> None:
    assert {intent for _, _, _, intent, _ in ANSWERED} == ANSWERS


@pytest.mark.parametrize(("question", "answer", "kind", "intent", "sent"), ANSWERED)
async def test_a_typed_answer_is_obeyed(
    question: str, answer: str, kind: str, intent: str, sent: list[tuple[str, str]]
) -> None:
    house = House()
    assert (await house.say(question)).kind == "asked"
    reply = await house.say(answer)
    assert reply.kind == kind
    assert house.sent == sent
    assert intent in {each.intent for each in GRAMMARS.answers.parse(spoken_words(answer))}


def test_the_sentences_are_many() -> None:
    assert len({row[0] for row in ROWS}) >= 200
