"""Questions and answers on a real broker."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from appliance.bus.answering import CONCURRENT_LIMIT, WAITING_LIMIT
from appliance.bus.client import Bus
from appliance.bus.envelope import question_properties, read_answer
from appliance.bus.errors import NoAnswer, Offline, Refused
from appliance.bus.messages.albums import MakePreview, NamePerson, PreviewReady
from appliance.bus.messages.base import Done, Failure
from appliance.bus.names import AnyQuestion, answers_name, question_name
from appliance.bus.topics import MAKE_PREVIEW, NAME_PERSON, questions
from tests.broker_fixture import Broker, running
from tests.bus.samples import sample

pytestmark = pytest.mark.anyio

LIMIT_S = 10.0
QUESTION = NamePerson(person=1, name="Zoë")
FAILURE = Failure(code="unknown_person", message="There is no such person.", mend="reload")


class Clock:
    """A monotonic clock that stands still until told."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def always(answer: Any) -> Callable[[Any], Awaitable[Any]]:
    async def handle(_: object) -> Any:
        return answer

    return handle


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.path)
async def test_every_question_is_answered(broker: Broker, question: AnyQuestion) -> None:
    asker, answerer = broker.bus(question.askers[0]), broker.bus(question.answerer)
    asked, answer = sample(question.question), sample(question.answer)
    heard = []

    async def handle(message: object) -> Any:
        heard.append(message)
        return answer

    answerer.answer(question, handle)
    async with running(answerer, asker):
        assert await asker.ask(question, asked) == answer
    assert heard == [asked]


@pytest.fixture
def pair(broker: Broker) -> tuple[Bus, Bus]:
    """Who asks and who answers; not running."""
    return broker.bus("web"), broker.bus("albums")


async def test_a_failure_is_raised_with_its_mend(pair: tuple[Bus, Bus]) -> None:
    web, albums = pair
    albums.answer(NAME_PERSON, always(FAILURE))
    async with running(albums, web):
        with pytest.raises(Refused) as raised:
            await web.ask(NAME_PERSON, QUESTION)
    assert raised.value.failure == FAILURE
    assert raised.value.mend == "reload"


async def test_a_handler_that_raises_answers_that_it_failed(pair: tuple[Bus, Bus]) -> None:
    web, albums = pair

    async def fail(_: NamePerson) -> Done:
        raise LookupError("Zoë")

    albums.answer(NAME_PERSON, fail)
    async with running(albums, web):
        for _ in range(2):
            with pytest.raises(Refused) as raised:
                await web.ask(NAME_PERSON, QUESTION)
            assert raised.value.failure.code == "internal"
            assert "Zoë" not in raised.value.failure.message


async def test_an_answer_of_another_type_is_a_failure_of_the_answerer(
    pair: tuple[Bus, Bus],
) -> None:
    web, albums = pair
    albums.answer(NAME_PERSON, always(PreviewReady(file="x")))
    async with running(albums, web):
        with pytest.raises(Refused) as raised:
            await web.ask(NAME_PERSON, QUESTION)
    assert raised.value.failure.code == "internal"


async def test_nobody_answers_within_the_limit(pair: tuple[Bus, Bus]) -> None:
    web, _ = pair
    async with running(web):
        with pytest.raises(NoAnswer) as raised:
            await web.ask(NAME_PERSON, QUESTION, limit_s=0.2)
    assert (raised.value.answerer, raised.value.limit_s) == ("albums", 0.2)


async def test_asking_without_a_broker_is_refused_at_once(pair: tuple[Bus, Bus]) -> None:
    web, _ = pair
    with pytest.raises(Offline):
        await web.ask(NAME_PERSON, QUESTION)


async def test_asking_ends_when_the_broker_dies(broker: Broker, pair: tuple[Bus, Bus]) -> None:
    web, albums = pair
    asked = asyncio.Event()

    async def never(_: NamePerson) -> Done:
        asked.set()
        await asyncio.Event().wait()
        return Done()

    albums.answer(NAME_PERSON, never)
    async with running(albums, web):
        asking = asyncio.create_task(web.ask(NAME_PERSON, QUESTION, limit_s=60))
        await asyncio.wait_for(asked.wait(), LIMIT_S)
        broker.kill()
        with pytest.raises(Offline):
            await asyncio.wait_for(asking, LIMIT_S)


async def test_only_a_listed_service_asks_and_answers(pair: tuple[Bus, Bus]) -> None:
    web, albums = pair
    with pytest.raises(ValueError, match="web is not listed as one that answers"):
        web.answer(NAME_PERSON, always(Done()))
    with pytest.raises(ValueError, match="albums is not listed as one that asks"):
        await albums.ask(NAME_PERSON, QUESTION)


async def test_a_question_that_waited_too_long_is_not_carried_out(broker: Broker) -> None:
    clock = Clock()
    web, albums = broker.bus("web", clock=clock), broker.bus("albums", clock=clock)
    release, busy, carried_out = asyncio.Event(), asyncio.Semaphore(0), []

    async def occupy(_: MakePreview) -> PreviewReady:
        busy.release()
        await release.wait()
        return PreviewReady(file="x")

    async def name(message: NamePerson) -> Done:
        carried_out.append(message.person)
        return Done()

    albums.answer(MAKE_PREVIEW, occupy)
    albums.answer(NAME_PERSON, name)
    async with running(albums, web):
        previews = [
            asyncio.create_task(web.ask(MAKE_PREVIEW, MakePreview(photo=1), limit_s=LIMIT_S))
            for _ in range(CONCURRENT_LIMIT)
        ]
        for _ in previews:
            await asyncio.wait_for(busy.acquire(), LIMIT_S)
        with pytest.raises(NoAnswer):
            await web.ask(NAME_PERSON, NamePerson(person=1, name="late"), limit_s=0.2)
        clock.now_s += 1
        release.set()
        await asyncio.gather(*previews)
        await web.ask(NAME_PERSON, NamePerson(person=2, name="in time"))
    assert carried_out == [2]
    assert albums.refused["albums/people/name/set", "late"] == 1


