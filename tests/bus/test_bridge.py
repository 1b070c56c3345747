"""Our broker and the household's own, both real."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiomqtt
import pytest

from appliance.bus import passwords
from appliance.bus.discovery import Device
from appliance.bus.messages.albums import AlbumsState, NamePerson
from appliance.bus.messages.base import Done
from appliance.bus.names import HOME_ASSISTANT_STATUS, control_name, discovery_name
from appliance.bus.topics import ALBUMS_STATE, NAME_PERSON, TYPE
from tests.broker_fixture import Broker, free_port, running, start_mosquitto, stop

pytestmark = pytest.mark.anyio

LIMIT_S = 20.0
PASSWORD = "p4ss word #1"  # spaces and # inside are kept
STATE = AlbumsState(
    photos=1, people=0, faces=0, unknown_faces=0, pending=0, quarantined=0, grouping=False
)
DEVICE = Device(name="Albums", model="albums", software="0")


class Household:
    """A household's broker with one account for the box and one for Home Assistant."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.port = free_port()
        self._configuration = folder / "mosquitto.conf"
        lines = [passwords.password_line(name, PASSWORD) for name in ("box", "home assistant")]
        (folder / "passwd").write_text("\n".join(lines) + "\n")
        self._configuration.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\nuser root\n"
            f"password_file {folder / 'passwd'}\n"
        )
        self.process: subprocess.Popen[bytes] = start_mosquitto(self._configuration)

    def restart(self) -> None:
        stop(self.process)
        self.process = start_mosquitto(self._configuration)

    def client(self) -> aiomqtt.Client:
        return aiomqtt.Client("127.0.0.1", self.port, username="home assistant", password=PASSWORD)


@pytest.fixture
def household(tmp_path: Path) -> Iterator[Household]:
    made = Household(tmp_path / "household")
    yield made
    stop(made.process)


@pytest.fixture
def bridged(broker: Broker, household: Household) -> Broker:
    """Our broker, told of the household's."""
    broker.stop()
    (broker.paths.config / "household.password").write_text(PASSWORD + "\n")
    broker.paths.settings_file.write_text(
        "[bus]\n"
        'household_host = "127.0.0.1"\n'
        f"household_port = {household.port}\n"
        'household_username = "box"\n'
        'household_password_file = "household.password"\n'
    )
    broker.start()
    return broker


@contextlib.asynccontextmanager
async def subscribed(client: aiomqtt.Client, *filters: str) -> AsyncIterator[aiomqtt.Client]:
    async with client:
        for name in filters:
            await client.subscribe(name, qos=1)
        yield client


async def receive(client: aiomqtt.Client, wanted: set[str]) -> dict[str, bytes]:
    """Messages until all of those names have come, with their last payloads."""
    received: dict[str, bytes] = {}
    async with asyncio.timeout(LIMIT_S):
        async for message in client.messages:
            received[message.topic.value] = bytes(message.payload)
            if wanted <= set(received):
                break
    return received


async def test_home_assistant_sees_devices_and_states_on_its_own_broker(
    bridged: Broker, household: Household
) -> None:
    albums = bridged.bus("albums")
    await albums.publish(ALBUMS_STATE, STATE)
    await albums.publish_discovery(DEVICE)
    wanted = {
        discovery_name(bridged.box, "albums"),
        f"{bridged.root}/albums/state",
        f"{bridged.root}/albums/availability",
    }
    async with running(albums), subscribed(household.client(), "#") as home_assistant:
        received = await receive(home_assistant, wanted)
    assert b'"cmps"' in received[discovery_name(bridged.box, "albums")]
    assert received[f"{bridged.root}/albums/availability"] == b"online"


async def test_the_household_s_broker_forgets_nothing_that_a_restart_took(
    bridged: Broker, household: Household
) -> None:
    albums = bridged.bus("albums")
    await albums.publish(ALBUMS_STATE, STATE)
    async with running(albums):
        async with subscribed(household.client(), "#") as home_assistant:
            await receive(home_assistant, {f"{bridged.root}/albums/state"})
        household.restart()
        async with subscribed(household.client(), "#") as home_assistant:
            await receive(home_assistant, {f"{bridged.root}/albums/state"})


async def test_home_assistants_birth_crosses_the_bridge_and_is_answered(
    bridged: Broker, household: Household
) -> None:
    albums = bridged.bus("albums", birth_delay_s=lambda: 0.0)
    await albums.publish_discovery(DEVICE)
    name = discovery_name(bridged.box, "albums")
    async with running(albums), subscribed(household.client(), "#") as home_assistant:
        await receive(home_assistant, {name})
        await home_assistant.publish(HOME_ASSISTANT_STATUS, b"online", qos=1)
        await receive(home_assistant, {HOME_ASSISTANT_STATUS, name})


async def test_questions_answers_and_commands_do_not_cross_the_bridge(
    bridged: Broker, household: Household
) -> None:
    albums, web = bridged.bus("albums"), bridged.bus("web")
    carried_out: list[int] = []

    async def name_person(message: NamePerson) -> Done:
        carried_out.append(message.person)
        return Done()

    albums.answer(NAME_PERSON, name_person)
    ours = f"{bridged.root}/albums"
    async with (
        running(albums, web),
        subscribed(household.client(), "#") as home_assistant,
        subscribed(bridged.client(), "#") as inside,
    ):
        await receive(home_assistant, {f"{ours}/availability"})
        # From outside: a command, a state in a service's name, another device.
        forged = {f"{ours}/people/name/set", f"{ours}/state", "homeassistant/device/tv/config"}
        for name in forged:
            await home_assistant.publish(name, b'{"person": 1, "name": "x"}', qos=1)
        await home_assistant.publish(HOME_ASSISTANT_STATUS, b"offline", qos=1)
        seen_inside = await receive(inside, {HOME_ASSISTANT_STATUS})
        # From inside: a question with its answer.
        await web.ask(NAME_PERSON, NamePerson(person=2, name="Zoë"))
        await albums.publish(ALBUMS_STATE, STATE)
        seen_outside = await receive(home_assistant, {*forged, f"{ours}/state"})
    assert not forged & set(seen_inside)
    assert carried_out == [2]
    assert not [name for name in seen_outside if "answers" in name]
    assert seen_outside[f"{ours}/people/name/set"] == b'{"person": 1, "name": "x"}'


async def test_what_is_typed_crosses_the_bridge_and_is_obeyed_unless_it_was_retained(
    bridged: Broker, household: Household
) -> None:
    voice, obeyed = bridged.bus("voice"), asyncio.Queue[str]()
    voice.obey(TYPE, obeyed.put)
    name = control_name(bridged.box, TYPE)
    async with running(voice), subscribed(household.client(), "#") as home_assistant:
        await receive(home_assistant, {f"{bridged.root}/voice/availability"})
        await home_assistant.publish(name, b"old", qos=1, retain=True)
        await home_assistant.publish(name, b"turn on the lamp", qos=1)
        assert await asyncio.wait_for(obeyed.get(), LIMIT_S) == "turn on the lamp"
    assert obeyed.empty()
