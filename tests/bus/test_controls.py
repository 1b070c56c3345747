"""What Home Assistant sets is obeyed at once or never."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from appliance.bus.controls import LIFE_S, WAITING_LIMIT, Controls
from appliance.bus.names import control_name
from appliance.bus.refusals import Refusals
from appliance.bus.topics import HOUSEHOLD, SWITCH_MUTE, TYPE
from tests.broker_fixture import Broker, running

pytestmark = pytest.mark.anyio
LIMIT_S = 20.0


class Obedient:
    """A voice that notes what it is told."""

    def __init__(self, broker: Broker) -> None:
        self.bus = broker.bus("voice")
        self.obeyed: asyncio.Queue[str] = asyncio.Queue()
        self.bus.obey(TYPE, self.obeyed.put)

    async def next(self) -> str:
        return await asyncio.wait_for(self.obeyed.get(), LIMIT_S)


@pytest.fixture
async def voice(broker: Broker) -> AsyncIterator[Obedient]:
    made = Obedient(broker)
    async with running(made.bus):
        yield made


async def test_a_line_that_is_set_is_obeyed(broker: Broker, voice: Obedient) -> None:
    async with broker.client_of(HOUSEHOLD) as home_assistant:
        await home_assistant.publish(control_name(broker.box, TYPE), "turn on the Lämp")
        assert await voice.next() == "turn on the Lämp"


@pytest.mark.parametrize("payload", [b"", b"  ", b"two\nlines", b"\xff\xfe", b"x" * 1201])
async def test_what_is_no_line_is_refused_and_the_next_is_obeyed(
    broker: Broker, voice: Obedient, payload: bytes
) -> None:
    async with broker.client_of(HOUSEHOLD) as home_assistant:
        await home_assistant.publish(control_name(broker.box, TYPE), payload)
        await home_assistant.publish(control_name(broker.box, TYPE), "after")
        assert await voice.next() == "after"
    assert sum(voice.bus.refused.values()) == 1


async def test_what_was_retained_is_never_obeyed(broker: Broker) -> None:
    name = control_name(broker.box, TYPE)
    async with broker.client_of(HOUSEHOLD) as home_assistant:
        await home_assistant.publish(name, "before the start", qos=1, retain=True)
        voice = Obedient(broker)
        async with running(voice.bus):
            await home_assistant.publish(name, "while it runs", qos=1, retain=True)
            await home_assistant.publish(name, "now", qos=1)
            assert await voice.next() == "now"
    assert voice.bus.refused[(TYPE.path, "retained")] == 2


async def test_what_is_set_while_the_service_is_away_is_not_obeyed_later(broker: Broker) -> None:
    name = control_name(broker.box, TYPE)
    async with broker.client_of(HOUSEHOLD) as home_assistant:
        first = Obedient(broker)
        async with running(first.bus):
            pass
        await home_assistant.publish(name, "while away", qos=1)
        second = Obedient(broker)
        async with running(second.bus):
            await home_assistant.publish(name, "now", qos=1)
            assert await second.next() == "now"


async def test_what_waited_too_long_for_its_handler_is_dropped() -> None:
    now_s, refusals, obeyed = [0.0], Refusals(), asyncio.Queue[str]()
    controls = Controls("12345678", lambda: now_s[0], refusals)

    async def obey(text: str) -> None:
        now_s[0] += LIFE_S * 0.6
        await obeyed.put(text)

    controls.add(TYPE, obey)
    for text in ("first", "second", "third"):
        controls.deliver(control_name("12345678", TYPE), text.encode(), retained=False)
    worker = asyncio.create_task(controls.run())
    assert [await obeyed.get(), await obeyed.get()] == ["first", "second"]
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert refusals.counts[(TYPE.path, "late")] == 1


def test_a_flood_is_dropped() -> None:
    refusals = Refusals()
    controls = Controls("12345678", lambda: 0.0, refusals)

    async def obey(_: str) -> None: ...

    controls.add(TYPE, obey)
    for _ in range(WAITING_LIMIT + 3):
        controls.deliver(control_name("12345678", TYPE), b"x", retained=False)
    assert refusals.counts[(TYPE.path, "dropped")] == 3


def test_only_the_service_of_a_control_obeys_it(broker: Broker) -> None:
    async def obey(_: str) -> None: ...

    with pytest.raises(ValueError, match="albums is not listed"):
        broker.bus("albums").obey(SWITCH_MUTE, obey)


async def test_a_service_of_ours_cannot_set_anything(broker: Broker, voice: Obedient) -> None:
    async with broker.client_of("albums") as albums, broker.client_of(HOUSEHOLD) as home_assistant:
        await albums.publish(control_name(broker.box, TYPE), "forged", qos=1)
        await home_assistant.publish(control_name(broker.box, TYPE), "now", qos=1)
        assert await voice.next() == "now"
    assert voice.obeyed.empty()
