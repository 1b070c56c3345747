"""A client on a real broker: messages, states through the broker's absence, availability."""

import asyncio
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from appliance.bus.client import Bus
from appliance.bus.errors import Malformed, TooLarge
from appliance.bus.messages.albums import AlbumsState, LibraryChanged, PhotoImported
from appliance.bus.messages.listening import EarEvent
from appliance.bus.messages.service import Availability, SettingsChanged
from appliance.bus.names import AnyTopic, topic_name
from appliance.bus.topics import (
    ALBUMS_STATE,
    AVAILABILITY,
    EAR_EVENT,
    LIBRARY_CHANGED,
    PHOTO_IMPORTED,
    SETTINGS_CHANGED,
    Kind,
    topics,
)
from tests.broker_fixture import Broker, running
from tests.bus.samples import SAMPLES

pytestmark = pytest.mark.anyio

LIMIT_S = 10.0
STATE = AlbumsState(
    photos=1, people=0, faces=0, unknown_faces=0, pending=0, quarantined=0, grouping=False
)


def collect(bus: Bus, topic: AnyTopic) -> "asyncio.Queue[tuple[Any, str]]":
    """A queue of what comes in on a topic, with its publisher."""
    queue: asyncio.Queue[tuple[Any, str]] = asyncio.Queue()

    async def take(message: object, publisher: str) -> None:
        queue.put_nowait((message, publisher))

    bus.on(topic, take)
    return queue


