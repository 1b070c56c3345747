"""More than 200 typed sentences over all intents: what is understood, and what is sent."""

import json
from pathlib import Path

import pytest

from appliance.voice.sentences import ANSWERS, CARRIED_OUT
from tests.voice.house import House
from tests.voice.states import STATES

pytestmark = pytest.mark.anyio

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "sentences.tsv").read_text().splitlines()[1:]
]
NEEDS_TIMER = "timer"


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


def test_no_intent_is_without_a_sentence() -> None:
    assert {row[2] for row in ROWS} >= CARRIED_OUT - ANSWERS


def test_the_sentences_are_many() -> None:
    assert len({row[0] for row in ROWS}) >= 200
