"""Who may write and read what, as the real broker enforces it."""

import asyncio
import ssl
from collections.abc import Callable

import aiomqtt
import pytest

from appliance.bus.names import (
    HOME_ASSISTANT_STATUS,
    answers_name,
    control_name,
    discovery_name,
    question_name,
    topic_name,
)
from appliance.bus.topics import (
    CONTROLLERS,
    DEMO,
    HOUSEHOLD,
    OBSERVER,
    PARTED,
    SERVICES,
    SPEAKER,
    controls,
    questions,
    topics,
)
from tests.broker_fixture import Broker, free_port

pytestmark = pytest.mark.anyio

LIMIT_S = 10.0
PART = "front_door"
DEVICES = {"zigbee2mqtt/lamp", "zigbee2mqtt/lamp/set", "virtual/lamp/set"}
ANNOUNCEMENTS = {"homeassistant/light/lamp/config", "homeassistant/switch/node/plug/config"}
ACCOUNTS = (*SERVICES, OBSERVER, SPEAKER, HOUSEHOLD)


def every_name(box: str) -> set[str]:
    """All that anybody may write, and some that nobody may."""
    names = {topic_name(box, topic, each, PART) for topic in topics() for each in topic.publishers}
    names |= {question_name(box, question) for question in questions()}
    for service in SERVICES:
        names |= {answers_name(box, service, "1"), discovery_name(box, service)}
        names.add(discovery_name(box, service, PART))
    names.add(answers_name(box, SPEAKER, "1"))
    names |= {control_name(box, control) for control in controls()}
    strange = {
        "homeassistant/device/another/config",
        f"appliance/{box}/nobody/availability",
        "appliance/00000000/albums/state",
        f"appliance/{box}",
        "anything",
    }
    return names | strange | DEVICES | ANNOUNCEMENTS | {HOME_ASSISTANT_STATUS}


def may_write(box: str, account: str) -> set[str]:
    names = {
        topic_name(box, topic, account, PART) for topic in topics() if account in topic.publishers
    }
    names |= {question_name(box, each) for each in questions() if account in each.askers}
    for question in questions():
        if account == question.answerer:
            names |= {answers_name(box, asker, "1") for asker in question.askers}
    if account in SERVICES:
        names.add(discovery_name(box, account))
    if account in PARTED:
        names.add(discovery_name(box, account, PART))
    if account == HOUSEHOLD:
        names |= {HOME_ASSISTANT_STATUS, *DEVICES, *ANNOUNCEMENTS}
        names |= {control_name(box, control) for control in controls()}
    if account in CONTROLLERS:
        names |= DEVICES
    return names


def may_read(box: str, account: str) -> set[str]:
    if account == SPEAKER:
        return {answers_name(box, SPEAKER, "1")}
    topic_names = {
        topic_name(box, topic, publisher, PART)
        for topic in topics()
        if account in topic.subscribers or account not in SERVICES
        for publisher in topic.publishers
    }
    if account not in SERVICES:
        devices = {discovery_name(box, each, part) for each in SERVICES for part in ("", PART)}
        return (
            topic_names
            | devices
            | ANNOUNCEMENTS
            | (DEVICES if account == HOUSEHOLD else set())
            | {
                HOME_ASSISTANT_STATUS,
                "homeassistant/device/another/config",
            }
        )
    asked = {question_name(box, each) for each in questions() if account == each.answerer}
    asked |= {control_name(box, each) for each in controls() if account == each.service}
    names = topic_names | asked | {HOME_ASSISTANT_STATUS, answers_name(box, account, "1")}
    if account in CONTROLLERS:
        names |= {discovery_name(box, each, part) for each in SERVICES for part in ("", PART)}
        names |= DEVICES | ANNOUNCEMENTS | {"homeassistant/device/another/config"}
    return names


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_an_account_writes_what_the_topics_say_and_nothing_else(
    broker: Broker, account: str
) -> None:
    async with broker.client() as listener, broker.client_of(account) as writer:
        await listener.subscribe("#", qos=1)
        for name in sorted(every_name(broker.box)):
            await writer.publish(name, b"written", qos=1)
        written = await names_until_end(listener, listener)
    assert written == may_write(broker.box, account)


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_an_account_reads_what_the_topics_say_and_nothing_else(
    broker: Broker, account: str
) -> None:
    async with broker.client() as writer, broker.client_of(account) as reader:
        await reader.subscribe("#", qos=1)
        for name in sorted(every_name(broker.box)):
            await writer.publish(name, b"written", qos=1)
        speaker = answers_name(broker.box, SPEAKER, "1")
        end = speaker if account == SPEAKER else HOME_ASSISTANT_STATUS
        read = await names_until_end(reader, writer, end)
    assert read == may_read(broker.box, account)


