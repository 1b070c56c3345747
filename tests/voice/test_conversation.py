"""What a conversation does beyond one sentence, and what it never does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.voice.dialogue.conversation import AGE_LIMIT_S, ANSWER_LIMIT_S
from appliance.voice.household.household import Names
from tests.voice.house import House, entity

pytestmark = pytest.mark.anyio


async def test_a_lock_is_asked_about_first() -> None:
    house = House()
    reply = await house.say("unlock the front door")
    assert reply.kind == "asked"
    assert house.sent == []
    assert (await house.say("yes")).kind == "done"
    assert house.sent == [("front_door/set", "UNLOCK")]


@pytest.mark.parametrize("answer", ["no", "what time is it", "make me a sandwich"])
async def test_a_lock_stays_locked_unless_the_answer_is_yes(answer: str) -> None:
    house = House()
    await house.say("unlock the front door")
    await house.say(answer)
    await house.say("yes")
    assert house.sent == []


async def test_an_answer_that_comes_too_late_answers_nothing() -> None:
    house = House()
    await house.say("unlock the front door")
    house.now_s += ANSWER_LIMIT_S
    assert (await house.say("yes")).kind == "not_understood"
    assert house.sent == []


async def test_a_garage_door_is_asked_about_and_a_blind_is_not() -> None:
    house = House()
    assert (await house.say("open the garage door")).kind == "asked"
    assert (await house.say("open the blind")).kind == "done"


async def test_undoing_a_lock_asks_too() -> None:
    house = House()
    await house.say("lock the front door")
    await house.say("yes")
    assert (await house.say("undo that")).kind == "asked"
    assert house.sent == [("front_door/set", "LOCK")]


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        ("the first one", "reading_light/set"),
        ("the second", "reading_light_/set"),
        ("the one in the office", "reading_light_/set"),
        ("bedroom", "reading_light/set"),
    ],
)
async def test_two_devices_of_one_name_are_asked_about(answer: str, sent: str) -> None:
    house = House()
    reply = await house.say("turn on the reading light")
    assert reply.kind == "asked"
    assert "Bedroom" in reply.text
    assert "Office" in reply.text
    await house.say(answer)
    assert house.sent == [(sent, "ON")]


@pytest.mark.parametrize(
    ("sentence", "number", "sent"),
    [
        ("turn on the reading light", 0, ("reading_light/set", "ON")),
        ("turn on the reading light", 1, ("reading_light_/set", "ON")),
        ("unlock the front door", 0, ("front_door/set", "UNLOCK")),
    ],
)
async def test_each_answer_that_a_question_comes_with_answers_it(
    sentence: str, number: int, sent: tuple[str, str]
) -> None:
    house = House()
    reply = await house.say(sentence)
    assert len(reply.answers) == 2
    assert (await house.say(reply.answers[number])).kind == "done"
    assert house.sent == [sent]


async def test_the_room_tells_two_devices_of_one_name_apart() -> None:
    house = House()
    assert (await house.say("turn on the reading light in the office")).kind == "done"
    assert house.sent == [("reading_light_/set", "ON")]


async def test_what_was_heard_doubtfully_is_asked_about_and_done_on_yes() -> None:
    house = House()
    asked = await house.conversation.ask_whether("turn on the desk lamp")
    assert (asked.kind, asked.text) == ("asked", "Did you say: turn on the desk lamp?")
    assert house.sent == []
    assert (await house.say("yes")).kind == "done"
    assert len(house.sent) == 1


@pytest.mark.parametrize("answer", ["no", "make me a sandwich"])
async def test_what_was_heard_doubtfully_is_not_done_without_yes(answer: str) -> None:
    house = House()
    await house.conversation.ask_whether("turn on the desk lamp")
    await house.say(answer)
    assert house.sent == []


async def test_what_was_heard_doubtfully_and_must_be_asked_about_anyway_is_asked_twice() -> None:
    house = House()
    await house.conversation.ask_whether("unlock the front door")
    assert (await house.say("yes")).kind == "asked"
    assert house.sent == []


async def test_a_doubtful_answer_is_no_answer_and_the_question_stays_open() -> None:
    house = House()
    await house.say("unlock the front door")
    assert (await house.conversation.ask_whether("yes")).kind == "not_understood"
    assert (await house.say("yes")).kind == "done"


async def test_answers_are_listened_for_only_while_a_question_is_open() -> None:
    house = House()
    usual = house.conversation.grammar
    assert not usual.parse(["yes"])
    await house.say("unlock the front door")
    assert house.conversation.grammar.parse(["yes"])
    house.now_s += ANSWER_LIMIT_S
    assert house.conversation.grammar is usual


async def test_a_command_that_is_too_old_is_dropped_and_said_so() -> None:
    house = House()
    reply = await house.say("turn on the counter", house.now_s - AGE_LIMIT_S - 0.01)
    assert reply.kind == "late"
    assert "2 seconds" in reply.text
    assert house.sent == []


async def test_a_command_that_is_just_in_time_is_carried_out() -> None:
    house = House()
    reply = await house.say("turn on the counter", house.now_s - AGE_LIMIT_S)
    assert reply.kind == "done"


async def test_a_device_that_is_not_there_is_named_and_not_written_to() -> None:
    house = House()
    house.hear("counter/online", "offline")
    reply = await house.say("turn on the counter")
    assert (reply.kind, reply.text) == ("refused", "Counter is unavailable.")
    assert house.sent == []


async def test_of_several_devices_those_that_are_there_obey_and_the_others_are_named() -> None:
    house = House()
    house.hear("counter/online", "offline")
    reply = await house.say("turn on the kitchen lights")
    assert reply.text == "1 of 2 devices on. Not: Counter."
    assert [topic for topic, _ in house.sent] == ["kitchen_lamp/set"]


async def test_without_the_broker_nothing_is_done_then_or_later() -> None:
    house = House()
    house.broken = True
    assert (await house.say("turn on the counter")).kind == "refused"
    house.broken = False
    assert (await house.say("what time is it")).kind == "answered"
    assert house.sent == []


async def test_what_was_sent_says_how_long_it_took() -> None:
    house = House()
    assert (await house.say("turn on the counter")).timings_ms.keys() == {"understood", "sent"}
    assert (await house.say("what time is it")).timings_ms.keys() == {"understood"}


async def test_slots_are_told_by_the_names_of_devices() -> None:
    house = House()
    reply = await house.say("set the kitchen lamp to 80 percent")
    told = house.household.spoken_slots(dict(reply.slots))
    assert told == {"name": "Kitchen lamp", "brightness": "80"}


async def test_undo_brings_back_how_it_was() -> None:
    house = House()
    house.hear("kitchen_lamp/state", '{"state": "ON", "brightness": 51}')
    await house.say("set the kitchen lamp to 80 percent")
    await house.say("undo that")
    assert house.sent[-1] == ("kitchen_lamp/set", '{"state": "ON", "brightness": 51}')


async def test_undo_does_not_switch_off_what_was_on_before() -> None:
    house = House()
    house.hear("counter/state", "ON")
    await house.say("turn on the counter")
    await house.say("undo that")
    assert house.sent[-1] == ("counter/set", "ON")


async def test_what_cannot_be_undone_is_said() -> None:
    house = House()
    await house.say("press the doorbell")
    reply = await house.say("undo that")
    assert reply.kind == "refused"
    assert "Doorbell" in reply.text


async def test_stop_halts_what_was_last_set_in_motion() -> None:
    house = House()
    await house.say("open the blind")
    await house.say("stop")
    assert house.sent[-1] == ("blind/set", "STOP")


async def test_what_was_heard_can_be_asked() -> None:
    house = House()
    await house.say("turn on the moon")
    assert "turn on the moon" in (await house.say("what did you hear")).text


async def test_a_timer_ends_once() -> None:
    house = House()
    await house.say("set a timer for five minutes")
    house.now_s += 299
    assert house.conversation.timers.take_ended() == []
    house.now_s += 1
    assert [each.length_s for each in house.conversation.timers.take_ended()] == [300]
    assert house.conversation.timers.take_ended() == []


async def test_a_paused_timer_does_not_end() -> None:
    house = House()
    await house.say("set a timer for one minute")
    await house.say("pause the timer")
    house.now_s += 100
    assert house.conversation.timers.take_ended() == []
    assert (await house.say("resume the timer")).text == "Timer goes on, 1 minute left."


async def test_a_new_device_can_be_spoken_to_once_the_grammar_is_made_anew() -> None:
    house = House()
    before = house.household.revision
    house.household.hear(*entity("switch", "Fountain", "Garden"))
    assert house.household.revision == before + 1
    house.conversation.use(house.compile())
    await house.say("turn on the fountain")
    assert house.sent == [("fountain/set", "ON")]


async def test_only_topics_that_were_announced_are_written_to() -> None:
    house = House(entity("switch", "Pump", command_topic=None), names=Names())
    assert (await house.say("turn on the pump")).kind == "refused"
    assert house.sent == []


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=500))
async def test_whatever_is_typed_is_answered(text: str) -> None:
    house = House()
    reply = await house.say(text)
    assert reply.text
    assert not house.sent
