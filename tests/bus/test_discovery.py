"""Home Assistant's device discovery by the rules of 2026.11."""

import asyncio
import json
from typing import Any

import aiomqtt
import pytest

from appliance.bus.discovery import (
    HEALTH_COMPONENTS,
    BinarySensor,
    Component,
    Device,
    Event,
    Sensor,
    Switch,
    Text,
    encode_device,
)
from appliance.bus.errors import TooLarge
from appliance.bus.names import HOME_ASSISTANT_STATUS, Directory, discovery_name
from appliance.bus.topics import (
    ALBUMS_STATE,
    HEALTH,
    LISTENING_STATE,
    PHOTO_IMPORTED,
    SWITCH_MUTE,
    TYPE,
    Kind,
)
from tests.broker_fixture import Broker, running

pytestmark = pytest.mark.anyio

LIMIT_S = 10.0
BOX = "12345678"
PHOTOS = Sensor(key="photos", name="Photos", topic=ALBUMS_STATE, value="photos")
GROUPING = BinarySensor(
    key="grouping", name="Grouping", topic=ALBUMS_STATE, value="grouping", off_when=False
)
IMPORT = Event(key="import", name="Import", topic=PHOTO_IMPORTED)
DEVICE = Device(
    name="Albums", model="albums", software="0.1.0", components=(PHOTOS, GROUPING, IMPORT)
)


def described(device: Device) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(encode_device(device, BOX, "albums"))
    return message


def test_the_device_says_who_it_is_and_how_it_is_reached() -> None:
    message = described(DEVICE)
    assert message["dev"]["ids"] == ["12345678_albums"]
    assert message["o"] == {"name": "appliance", "sw": "0.1.0"}
    assert message["availability"] == [{"topic": "appliance/12345678/albums/availability"}]


def test_a_page_that_others_can_open_is_linked_and_no_other_is() -> None:
    address = "http://box.local:8480/"
    page = Device(name="Page", model="Page", software="0.1.0", address=address)
    assert described(page)["dev"]["cu"] == address
    assert "cu" not in described(DEVICE)["dev"]


@pytest.mark.parametrize("component", DEVICE.all_components(), ids=lambda each: each.key)
def test_every_component_meets_the_rules(component: Component) -> None:
    entity = described(DEVICE)["cmps"][component.key]
    assert entity["p"] in {"sensor", "binary_sensor", "event"}
    assert entity["unique_id"] == f"12345678_albums_{component.key}"
    assert entity["default_entity_id"].startswith(entity["p"] + ".")
    assert "object_id" not in entity
    assert entity.get("entity_category") in {None, "diagnostic"}
    topic, publisher = Directory.of(BOX).find(entity["state_topic"])
    assert publisher == "albums"
    assert (topic.kind is Kind.EVENT) == (entity["p"] == "event")


def test_a_sensor_shows_a_field_of_its_message() -> None:
    assert described(DEVICE)["cmps"]["photos"]["value_template"] == "{{ value_json.photos }}"
    with pytest.raises(ValueError, match="albums/state have no field photo"):
        Sensor(key="photos", name="Photos", topic=ALBUMS_STATE, value="photo")


def test_a_binary_sensor_is_on_or_off() -> None:
    assert described(DEVICE)["cmps"]["grouping"]["value_template"] == (
        "{{ 'OFF' if not value_json.grouping else 'ON' }}"
    )
    assert described(DEVICE)["cmps"]["problem"]["value_template"] == (
        "{{ 'OFF' if value_json.state == 'ok' else 'ON' }}"
    )


def test_a_switch_shows_its_state_and_says_where_it_is_set() -> None:
    mute = Switch(
        key="mute", name="Mute", topic=LISTENING_STATE, value="muted", control=SWITCH_MUTE
    )
    entity = described(Device(name="A", model="a", software="1", components=(mute,)))["cmps"]
    assert entity["mute"]["command_topic"] == "appliance/12345678/voice/mute/set"
    assert entity["mute"]["value_template"] == "{{ 'ON' if value_json.muted else 'OFF' }}"


def test_a_line_to_type_keeps_nothing_of_what_was_typed() -> None:
    line = Text(key="type", name="Type", topic=LISTENING_STATE, control=TYPE)
    entity = described(Device(name="A", model="a", software="1", components=(line,)))["cmps"]
    assert entity["type"]["command_topic"] == "appliance/12345678/voice/type/set"
    assert entity["type"]["value_template"] == "{{ '' }}"