async def test_the_demo_s_devices_announce_and_speak_for_themselves_only(
    make_broker: Callable[..., Broker],
) -> None:
    broker = make_broker("demo", demo=True)
    announcement, own = "homeassistant/light/virtual/lamp/config", "virtual/lamp/set"
    async with broker.client() as tester, broker.client_of(DEMO) as demo:
        for client in (tester, demo):
            await client.subscribe("#", qos=1)
        names = every_name(broker.box) | {announcement}
        for name in sorted(names):
            await demo.publish(name, b"written", qos=1)
        written = await names_until_end(tester, tester)
        for name in sorted(names):
            await tester.publish(name, b"written", qos=1)
        read = await names_until_end(demo, tester, "virtual/end")
    assert written == {announcement, own}
    assert read == {own, HOME_ASSISTANT_STATUS}


async def test_without_the_demo_its_devices_have_no_account(broker: Broker) -> None:
    with pytest.raises(aiomqtt.MqttError, match="Not authorized"):
        async with broker.client(DEMO, "any password"):
            pass


async def names_until_end(
    reader: aiomqtt.Client, writer: aiomqtt.Client, end: str = "end"
) -> set[str]:
    """What was received before a last message that `writer` sends now."""
    await writer.publish(end, b"end", qos=1)
    names: set[str] = set()
    async with asyncio.timeout(LIMIT_S):
        async for message in reader.messages:
            if message.payload == b"end":
                break
            names.add(message.topic.value)
    return names


async def test_nobody_comes_in_without_an_account(broker: Broker) -> None:
    with pytest.raises(aiomqtt.MqttError, match="Not authorized"):
        async with broker.client(account=None):
            pass


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_nobody_comes_in_with_a_wrong_password(broker: Broker, account: str) -> None:
    with pytest.raises(aiomqtt.MqttError, match="Not authorized"):
        async with broker.client(account, "not the password"):
            pass


async def test_a_payload_above_every_limit_does_not_pass_the_broker(broker: Broker) -> None:
    name = topic_name(broker.box, topics()[0], "albums")
    async with broker.client() as listener:
        await listener.subscribe("#", qos=1)
        async with broker.client_of("albums") as writer:
            with pytest.raises(aiomqtt.MqttError):
                await writer.publish(name, b" " * 4_000_000, qos=1, timeout=1)
        assert await names_until_end(listener, listener) == set()


async def test_home_assistant_reaches_the_listener_on_the_network_with_tls_only(
    broker: Broker,
) -> None:
    port = free_port()
    broker.stop()
    broker.paths.settings_file.write_text(f"[bus]\nlan_listener = true\nlan_port = {port}\n")
    broker.start()
    folder = broker.paths.config / "bus" / "lan"
    assert (folder / "key.pem").stat().st_mode & 0o777 == 0o640
    context = ssl.create_default_context(cafile=folder / "certificate.pem")
    context.check_hostname = False  # its name is the box's, the test asks for the address
    password = broker.locate(HOUSEHOLD)[1].password
    with pytest.raises(aiomqtt.MqttError):
        async with aiomqtt.Client(  # no TLS
            "127.0.0.1", port, username=HOUSEHOLD, password=password, timeout=1
        ):
            pass
    async with aiomqtt.Client(
        "127.0.0.1",
        port,
        username=HOUSEHOLD,
        password=password,
        tls_context=context,
        protocol=aiomqtt.ProtocolVersion.V5,
    ) as home_assistant:
        await home_assistant.subscribe("homeassistant/#", qos=1)