async def test_the_broker_is_told_when_a_question_expires(broker: Broker) -> None:
    web = broker.bus("web")
    async with running(web), broker.client() as albums:
        await albums.subscribe(question_name(broker.box, NAME_PERSON), qos=1)
        with pytest.raises(NoAnswer):
            await web.ask(NAME_PERSON, QUESTION, limit_s=0.1)
        message = await asyncio.wait_for(anext(aiter(albums.messages)), LIMIT_S)
    assert message.properties is not None
    assert getattr(message.properties, "MessageExpiryInterval", None) == 1


async def test_one_question_more_than_can_wait_is_answered_busy(pair: tuple[Bus, Bus]) -> None:
    web, albums = pair
    release = asyncio.Event()

    async def wait(_: MakePreview) -> PreviewReady:
        await release.wait()
        return PreviewReady(file="x")

    albums.answer(MAKE_PREVIEW, wait)
    async with running(albums, web):
        asking = [
            asyncio.create_task(web.ask(MAKE_PREVIEW, MakePreview(photo=1), limit_s=60))
            for _ in range(CONCURRENT_LIMIT + WAITING_LIMIT + 1)
        ]
        done, _ = await asyncio.wait(asking, timeout=LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
        refused = [task.exception() for task in done]
        release.set()
        await asyncio.gather(*asking, return_exceptions=True)
    assert [each.failure.code for each in refused if isinstance(each, Refused)] == ["busy"]


async def _ask_raw(
    client: aiomqtt.Client, broker: Broker, payload: bytes, properties: Properties
) -> None:
    await client.publish(
        question_name(broker.box, NAME_PERSON), payload, qos=1, properties=properties
    )


async def test_a_malformed_question_is_answered_so(broker: Broker) -> None:
    albums = broker.bus("albums")
    carried_out: list[object] = []

    async def name(message: NamePerson) -> Done:
        carried_out.append(message)
        return Done()

    albums.answer(NAME_PERSON, name)
    inbox = answers_name(broker.box, "web", "here")
    async with running(albums), broker.client_of("web") as web:
        await web.subscribe(inbox, qos=1)
        for payload in (b"", b"{}", b'{"person": "one", "name": null}', b"\xff" * 10, b"[" * 999):
            properties = question_properties(inbox, payload[:5], 5, 1e9)
            await _ask_raw(web, broker, payload, properties)
            message = await asyncio.wait_for(anext(aiter(web.messages)), LIMIT_S)
            envelope = read_answer(message.properties)
            assert envelope is not None
            assert envelope.failed
            assert b'"code":"malformed"' in message.payload
    assert carried_out == []
    assert albums.refused["albums/people/name/set", "malformed"] == 5


def _bare() -> Properties:
    return Properties(PacketTypes.PUBLISH)


async def test_a_question_cannot_make_the_answerer_write_elsewhere(broker: Broker) -> None:
    albums, elsewhere = broker.bus("albums"), f"{broker.root}/albums/state"
    albums.answer(NAME_PERSON, always(Done()))
    nowhere = _bare()
    garbled = _bare()
    garbled.ResponseTopic = answers_name(broker.box, "web", "here")
    garbled.CorrelationData = b"1"
    garbled.UserProperty = ("deadline", "soon")
    crooked = [
        nowhere,
        garbled,
        question_properties(elsewhere, b"1", 5, 1e9),
        question_properties(answers_name(broker.box, "albums", "x"), b"1", 5, 1e9),
    ]
    seen: list[str] = []
    async with running(albums), broker.client() as client:
        await client.subscribe("#", qos=1)
        for properties in crooked:
            await _ask_raw(client, broker, b'{"person": 1, "name": null}', properties)
        inbox = answers_name(broker.box, "web", "here")
        straight = question_properties(inbox, b"2", 5, 1e9)
        await _ask_raw(client, broker, b'{"person": 1, "name": null}', straight)
        async with asyncio.timeout(LIMIT_S):
            async for message in client.messages:
                if not message.retain:
                    seen.append(message.topic.value)
                if message.topic.value == inbox:
                    break
    assert set(seen) == {question_name(broker.box, NAME_PERSON), inbox}
    assert albums.refused["albums/people/name/set", "malformed"] == len(crooked)


async def test_what_is_no_answer_is_refused(broker: Broker) -> None:
    web, albums = broker.bus("web"), broker.bus("albums")
    albums.answer(NAME_PERSON, always(Done(entry=1)))
    async with running(albums, web), broker.client() as client:
        inbox = f"{broker.root}/web/answers/#"
        await client.subscribe(inbox, qos=1)
        assert await web.ask(NAME_PERSON, QUESTION) == Done(entry=1)
        answer = await asyncio.wait_for(anext(aiter(client.messages)), LIMIT_S)
        await client.publish(answer.topic.value, b"{}", qos=1)
        await client.publish(  # an answer that nobody waits for any more
            answer.topic.value, answer.payload, qos=1, properties=answer.properties
        )
        assert await web.ask(NAME_PERSON, QUESTION) == Done(entry=1)
    assert web.refused["answers", "malformed"] == 1