def test_what_is_set_is_sent_at_once_or_not_at_all() -> None:
    line = Text(key="type", name="Type", topic=LISTENING_STATE, control=TYPE)
    entity = described(Device(name="A", model="a", software="1", components=(line,)))["cmps"]
    assert entity["type"]["qos"] == 0


def test_an_event_lists_its_types() -> None:
    event = described(DEVICE)["cmps"]["import"]
    assert sorted(event["event_types"]) == ["duplicate", "imported", "quarantined"]


def test_an_event_entity_on_a_retained_topic_is_refused_since_it_would_be_ignored() -> None:
    with pytest.raises(ValueError, match="event import cannot show albums/state"):
        Event(key="import", name="Import", topic=ALBUMS_STATE)
    with pytest.raises(ValueError, match="sensor photos cannot show albums/photo"):
        Sensor(key="photos", name="Photos", topic=PHOTO_IMPORTED, value="photo")


def test_a_configuration_category_is_refused_on_what_can_only_be_read() -> None:
    with pytest.raises(ValueError, match="no config"):
        Sensor(key="x", name="X", topic=HEALTH, value="pid", entity_category="config")  # type: ignore[arg-type]


def test_every_device_tells_of_problems_and_memory() -> None:
    bare = Device(name="Page", model="web", software="0.1.0")
    assert set(described(bare)["cmps"]) == {each.key for each in HEALTH_COMPONENTS}
    assert described(bare)["cmps"]["memory"]["entity_category"] == "diagnostic"


def test_a_removed_component_is_told_by_its_platform_alone() -> None:
    device = Device(name="A", model="a", software="1", removed={"old": "sensor"})
    assert described(device)["cmps"]["old"] == {"p": "sensor"}


def test_a_key_is_used_once() -> None:
    with pytest.raises(ValueError, match="used twice"):
        Device(name="A", model="a", software="1", components=(PHOTOS, PHOTOS))
    with pytest.raises(ValueError, match="used twice"):
        Device(name="A", model="a", software="1", components=(PHOTOS,), removed={"photos": "x"})


def test_a_device_that_no_broker_would_take_is_refused() -> None:
    with pytest.raises(TooLarge):
        encode_device(Device(name="x" * 70_000, model="a", software="1"), BOX, "albums")


async def next_payload(client: aiomqtt.Client, name: str) -> bytes:
    async with asyncio.timeout(LIMIT_S):
        async for message in client.messages:
            if message.topic.value == name:
                return bytes(message.payload)
    raise aiomqtt.MqttError("the broker went away")


async def test_the_device_is_retained_on_the_broker_until_it_is_removed(broker: Broker) -> None:
    albums = broker.bus("albums")
    name = discovery_name(broker.box, "albums")
    async with running(albums):
        await albums.publish_discovery(DEVICE)
        async with broker.client_of("observer") as observer:
            await observer.subscribe("homeassistant/#", qos=1)
            assert await next_payload(observer, name) == encode_device(DEVICE, broker.box, "albums")
            await albums.remove_discovery()
            assert await next_payload(observer, name) == b""


async def test_a_birth_is_answered_with_devices_and_states_after_a_delay(broker: Broker) -> None:
    delays: list[float] = []

    def delay_s() -> float:
        delays.append(0.0)
        return 0.0

    albums = broker.bus("albums", birth_delay_s=delay_s)
    await albums.publish_discovery(DEVICE)
    async with running(albums), broker.client_of("household") as home_assistant:
        await home_assistant.subscribe("#", qos=1)
        for _ in range(2):  # retained now, sent again after the birth
            await next_payload(home_assistant, discovery_name(broker.box, "albums"))
            if not delays:
                await home_assistant.publish(HOME_ASSISTANT_STATUS, b"online", qos=1)
    assert delays == [0.0]


async def test_a_retained_birth_is_old_news(broker: Broker) -> None:
    async with broker.client_of("household") as home_assistant:
        await home_assistant.publish(HOME_ASSISTANT_STATUS, b"online", qos=1, retain=True)
    delays: list[float] = []

    def choose_delay() -> float:
        delays.append(0.0)
        return 0.0

    albums = broker.bus("albums", birth_delay_s=choose_delay)
    async with running(albums), broker.client_of("household") as home_assistant:
        await home_assistant.subscribe("#", qos=1)
        await albums.publish_discovery(DEVICE)
        await next_payload(home_assistant, discovery_name(broker.box, "albums"))
    assert delays == []
