"""What a topic does not carry is refused, counted, logged once, and nothing else happens."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import aiomqtt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.bus.client import Bus
from appliance.bus.codec import decode, encode, limit_bytes
from appliance.bus.errors import BusError
from appliance.bus.names import HOME_ASSISTANT_STATUS, AnyTopic, topic_name
from appliance.bus.topics import AVAILABILITY, SERVICES, topics
from tests.broker_fixture import Broker, running
from tests.bus.samples import sample

pytestmark = pytest.mark.anyio

LIMIT_S = 20.0
SECRET = b"Zo\xc3\xab of the payload"

payloads = st.one_of(
    st.binary(max_size=64),
    st.sampled_from(
        [
            b"",
            b"null",
            b"{}",
            b"[]",
            b'{"version": 2}',
            b'{"version": "1"}',
            b'{"a": ' + b"[" * 30_000,
            b"offline\n",
            SECRET,
        ]
    ),
)


def acceptable(topic: AnyTopic, payload: bytes) -> bool:
    if topic.part and not payload:  # a part is gone
        return True
    try:
        decode(topic.path, topic.message, payload)
    except BusError:
        return False
    return True


@pytest.mark.parametrize("reader", SERVICES)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(batch=st.lists(payloads, min_size=1, max_size=8))
def test_no_handler_sees_what_its_topic_does_not_carry(
    broker: Broker, reader: str, batch: list[bytes]
) -> None:
    read = [topic for topic in topics() if reader in topic.subscribers]
    hostile = {
        topic: [payload for payload in batch if not acceptable(topic, payload)] for topic in read
    }
    bus = broker.bus(reader)
    heard = asyncio.run(_hear(broker, bus, hostile))
    # Of all that was sent only the sound message at the end of each topic came through.
    assert sorted(path for path, _ in heard) == sorted(topic.path for topic in read)
    for topic, refused in hostile.items():
        assert sum(n for (path, _), n in bus.refused.items() if path == topic.path) == len(refused)


async def _hear(
    broker: Broker, bus: Bus, hostile: dict[AnyTopic, list[bytes]]
) -> list[tuple[str, object]]:
    """Sends everything in another's name, then a sound message on each topic and waits for it."""
    heard: list[tuple[str, object]] = []
    complete = asyncio.Event()

    def listen(topic: AnyTopic) -> None:
        async def take(message: object, publisher: str) -> None:
            if topic is not AVAILABILITY or publisher != bus.service:  # it hears itself
                heard.append((topic.path, message))
            if {path for path, _ in heard} == {each.path for each in hostile}:
                complete.set()

        bus.on(topic, take)

    for topic in hostile:
        listen(topic)
    async with running(bus), broker.client() as client:
        for topic, batch in hostile.items():
            others = [each for each in topic.publishers if each != bus.service]
            name = topic_name(broker.box, topic, (others or list(topic.publishers))[0], "yard")
            for payload in batch:
                await client.publish(name, payload, qos=1)
            sound = encode(topic.path, sample(topic.message))
            await client.publish(name, sound, qos=1)
        await asyncio.wait_for(complete.wait(), LIMIT_S)
        return list(heard)


@contextmanager
def _records(caplog: pytest.LogCaptureFixture) -> Iterator[list[logging.LogRecord]]:
    with caplog.at_level(logging.DEBUG, logger="appliance"):
        caplog.clear()
        yield caplog.records


async def test_a_refusal_is_logged_once_for_its_topic_and_kind_and_never_quoted(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    web = broker.bus("web")
    reached = asyncio.Event()
    state = next(topic for topic in topics() if topic.path == "albums/state")

    async def take(_: object, __: str) -> None:
        reached.set()

    web.on(state, take)
    name = topic_name(broker.box, state, "albums")
    too_large = SECRET * (limit_bytes(state.message) // len(SECRET) + 1)
    async with running(web), broker.client() as client:
        with _records(caplog) as records:
            for _ in range(3):
                for payload in (SECRET, b'{"photos": "' + SECRET + b'"}', too_large):
                    await client.publish(name, payload, qos=1)
                await client.publish(name, b'{"version": 7}', qos=1)
            await client.publish(name, encode("", sample(state.message)), qos=1)
            await asyncio.wait_for(reached.wait(), LIMIT_S)
            refusals = [record for record in records if record.getMessage() == "message refused"]
    assert [record.__dict__["kind"] for record in refusals] == [
        "malformed",
        "too_large",
        "wrong_version",
    ]
    assert {record.__dict__["topic"] for record in refusals} == {"albums/state"}
    assert not any("Zo" in str(vars(record)) for record in records)
    assert web.refused == {
        ("albums/state", "malformed"): 6,
        ("albums/state", "too_large"): 3,
        ("albums/state", "wrong_version"): 3,
    }


async def test_an_unknown_birth_message_is_refused(broker: Broker) -> None:
    web = broker.bus("web")
    async with running(web), broker.client() as client:
        await client.publish(HOME_ASSISTANT_STATUS, b"reborn", qos=1)
        async with asyncio.timeout(LIMIT_S):
            while not web.refused:  # noqa: ASYNC110 # a refusal tells nobody
                await asyncio.sleep(0.01)
    assert web.refused == {(HOME_ASSISTANT_STATUS, "malformed"): 1}


async def test_a_flood_costs_messages_but_not_the_client(broker: Broker) -> None:
    web = broker.bus("web")
    newest = asyncio.Event()
    library = next(topic for topic in topics() if topic.path == "albums/library")

    async def take(message: object, _: str) -> None:
        await asyncio.sleep(0)
        if getattr(message, "people", None) == [5_000]:
            newest.set()

    web.on(library, take)
    name = topic_name(broker.box, library, "albums")
    async with running(web):
        await _flood(broker.client(), name)
        await asyncio.wait_for(newest.wait(), LIMIT_S)
        assert web.connected.is_set()


async def _flood(client: aiomqtt.Client, name: str) -> None:
    async with client:
        for number in range(1, 5_001):
            await client.publish(name, b'{"people": [%d]}' % number, qos=0)
        await client.publish(name, b'{"people": [5000]}', qos=1)
