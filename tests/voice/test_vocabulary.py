"""What can be said is shown by sentences that can be said."""

import pytest

from appliance.bus.codec import encode
from appliance.bus.messages.voice import Vocabulary
from appliance.voice.dialogue.sentences import Sentences
from appliance.voice.dialogue.vocabulary import EXAMPLES_LIMIT, describe, known_devices, unspoken
from appliance.voice.household.household import Household, Names
from appliance.voice.language.templates import ListValue
from appliance.voice.language.words import spoken_words
from tests.voice.house import DEVICES, NAMES, SENTENCES, entity


def vocabulary(household: Household, sentences: Sentences = SENTENCES) -> Vocabulary:
    lists = household.lists()
    grammars = sentences.compile(lists)
    return describe(sentences.templates, grammars, known_devices(household), lists)


def house(*devices: tuple[str, bytes], names: Names | None = None) -> Household:
    household = Household(names)
    for topic, payload in devices:
        household.hear(topic, payload)
    return household


HOUSE = house(*DEVICES, names=NAMES)
SHOWN = vocabulary(HOUSE)
GRAMMARS = SENTENCES.compile(HOUSE.lists())


def test_every_example_can_be_said() -> None:
    for example in SHOWN.examples:
        for sentence in example.sentences:
            intents = {parse.intent for parse in GRAMMARS.spoken.parse(spoken_words(sentence))}
            assert example.intent in intents, sentence


def test_most_intents_have_examples_and_none_has_many() -> None:
    shown = {example.intent for example in SHOWN.examples}
    possible = {name for name, _ in SENTENCES.templates.blocks}
    assert len(shown) > 0.8 * len(possible)
    assert {"HassTurnOn", "HassLightSet", "HassStartTimer", "ApplianceUndo"} <= shown
    assert all(0 < len(each.sentences) <= EXAMPLES_LIMIT for each in SHOWN.examples)


def test_examples_are_about_this_house() -> None:
    lights = next(each for each in SHOWN.examples if each.intent == "HassLightSet")
    names = {device.name.lower() for device in SHOWN.devices} | {"kitchen", "bedroom", "office"}
    assert any(name in sentence.lower() for sentence in lights.sentences for name in names)


def test_an_empty_house_offers_no_lamp() -> None:
    shown = {example.intent for example in vocabulary(house()).examples}
    assert "HassSetPosition" not in shown
    assert "HassGetCurrentTime" in shown


def test_devices_are_listed_with_where_and_how_they_are() -> None:
    household = house(entity("light", "Lamp", "Hall"))
    household.hear("house/lamp/online", b"offline")
    (device,) = vocabulary(household).devices
    assert (device.name, device.area, device.domain) == ("Lamp", "Hall", "light")
    assert device.presence == "unavailable"


def test_names_that_nobody_can_say_are_told() -> None:
    household = house(entity("light", "💡💡"), entity("light", "Lamp"))
    assert vocabulary(household).unknown == ["💡💡"]
    values = [ListValue("Küche Lamp", "1"), ListValue("Lamp", "2")]
    assert unspoken(values, lambda word: word != "küche") == ["Küche Lamp"]


@pytest.mark.timeout(240)
def test_thousands_of_names_fit_into_the_message() -> None:
    long = "Leuchte am Fenster nach Süden " * 3
    household = house(*(entity("light", f"{long}{n}", long) for n in range(6000)))
    shown = vocabulary(household)
    assert len(encode("voice/vocabulary", shown)) <= Vocabulary.SIZE_LIMIT_BYTES
    assert shown.device_count == 6000
    assert 1000 < len(shown.devices) < 6000


def test_no_example_names_a_device_and_a_room_that_it_need_not_be_in() -> None:
    switched = next(each for each in SHOWN.examples if each.intent == "HassTurnOn")
    for sentence in switched.sentences:
        readings = GRAMMARS.spoken.parse(spoken_words(sentence))
        assert not all({"name", "area"} <= parse.slots.keys() for parse in readings), sentence
