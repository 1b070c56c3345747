"""`appliance say`, beside a real broker; voice's side of the bus is answered by a conversation."""

import asyncio
import json

import pytest

from appliance.bus.messages import voice as messages
from appliance.bus.topics import SAY
from appliance.cli.main import main
from tests.broker_fixture import Broker, running
from tests.voice.house import House

pytestmark = pytest.mark.anyio


@pytest.fixture
def box(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Broker:
    monkeypatch.setenv("APPLIANCE_DATA", str(broker.paths.data))
    monkeypatch.setenv("APPLIANCE_RUNTIME", str(broker.paths.runtime))
    return broker


async def say(box: Broker, house: House, *arguments: str) -> int:
    async def answer(question: messages.Say) -> messages.Reply:
        reply = await house.say(question.text)
        return messages.Reply(kind=reply.kind, text=reply.text, intent=reply.intent)

    voice = box.bus("voice")
    voice.answer(SAY, answer)
    async with running(voice):
        return await asyncio.to_thread(main, ["say", *arguments])


async def test_a_typed_sentence_is_carried_out_and_answered(
    box: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    house = House()
    assert await say(box, house, "turn on the counter") == 0
    assert house.sent == [("counter/set", "ON")]
    assert capsys.readouterr().out == "Done: Counter on.\n"


async def test_words_need_no_quotes(box: Broker, capsys: pytest.CaptureFixture[str]) -> None:
    assert await say(box, House(), "--json", "turn", "on", "the", "counter") == 0
    assert json.loads(capsys.readouterr().out) == {
        "kind": "done",
        "intent": "HassTurnOn",
        "text": "Done: Counter on.",
    }


async def test_what_is_not_understood_is_an_error(
    box: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await say(box, House(), "make me a sandwich") == 1
    assert "do not know" in capsys.readouterr().out


async def test_a_box_without_voice_is_said_with_its_mend(
    box: Broker, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.cli.say.ANSWER_LIMIT_S", 0.3)
    assert await asyncio.to_thread(main, ["say", "stop"]) == 1
    assert "appliance status" in capsys.readouterr().err


async def test_an_empty_sentence_is_refused(
    box: Broker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await say(box, House(), "") == 1
    assert capsys.readouterr().err


def test_without_a_broker_it_says_so(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("APPLIANCE_DATA", f"{tmp_path}/data")
    monkeypatch.setenv("APPLIANCE_RUNTIME", f"{tmp_path}/run")
    assert main(["say", "stop"]) == 1
    assert "appliance:" in capsys.readouterr().err
