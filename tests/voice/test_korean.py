"""Home Assistant's Korean sentences, and what of ours is translated."""

from datetime import datetime

import pytest

from appliance.voice.dialogue.conversation import Conversation
from appliance.voice.dialogue.sentences import Sentences
from appliance.voice.errors import BadTemplate
from appliance.voice.household.commands import Command
from appliance.voice.household.household import Household
from appliance.voice.language.replies import Replies
from tests.voice.house import entity

pytestmark = pytest.mark.anyio


class KoreanHouse:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        household = Household()
        for topic, payload in (
            entity("light", "독서등", "거실", schema="json"),
            entity("light", "천장등", "주방", schema="json"),
            entity("switch", "커피 머신", "주방"),
            entity("lock", "현관문", "현관"),
        ):
            household.hear(topic, payload)
        sentences = Sentences("ko")
        self.conversation = Conversation(
            household,
            sentences.compile(household.lists()),
            Replies("ko"),
            self._send,
            clock=lambda: 1000.0,
            now=lambda: datetime(2026, 11, 23, 18, 5),  # noqa: DTZ001 # local time of the house
            language="ko",
        )

    async def _send(self, command: Command) -> None:
        self.sent.append((command.topic, command.payload.decode()))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("주방 불 켜줘", 1),
        ("주방에 불 켜줘", 1),
        ("주방 불 켜 줘", 1),
        ("독서등 켜줘", 1),
        ("커피머신 꺼줘", 1),
        ("불 주방 켜줘", 0),
    ],
)
async def test_a_typed_sentence_is_obeyed(text: str, count: int) -> None:
    house = KoreanHouse()
    reply = await house.conversation.say(text)
    assert (reply.kind == "done", len(house.sent)) == (bool(count), count), reply


async def test_ours_are_translated_and_replies_are_english() -> None:
    house = KoreanHouse()
    await house.conversation.say("독서등 켜줘")
    reply = await house.conversation.say("되돌려 줘")
    assert reply.intent == "ApplianceUndo" or reply.kind == "done"
    assert len(house.sent) == 2
    assert (await house.conversation.say("뭐라고 들었어")).text.isprintable()


def test_a_language_without_sentences_is_told() -> None:
    with pytest.raises(BadTemplate):
        Sentences("xx")


@pytest.mark.parametrize("language", ["de", "fr", "ja", "ko", "nl", "ru", "zh-CN"])
def test_other_languages_compile(language: str) -> None:
    grammars = Sentences(language).compile(Household().lists())
    assert grammars.spoken.vocabulary
