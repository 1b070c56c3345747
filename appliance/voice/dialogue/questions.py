"""Questions about the household and the time, and their answers."""

from collections.abc import Callable, Mapping
from datetime import datetime

from appliance.voice.dialogue.actions import find_entities
from appliance.voice.household.entities import Entity
from appliance.voice.household.household import Household
from appliance.voice.language.grammar import Parse
from appliance.voice.language.replies import Replies

Answer = Callable[[Parse, Household, Replies, Callable[[], datetime | None]], str]


def answer(
    parse: Parse,
    household: Household,
    replies: Replies,
    now: Callable[[], datetime | None],
) -> str:
    """A sentence. `now` is the local time, None while unknown."""
    return QUESTIONS[parse.intent](parse, household, replies, now)


def _state(
    parse: Parse,
    household: Household,
    replies: Replies,
    _: Callable[[], datetime | None],
) -> str:
    entities = find_entities(parse, household)
    if not entities:
        return replies.say("none_found")
    wanted = parse.slots.get("state", "")
    if "name" in parse.slots:
        return _state_of_one(entities[0], wanted, household, replies)
    if all(_value(each, household) is None for each in entities):
        return replies.say("states_unknown")
    matching = [each for each in entities if _value(each, household) == wanted]
    others = [each for each in entities if each not in matching]
    names = replies.names(each.name for each in matching)
    if parse.response == "how_many":
        return replies.say("how_many", count=len(matching))
    if parse.response == "which":
        return replies.say("which_are", names=names) if matching else replies.say("which_none")
    if parse.response == "all":
        if others:
            return replies.say("all_no", names=replies.names(each.name for each in others))
        return replies.say("all_yes", count=len(matching))
    return replies.say("any_yes", names=names) if matching else replies.say("any_no")


def _state_of_one(entity: Entity, wanted: str, household: Household, replies: Replies) -> str:
    if household.presence(entity) == "unavailable":
        return replies.say("unavailable", name=entity.name)
    value = _value(entity, household)
    if value is None:
        return replies.say("state_unknown", name=entity.name)
    if wanted:
        key = "yes_is" if value == wanted else "no_is"
        return replies.say(key, name=entity.name, state=value)
    unit = entity.text("unit_of_measurement")
    if unit:
        return replies.say("state_measured", name=entity.name, state=value, unit=unit)
    return replies.say("state_is", name=entity.name, state=value)


def _value(entity: Entity, household: Household) -> str | None:
    value = household.state(entity).value
    if entity.domain == "climate" and value is not None:
        return "off" if value == "off" else "on"
    return value


def _temperature(
    parse: Parse,
    household: Household,
    replies: Replies,
    _: Callable[[], datetime | None],
) -> str:
    found = household.find(
        identifier=parse.slots.get("name", ""),
        domains=("climate", "sensor"),
        area=parse.slots.get("area", ""),
    )
    for entity in found:
        if household.presence(entity) == "unavailable":
            continue
        reading = None
        if entity.domain == "climate":
            topic = entity.text("current_temperature_topic")
            reading = household.reading(topic, entity.text("current_temperature_template"))
        elif entity.device_class == "temperature":
            reading = household.state(entity).value
        if reading is not None:
            return replies.say("temperature_is", degrees=reading)
    return replies.say("temperature_unknown")


def _time(_: Parse, __: Household, replies: Replies, now: Callable[[], datetime | None]) -> str:
    moment = now()
    if moment is None:
        return replies.say("time_unknown")
    return replies.say("time_is", time=f"{moment:%H:%M}")


def _date(_: Parse, __: Household, replies: Replies, now: Callable[[], datetime | None]) -> str:
    moment = now()
    if moment is None:
        return replies.say("time_unknown")
    return replies.say("date_is", date=f"{moment:%A}, {moment.day} {moment:%B %Y}")


QUESTIONS: Mapping[str, Answer] = {
    "HassGetState": _state,
    "HassClimateGetTemperature": _temperature,
    "HassGetCurrentTime": _time,
    "HassGetCurrentDate": _date,
}