async def until(queue: "asyncio.Queue[tuple[Any, str]]", wanted: tuple[object, str]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while await queue.get() != wanted:
            pass


@pytest.mark.parametrize("topic", topics(), ids=lambda topic: topic.path)
async def test_every_message_arrives_with_its_publisher(broker: Broker, topic: AnyTopic) -> None:
    publisher = topic.publishers[0]
    reader = next(each for each in (*topic.subscribers, "observer") if each != publisher)
    sender, receiver = broker.bus(publisher), broker.bus(reader)
    arrived = collect(receiver, topic)
    messages = [each for each in SAMPLES if type(each) is topic.message]
    async with running(receiver, sender):
        for message in messages:
            await sender.publish(topic, message)
            await until(arrived, (message, publisher))


async def test_messages_of_a_topic_are_handled_in_order(broker: Broker) -> None:
    web, albums = broker.bus("web"), broker.bus("albums")
    handled: list[int] = []
    done = asyncio.Event()

    async def take(message: LibraryChanged, _: str) -> None:
        await asyncio.sleep(0.02 if message.people[0] == 0 else 0)  # an early one takes longer
        handled.append(message.people[0])
        if len(handled) == 20:
            done.set()

    web.on(LIBRARY_CHANGED, take)
    async with running(web, albums):
        for number in range(20):
            await albums.publish(LIBRARY_CHANGED, LibraryChanged(people=[number]))
        await asyncio.wait_for(done.wait(), LIMIT_S)
    assert handled == list(range(20))


async def test_a_handler_that_raises_stops_nothing_and_quotes_nothing(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    web, albums = broker.bus("web"), broker.bus("albums")

    async def fail(message: LibraryChanged, _: str) -> None:
        raise LookupError(message.people)

    web.on(LIBRARY_CHANGED, fail)
    arrived = collect(web, LIBRARY_CHANGED)
    async with running(web, albums):
        for number in (1, 2):
            await albums.publish(LIBRARY_CHANGED, LibraryChanged(people=[number]))
            await until(arrived, (LibraryChanged(people=[number]), "albums"))
    failures = [record for record in caplog.records if record.getMessage() == "handler failed"]
    assert len(failures) == 2


async def test_what_is_published_before_the_broker_is_there_is_sent_when_it_is(
    broker: Broker,
) -> None:
    web, albums = broker.bus("web"), broker.bus("albums")
    states, events = collect(web, ALBUMS_STATE), collect(web, PHOTO_IMPORTED)
    imported = [PhotoImported(event_type="imported", photo=number) for number in (1, 2, 3)]
    await albums.publish(ALBUMS_STATE, AlbumsState(**{**_fields(STATE), "photos": 99}))
    await albums.publish(ALBUMS_STATE, STATE)
    for event in imported:
        await albums.publish(PHOTO_IMPORTED, event)
    async with running(web, albums):
        assert (await asyncio.wait_for(states.get(), LIMIT_S))[0] == STATE
        for event in imported:
            assert (await asyncio.wait_for(events.get(), LIMIT_S))[0] == event


def _fields(message: AlbumsState) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__struct_fields__}


async def test_states_are_back_after_the_broker_was_killed(broker: Broker) -> None:
    albums = broker.bus("albums")
    async with running(albums):
        await albums.publish(ALBUMS_STATE, STATE)
        broker.kill()
        await _wait_until_offline(albums)
        newer = AlbumsState(**{**_fields(STATE), "photos": 2})
        await albums.publish(ALBUMS_STATE, newer)
        broker.start()
        await asyncio.wait_for(albums.connected.wait(), LIMIT_S)
        web = broker.bus("web")
        states, present = collect(web, ALBUMS_STATE), collect(web, AVAILABILITY)
        async with running(web):
            assert (await asyncio.wait_for(states.get(), LIMIT_S))[0] == newer
            await until(present, (Availability.ONLINE, "albums"))


async def test_what_was_sent_while_connected_is_sent_to_a_broker_that_forgot_it(
    broker: Broker,
) -> None:
    albums, web = broker.bus("albums"), broker.bus("web")
    states = collect(web, ALBUMS_STATE)
    async with running(albums):
        await albums.publish(ALBUMS_STATE, STATE)
        broker.kill()
        await _wait_until_offline(albums)
        broker.start()
        async with running(web):
            await until(states, (STATE, "albums"))


async def _wait_until_offline(bus: Bus) -> None:
    async with asyncio.timeout(LIMIT_S):
        while bus.connected.is_set():  # noqa: ASYNC110 # it tells of its beginning only
            await asyncio.sleep(0.01)


async def test_a_broker_that_comes_back_on_another_port_is_found(broker: Broker) -> None:
    albums = broker.bus("albums")
    async with running(albums):
        broker.kill()
        await _wait_until_offline(albums)
        old = broker.port
        blocker = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", old)
        async with blocker:
            broker.start()
            assert broker.port != old
            await asyncio.wait_for(albums.connected.wait(), LIMIT_S)


async def test_publishing_while_the_broker_hangs_does_not_wait_for_its_return(
    broker: Broker,
) -> None:
    albums = broker.bus("albums", keepalive_s=1)
    async with running(albums):
        broker.suspend()
        await asyncio.wait_for(albums.publish(ALBUMS_STATE, STATE), LIMIT_S)
        broker.resume()
        await asyncio.wait_for(albums.connected.wait(), LIMIT_S)


async def test_a_service_that_stops_says_offline(broker: Broker) -> None:
    web, albums = broker.bus("web"), broker.bus("albums")
    present = collect(web, AVAILABILITY)
    async with running(web):
        async with running(albums):
            await until(present, (Availability.ONLINE, "albums"))
        await until(present, (Availability.OFFLINE, "albums"))


CHILD = """
import asyncio, functools, sys
from pathlib import Path
from appliance.bus.client import Bus
from appliance.service import broker
from appliance.service.paths import Paths
paths = Paths(Path(sys.argv[1]), Path(sys.argv[2]))
bus = Bus(functools.partial(broker.locate, paths, "albums"), "albums", broker.box_id(paths))
asyncio.run(bus.run())
"""


async def test_the_will_says_offline_for_a_process_that_was_killed(broker: Broker) -> None:
    web = broker.bus("web")
    present = collect(web, AVAILABILITY)
    async with running(web):
        with subprocess.Popen(  # noqa: ASYNC220 # starting it does not wait for it
            [sys.executable, "-c", CHILD, broker.paths.data, broker.paths.runtime]
        ) as child:
            await until(present, (Availability.ONLINE, "albums"))
            child.kill()
        await until(present, (Availability.OFFLINE, "albums"))


async def test_a_slow_handler_does_not_cost_the_connection(broker: Broker) -> None:
    web, albums = broker.bus("web"), broker.bus("albums", keepalive_s=1)
    present = collect(web, AVAILABILITY)
    handling, release = asyncio.Event(), asyncio.Event()

    async def wait(_: SettingsChanged, __: str) -> None:
        handling.set()
        await release.wait()

    albums.on(SETTINGS_CHANGED, wait)
    async with running(web, albums):
        await web.publish(SETTINGS_CHANGED, SettingsChanged(sections=["albums"]))
        await asyncio.wait_for(handling.wait(), LIMIT_S)
        with pytest.raises(TimeoutError):  # three times the keep-alive
            await asyncio.wait_for(until(present, (Availability.OFFLINE, "albums")), 3)
        assert albums.connected.is_set()
        release.set()


async def test_a_wrong_password_is_said_once_and_tried_again(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    file = broker.paths.config / "bus" / "albums.password"
    right = file.read_text()
    file.write_text("wrong")
    albums = broker.bus("albums")
    task = asyncio.create_task(albums.run())
    with caplog.at_level(logging.WARNING):
        async with asyncio.timeout(LIMIT_S):
            while not any(record.getMessage() == "offline" for record in caplog.records):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert "ot authorized" in caplog.records[-1].__dict__["reason"]
    file.write_text(right)
    await asyncio.wait_for(albums.connected.wait(), LIMIT_S)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_without_a_prepared_broker_the_client_waits(broker: Broker, tmp_path: Path) -> None:
    address = broker.paths.runtime / "broker" / "address.json"
    kept = address.read_bytes()
    address.unlink()
    albums = broker.bus("albums")
    task = asyncio.create_task(albums.run())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(albums.connected.wait(), 0.5)
    address.write_bytes(kept)
    await asyncio.wait_for(albums.connected.wait(), LIMIT_S)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_states_are_retained_and_events_are_not(broker: Broker) -> None:
    albums = broker.bus("albums")
    async with running(albums):
        await albums.publish(ALBUMS_STATE, STATE)
        await albums.publish(PHOTO_IMPORTED, PhotoImported(event_type="imported", photo=1))
        names = await retained_names(broker)
    kinds = {
        topic.kind
        for topic in topics()
        if any(topic_name(broker.box, topic, each) in names for each in topic.publishers)
    }
    assert kinds == {Kind.STATE}
    assert topic_name(broker.box, ALBUMS_STATE, "albums") in names


async def retained_names(broker: Broker) -> set[str]:
    names: set[str] = set()
    async with broker.client() as client:
        await client.subscribe("#", qos=1)
        await client.publish("end", b"", qos=1)
        async for message in client.messages:
            if message.topic.value == "end":
                return names
            names.add(message.topic.value)
    raise aiomqtt.MqttError("the broker went away")


async def test_a_message_that_no_reader_would_take_is_not_sent(broker: Broker) -> None:
    web = broker.bus("web")
    with pytest.raises(TooLarge):
        await web.publish(SETTINGS_CHANGED, SettingsChanged(sections=["x" * 70_000]))
    albums = broker.bus("albums")
    with pytest.raises(Malformed):
        await albums.publish(LIBRARY_CHANGED, LibraryChanged(people=["no number"]))  # type: ignore[list-item]


async def test_only_what_the_list_of_topics_allows_can_be_written(broker: Broker) -> None:
    web = broker.bus("web")
    with pytest.raises(ValueError, match="web is not listed as one that publishes albums/state"):
        await web.publish(ALBUMS_STATE, STATE)
    albums = broker.bus("albums")
    with pytest.raises(ValueError, match="albums is not listed as one that hears albums/photo"):
        collect(albums, PHOTO_IMPORTED)


async def test_the_observer_hears_all_and_is_not_announced(broker: Broker) -> None:
    observer, albums = broker.bus("observer"), broker.bus("albums")
    present, states = collect(observer, AVAILABILITY), collect(observer, ALBUMS_STATE)
    async with running(albums):
        await albums.publish(ALBUMS_STATE, STATE)
        async with running(observer), running(broker.bus("observer")):
            await until(present, (Availability.ONLINE, "albums"))
            await until(states, (STATE, "albums"))
            assert not [name for name in await retained_names(broker) if "observer" in name]


async def test_two_processes_of_one_service_oust_each_other_at_leisure(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="appliance"):
        async with running(broker.bus("albums"), broker.bus("albums")):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 2)
    assert sum(record.getMessage() == "offline" for record in caplog.records) < 10


async def test_handlers_are_registered_before_the_client_runs(broker: Broker) -> None:
    web = broker.bus("web")
    async with running(web):
        with pytest.raises(RuntimeError):
            collect(web, ALBUMS_STATE)


async def test_an_event_with_a_life_is_told_now_or_never(broker: Broker) -> None:
    voice, web, heard = broker.bus("voice"), broker.bus("web"), asyncio.Queue[str]()

    async def hear(event: EarEvent, _: str) -> None:
        heard.put_nowait(event.event_type)

    web.on(EAR_EVENT, hear)
    await voice.publish(EAR_EVENT, EarEvent(event_type="woken"))
    async with running(web, voice):
        await voice.publish(EAR_EVENT, EarEvent(event_type="pushed"))
        assert await asyncio.wait_for(heard.get(), LIMIT_S) == "pushed"
    assert heard.empty()
