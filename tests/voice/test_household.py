"""What is learned from devices' announcements, however they are written."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.voice.errors import WrongNames
from appliance.voice.household.entities import DOMAINS, read_announcement
from appliance.voice.household.household import Household, Names, read_names
from tests.voice.house import entity

LIGHT = "homeassistant/light/one/config"


def announce(document: object, topic: str = LIGHT) -> Household:
    household = Household()
    household.hear(topic, json.dumps(document).encode())
    return household


def test_short_keys_and_the_base_topic_are_read() -> None:
    document = {
        "~": "home/lamp",
        "name": "Lamp",
        "cmd_t": "~/set",
        "stat_t": "~/state",
        "avty_t": "~/online",
        "dev": {"name": "Corner", "sa": "Hall"},
    }
    (lamp,) = announce(document).entities
    assert (lamp.name, lamp.area) == ("Corner Lamp", "Hall")
    assert lamp.text("command_topic") == "home/lamp/set"
    assert announce(document).topics() == {"home/lamp/state", "home/lamp/online"}


def test_a_device_message_brings_each_of_its_components() -> None:
    document = {
        "dev": {"name": "Socket", "sa": "Office"},
        "o": {"name": "maker"},
        "avty": [{"t": "socket/online", "pl_avail": "yes", "pl_not_avail": "no"}],
        "cmps": {
            "relay": {"p": "switch", "cmd_t": "socket/set"},
            "led": {"p": "light", "name": "Ring", "cmd_t": "socket/led"},
            "gone": {"p": "switch"},
            "strange": {"p": "spaceship", "cmd_t": "x"},
        },
    }
    household = announce(document, "homeassistant/device/socket/config")
    assert [each.name for each in household.entities] == ["Socket", "Socket Ring"]
    household.hear("socket/online", b"no")
    assert {household.presence(each) for each in household.entities} == {"unavailable"}


def test_an_empty_announcement_takes_the_device_away() -> None:
    household = announce({"name": "Lamp", "cmd_t": "a"})
    household.hear(LIGHT, b"")
    assert household.entities == []
    assert household.lists()["name"] == []


def test_the_same_announcement_again_changes_no_name() -> None:
    household = announce({"name": "Lamp", "cmd_t": "a"})
    household.hear(LIGHT, json.dumps({"name": "Lamp", "cmd_t": "a"}).encode())
    assert household.revision == 1


@pytest.mark.parametrize(
    ("payload", "config", "value"),
    [
        (b"ON", {}, "on"),
        (b'{"state": "OFF"}', {}, "off"),
        (b'{"POWER1": "ON"}', {"val_tpl": "{{ value_json.POWER1 }}"}, "on"),
        (b'{"a": 1}', {"val_tpl": "{{ value_json['b'] }}"}, None),
        (b"1", {"pl_on": "1"}, "on"),
        (b"\xff", {}, "\ufffd"),
        (b"[" * 5000, {}, "[" * 5000),
    ],
)
def test_the_state_is_read_as_the_device_says_it(
    payload: bytes, config: dict[str, Any], value: str | None
) -> None:
    household = announce({"name": "Lamp", "cmd_t": "a", "stat_t": "s", **config})
    assert household.state(household.entities[0]).value is None
    household.hear("s", payload)
    assert household.state(household.entities[0]).value == value


def test_brightness_is_read_in_percent() -> None:
    household = announce({"name": "Lamp", "schema": "json", "cmd_t": "a", "stat_t": "s"})
    household.hear("s", b'{"state": "ON", "brightness": 51}')
    assert household.state(household.entities[0]).brightness == pytest.approx(20)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(["name", "device", "dev", "cmps", "components", "availability", "avty", "~"])
KEYS |= st.sampled_from(["cmd_t", "stat_t", "p", "schema", "brightness_scale", "val_tpl", "modes"])
DOCUMENTS = st.dictionaries(KEYS, JSON | st.dictionaries(KEYS, JSON), max_size=6)


@given(document=DOCUMENTS | JSON, domain=st.sampled_from([*sorted(DOMAINS), "device"]))
def test_any_announcement_is_survived(document: object, domain: str) -> None:
    household = announce(document, f"homeassistant/{domain}/x/config")
    for each in household.entities:
        assert each.name
        household.state(each)
        household.presence(each)
    household.lists()
    household.topics()


@given(payload=st.binary(), topic=st.text(max_size=60))
def test_any_bytes_on_any_topic_are_survived(payload: bytes, topic: str) -> None:
    assert isinstance(read_announcement(topic, payload), list)
    Household().hear(topic, payload)


def test_the_file_of_names_brings_aliases_rooms_and_floors(tmp_path: Path) -> None:
    path = tmp_path / "names.yaml"
    path.write_text("aliases: {Lamp: [big one]}\nareas: {Lamp: Attic}\nfloors: {Top: [Attic]}\n")
    household = Household(read_names(path))
    household.hear(*entity("light", "Lamp"))
    assert [value.text for value in household.lists()["name"]] == ["Lamp", "big one"]
    assert [each.name for each in household.find(floor="Top")] == ["Lamp"]


def test_temperatures_are_those_that_a_thermostat_can_be_set_to() -> None:
    household = announce(
        {"name": "Heat", "min_temp": 18, "max_temp": 19}, "homeassistant/climate/a/config"
    )
    assert [value.text for value in household.lists()["temperature"]] == [
        "18",
        "18.5",
        "18 and a half",
        "19",
    ]


def test_no_file_is_no_names(tmp_path: Path) -> None:
    assert read_names(tmp_path / "none.yaml") == Names()


@pytest.mark.parametrize("text", ["aliases: 3", "colour: red", "[", "aliases: {a: b}"])
def test_a_wrong_file_of_names_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "names.yaml"
    path.write_text(text)
    with pytest.raises(WrongNames, match=r"names\.yaml"):
        read_names(path)
