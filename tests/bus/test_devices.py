"""The household's devices on our broker: heard and commanded by who may, where the
household says."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.bus.devices import is_foreign
from appliance.bus.errors import Forbidden, Offline
from appliance.bus.topics import CONTROLLERS, HOUSEHOLD, SERVICES
from tests.broker_fixture import Broker, running

pytestmark = pytest.mark.anyio

LIMIT_S = 10.0
LAMP = "homeassistant/light/lamp/config"


class Heard:
    """What devices said, as it comes."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    def __call__(self, name: str, payload: bytes) -> None:
        self.messages.put_nowait((name, payload))

    async def next(self) -> tuple[str, bytes]:
        return await asyncio.wait_for(self.messages.get(), LIMIT_S)


async def test_announcements_and_watched_states_are_heard(broker: Broker) -> None:
    voice, heard = broker.bus("voice"), Heard()
    voice.devices.on_message(heard)
    async with running(voice), broker.client_of(HOUSEHOLD) as lamp:
        await lamp.publish(LAMP, b"{}", qos=1, retain=True)
        assert await heard.next() == (LAMP, b"{}")
        await lamp.publish("zigbee2mqtt/lamp", b"ON", qos=1, retain=True)
        await voice.devices.watch(["zigbee2mqtt/lamp"])
        assert await heard.next() == ("zigbee2mqtt/lamp", b"ON")


async def test_what_is_watched_is_watched_again_after_the_broker_was_away(broker: Broker) -> None:
    voice, heard = broker.bus("voice"), Heard()
    voice.devices.on_message(heard)
    async with running(voice):
        await voice.devices.watch(["zigbee2mqtt/lamp"])
        broker.kill()
        while voice.connected.is_set():  # noqa: ASYNC110 # it has no event for being away
            await asyncio.sleep(0.01)
        broker.start()
        await asyncio.wait_for(voice.connected.wait(), LIMIT_S)
        async with broker.client_of(HOUSEHOLD) as lamp:
            await lamp.publish("zigbee2mqtt/lamp", b"OFF", qos=1)
        assert await heard.next() == ("zigbee2mqtt/lamp", b"OFF")


async def test_a_command_arrives_as_it_is_and_is_not_retained(broker: Broker) -> None:
    voice = broker.bus("voice")
    async with running(voice), broker.client_of(HOUSEHOLD) as lamp:
        await lamp.subscribe("zigbee2mqtt/lamp/set", qos=1)
        await voice.devices.command("zigbee2mqtt/lamp/set", b'{"state": "ON"}')
        message = await asyncio.wait_for(anext(lamp.messages), LIMIT_S)
    assert message.payload == b'{"state": "ON"}'
    assert not message.retain
    expiry_s = getattr(message.properties, "MessageExpiryInterval", None)  # set as MQTT 5 names it
    assert expiry_s is not None
    assert 0 <= expiry_s <= 2


async def test_a_command_is_not_kept_for_a_broker_that_is_away(broker: Broker) -> None:
    with pytest.raises(Offline):
        await broker.bus("voice").devices.command("zigbee2mqtt/lamp/set", b"ON")


async def test_the_broker_drops_a_command_outside_the_household_s_roots(broker: Broker) -> None:
    voice = broker.bus("voice")
    async with running(voice), broker.client() as listener:
        await listener.subscribe("#", qos=1)
        await voice.devices.command("alarm/central/set", b"DISARM")
        await voice.devices.command("virtual/end", b"end")
        async for message in listener.messages:
            if message.topic.value == "virtual/end":
                break
            assert message.topic.value != "alarm/central/set"


async def test_roots_are_the_household_s_to_choose(broker: Broker) -> None:
    broker.stop()
    broker.paths.settings_file.parent.mkdir(parents=True, exist_ok=True)
    broker.paths.settings_file.write_text('[bus]\ndevice_roots = ["my/lamps"]\n')
    broker.start()
    voice = broker.bus("voice")
    async with running(voice), broker.client_of(HOUSEHOLD) as lamp:
        await lamp.subscribe("my/lamps/#", qos=1)
        await voice.devices.command("my/lamps/one/set", b"ON")
        message = await asyncio.wait_for(anext(lamp.messages), LIMIT_S)
    assert message.topic.value == "my/lamps/one/set"


@pytest.mark.parametrize(
    "name",
    [
        "appliance/12345678/albums/undo",
        "homeassistant/status",
        "$SYS/x",
        "a/+/set",
        "a/#",
        "",
        "a\0b",
    ],
)
async def test_what_is_no_device_s_topic_is_never_written(broker: Broker, name: str) -> None:
    voice = broker.bus("voice")
    async with running(voice):
        with pytest.raises(Forbidden):
            await voice.devices.command(name, b"ON")


@pytest.mark.parametrize("service", sorted({*SERVICES} - {*CONTROLLERS}))
async def test_other_services_command_nothing(broker: Broker, service: str) -> None:
    with pytest.raises(Forbidden):
        await broker.bus(service).devices.command("zigbee2mqtt/lamp/set", b"ON")


@given(st.text(max_size=600))
def test_no_name_of_ours_is_a_device_s(name: str) -> None:
    if is_foreign(name):
        assert not name.startswith(("appliance/", "homeassistant/", "$"))
        assert "#" not in name
        assert "+" not in name
