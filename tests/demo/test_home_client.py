"""The virtual home beside a real broker: a stranger like any vendor's bridge."""

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from appliance.bus.names import HOME_ASSISTANT_STATUS
from appliance.bus.topics import DEMO
from appliance.demo.client import HomeClient
from appliance.demo.home import AVAILABILITY, Home, furnish
from appliance.service.paths import Paths
from appliance.voice.household.household import Household
from tests.broker_fixture import Broker

pytestmark = pytest.mark.anyio
LIMIT_S = 10.0
LAMP = "virtual/hall_light"


@pytest.fixture
def demo_broker(make_broker: Callable[..., Broker]) -> Broker:
    return make_broker("box", demo=True)


class Onlooker:
    """Home Assistant's place: knows the last message of every topic."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.last: dict[str, bytes] = {}
        self.count = 0

    async def until(self, topic: str, payload: bytes | None) -> None:
        """The topic says this; None for anything at all."""
        async with asyncio.timeout(LIMIT_S):
            while (
                self.last.get(topic, b"") != payload
                if payload is not None
                else (not self.last.get(topic))
            ):
                message = await anext(self.client.messages)
                assert isinstance(message.payload, bytes)
                self.last[message.topic.value] = message.payload
                self.count += 1


@asynccontextmanager
async def living(broker: Broker, memory: Path) -> AsyncIterator[None]:
    """The home, connected to the broker until the block ends."""
    home = Home(furnish())
    home.recall(memory)
    client = HomeClient(home, memory, functools.partial(broker.locate, DEMO), "virtual")
    stopping = asyncio.Event()
    task = asyncio.create_task(client.run(stopping))
    try:
        yield
    finally:
        stopping.set()
        await task


@asynccontextmanager
async def looking(broker: Broker) -> AsyncIterator[Onlooker]:
    async with broker.client() as client:
        for name in ("homeassistant/+/virtual/#", "virtual/#"):
            await client.subscribe(name, qos=1)
        yield Onlooker(client)


@pytest.fixture
async def onlooker(demo_broker: Broker, tmp_path: Path) -> AsyncIterator[Onlooker]:
    async with looking(demo_broker) as onlooker, living(demo_broker, tmp_path / "home.json"):
        await onlooker.until(AVAILABILITY, b"online")
        yield onlooker


async def test_voice_learns_every_device_with_its_room_and_state(onlooker: Onlooker) -> None:
    household = Household()
    for topic, payload in onlooker.last.items():
        household.hear(topic, payload)
    names = {entity.name for entity in household.entities}
    assert names == {device.name for device in furnish()}
    assert {entity.area for entity in household.entities} == {
        "Kitchen",
        "Living room",
        "Bedroom",
        "Hall",
    }
    for entity in household.entities:
        assert household.presence(entity) == "available"
        assert entity.domain == "scene" or household.state(entity).value is not None


async def test_a_lamp_obeys_and_says_so(onlooker: Onlooker) -> None:
    await onlooker.client.publish(f"{LAMP}/set", b"ON", qos=1)
    await onlooker.until(f"{LAMP}/state", b"ON")


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("set", b"maybe"),
        ("set", b"\xff\xfe"),
        ("set", b"O" * 5000),
        ("set", b""),
        ("none/set", b"ON"),
    ],
)
async def test_nonsense_is_survived(onlooker: Onlooker, topic: str, payload: bytes) -> None:
    await onlooker.client.publish(f"{LAMP}/{topic}", payload, qos=1)
    await onlooker.client.publish("virtual/nothing/set", payload, qos=1)
    await onlooker.client.publish("virtual/counter_light/set", b"ON", qos=1)
    await onlooker.until("virtual/counter_light/state", b"ON")
    assert onlooker.last[f"{LAMP}/state"] == b"OFF"


async def test_a_command_that_the_broker_kept_is_not_obeyed(
    demo_broker: Broker, tmp_path: Path
) -> None:
    async with looking(demo_broker) as onlooker:
        await onlooker.client.publish(f"{LAMP}/set", b"ON", qos=1, retain=True)
        async with living(demo_broker, tmp_path / "home.json"):
            await onlooker.until(AVAILABILITY, b"online")
            await onlooker.client.publish("virtual/counter_light/set", b"ON", qos=1)
            await onlooker.until("virtual/counter_light/state", b"ON")
            assert onlooker.last[f"{LAMP}/state"] == b"OFF"


async def test_home_assistant_s_birth_is_answered(onlooker: Onlooker) -> None:
    topic = "homeassistant/light/virtual/hall_light/config"
    announced = json.loads(onlooker.last[topic])
    assert announced["device"]["suggested_area"] == "Hall"
    onlooker.last.clear()
    await onlooker.client.publish(HOME_ASSISTANT_STATUS, b"online", qos=1)
    await onlooker.until(topic, None)
    await onlooker.until(f"{LAMP}/state", b"OFF")
    assert json.loads(onlooker.last[topic]) == announced


async def test_a_blind_moves_by_itself(onlooker: Onlooker) -> None:
    await onlooker.client.publish("virtual/blind/position/set", b"90", qos=1)
    await onlooker.until("virtual/blind/state", b"closing")
    await onlooker.until("virtual/blind/position", b"90")
    await onlooker.until("virtual/blind/state", b"open")


async def test_when_the_broker_is_killed_the_home_comes_back_as_it_was(
    demo_broker: Broker, tmp_path: Path
) -> None:
    async with living(demo_broker, tmp_path / "home.json"):
        async with looking(demo_broker) as onlooker:
            await onlooker.until(AVAILABILITY, b"online")
            await onlooker.client.publish(f"{LAMP}/set", b"ON", qos=1)
            await onlooker.until(f"{LAMP}/state", b"ON")
        demo_broker.kill()
        demo_broker.start()
        async with looking(demo_broker) as onlooker:
            await onlooker.until(f"{LAMP}/state", b"ON")
            await onlooker.until(AVAILABILITY, b"online")


async def test_a_home_that_ends_leaves_nothing_behind(demo_broker: Broker, tmp_path: Path) -> None:
    async with living(demo_broker, tmp_path / "home.json"), looking(demo_broker) as onlooker:
        await onlooker.until(AVAILABILITY, b"online")
    async with looking(demo_broker) as onlooker:
        await onlooker.client.publish("virtual/end", b"end", qos=1)
        await onlooker.until("virtual/end", b"end")
    assert set(onlooker.last) == {"virtual/end"}


async def test_without_the_demo_nothing_is_left_of_a_home_that_was_killed(
    demo_broker: Broker,
) -> None:
    async with demo_broker.client_of(DEMO) as home:
        topic = "homeassistant/light/virtual/hall_light/config"
        await home.publish(topic, b"{}", qos=1, retain=True)
    demo_broker.stop()
    demo_broker.demo = False
    demo_broker.start()
    async with looking(demo_broker) as onlooker:
        await onlooker.client.publish("virtual/end", b"end", qos=1)
        await onlooker.until("virtual/end", b"end")
    assert set(onlooker.last) == {"virtual/end"}
    assert not (demo_broker.paths.config / "bus" / "demo.password").exists()


def test_devices_remember_themselves_on_the_disk(tmp_path: Path) -> None:
    file = tmp_path / "home.json"
    home = Home(furnish())
    home.take(f"{LAMP}/set", b"ON")
    home.remember(file)
    again = Home(furnish())
    again.recall(file)
    assert again.states() == home.states()


@pytest.mark.parametrize("content", [b"", b"[]", b'{"virtual/hall_light": 3}', b"\xff"])
def test_a_memory_that_cannot_be_read_is_a_new_home(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "home.json"
    file.write_bytes(content)
    home = Home(furnish())
    home.recall(file)
    assert home.states() == Home(furnish()).states()


def test_the_paths_of_the_demo_are_below_runtime_and_state() -> None:
    paths = Paths(Path("/data"), Path("/run/appliance"))
    assert paths.virtual_home.parent == paths.state
    assert paths.demo_microphone.is_relative_to(paths.runtime)
