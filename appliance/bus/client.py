"""A service's place on the bus: hears, says, asks, answers, outlives the broker's absence."""

import asyncio
import contextlib
import logging
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import aiomqtt
from paho.mqtt.properties import Properties

from appliance.bus.answering import AnswerHandler, Answering
from appliance.bus.asking import Asking
from appliance.bus.codec import encode
from appliance.bus.connection import Account, Address, Connection, connect
from appliance.bus.controls import ControlHandler, Controls
from appliance.bus.devices import Devices, expiry
from appliance.bus.discovery import Device, encode_device
from appliance.bus.errors import BusError, Malformed, Offline
from appliance.bus.messages.base import Message
from appliance.bus.messages.camera import Picture
from appliance.bus.messages.service import Availability
from appliance.bus.names import HOME_ASSISTANT_STATUS, discovery_name, topic_name
from appliance.bus.outbox import Outbox, Parcel
from appliance.bus.refusals import Refusals
from appliance.bus.subscriptions import Handler, Subscriptions
from appliance.bus.topics import (
    AVAILABILITY,
    OBSERVER,
    SERVICES,
    SPEAKER,
    Control,
    Kind,
    Question,
    Topic,
)

__all__ = ["Account", "Address", "Bus"]

KEEPALIVE_S = 10
BACK_OFF_S = (0.2, 0.4, 0.8, 1.6, 3.2, 5.0)
"""Waits between attempts to connect; the last one for ever."""
BIRTH_DELAY_S = 10.0
"""Home Assistant asks devices to wait a random time before they all talk at once."""
FAREWELL_LIMIT_S = 2.0
ANSWER_LIMIT_S = 5.0

M = TypeVar("M", bound=Message | Availability | Picture)
Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)

logger = logging.getLogger(__name__)


def _birth_delay_s() -> float:
    return random.uniform(0, BIRTH_DELAY_S)  # noqa: S311 # spreads load, guards nothing


class Bus:
    """The client of one service. Register with `on` and `answer`, then let `run` run."""

    def __init__(
        self,
        locate: Callable[[], tuple[Address, Account]],
        service: str,
        box: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        birth_delay_s: Callable[[], float] = _birth_delay_s,
        keepalive_s: int = KEEPALIVE_S,
    ) -> None:
        """`locate` is called in a thread at each attempt to connect, since the broker's port may
        change; it may raise Offline or OSError. `clock` is monotonic and one for all processes."""
        self.connected = asyncio.Event()
        """Set while the broker has all that was published."""
        self.service = service
        self.box = box
        self._locate = locate
        self._keepalive_s = keepalive_s
        self._birth_delay_s = birth_delay_s
        self._refusals = Refusals()
        self._outbox = Outbox()
        self._subscriptions = Subscriptions(box, self._refusals)
        self._answering = Answering(box, clock, self._refusals, self._send)
        self._controls = Controls(box, clock, self._refusals)
        self._asking = Asking(box, service, clock, self._send)
        self.devices = Devices(service, self._send, self._subscribe, self._probe)
        """The household's devices, for services that may command them."""
        self._clock = clock
        self._connection: Connection | None = None
        self._rebirth: asyncio.Task[None] | None = None
        self._running = False

    @property
    def refused(self) -> Counter[tuple[str, str]]:
        """How many messages were refused, by topic (as spelled in topics.py) and kind."""
        return self._refusals.counts

    def on(self, topic: Topic[M], handler: Handler[M]) -> None:
        """Hands each message to `handler`, in order, with the publisher's name; before `run`."""
        self._require(self.service in (*topic.subscribers, OBSERVER), "hears", topic.path)
        self._subscriptions.add(topic, handler)

    def answer(self, question: Question[Q, A], handler: AnswerHandler[Q, A]) -> None:
        """Answers `question`; several at once, none after the asker's time limit; before `run`."""
        self._require(self.service == question.answerer, "answers", question.path)
        self._answering.add(question, handler)

    def obey(self, control: Control, handler: ControlHandler) -> None:
        """Hands what Home Assistant sets to `handler`, in order, none late; before `run`."""
        self._require(self.service == control.service, "obeys", control.path)
        self._controls.add(control, handler)

    async def publish(self, topic: Topic[M], message: M) -> None:
        """Sends a message, or keeps it until the broker is there: states and the newest events.

        Of a state only the last value is kept. Returns when the broker has the message, or at once
        while offline; an event with a life is dropped then. Raises Malformed or TooLarge for a
        message that no reader would take.
        """
        self._check(self.service in topic.publishers, "publishes", topic.path)
        payload = encode(topic.path, message)
        part = str(getattr(message, topic.part)) if topic.part else ""
        name = topic_name(self.box, topic, self.service, part)
        parcel = Parcel(name, payload, retain=topic.kind is Kind.STATE)
        if topic.life_s is None:
            await self._post(parcel)
        elif self.connected.is_set():
            with contextlib.suppress(Offline):
                await self._send(parcel, expiry(topic.life_s))

    async def publish_discovery(self, device: Device) -> None:
        """Announces the service's device, or that of one of its parts, to Home Assistant, again
        whenever that starts."""
        await self._post(
            Parcel(
                discovery_name(self.box, self.service, device.part),
                encode_device(device, self.box, self.service),
                retain=True,
            )
        )

    async def remove_discovery(self, part: str = "") -> None:
        """Takes the device, or that of a part, away from Home Assistant."""
        await self._post(Parcel(discovery_name(self.box, self.service, part), b"", retain=True))

    async def clear(self, topic: Topic[M], part: str) -> None:
        """Takes the state of a part that is gone from the broker."""
        self._check(self.service in topic.publishers, "publishes", topic.path)
        await self._post(Parcel(topic_name(self.box, topic, self.service, part), b"", retain=True))

    async def ask(self, question: Question[Q, A], message: Q, limit_s: float = ANSWER_LIMIT_S) -> A:
        """Asks and waits at most `limit_s`; no question is begun later than that.

        Raises Refused (with the answerer's Failure), NoAnswer, Offline, and Malformed, TooLarge or
        WrongVersion for a question or an answer that is none.
        """
        self._check(self.service in question.askers, "asks", question.path)
        return await self._asking.ask(question, message, limit_s)

    async def run(self) -> None:
        """Stays connected for ever. Cancelling it says goodbye and disconnects cleanly."""
        self._running = True
        async with asyncio.TaskGroup() as workers:
            for subscription in self._subscriptions.all():
                workers.create_task(subscription.run())
            workers.create_task(self._controls.run())
            try:
                await self._reconnect_for_ever()
            finally:
                self.connected.clear()
                if self._rebirth is not None:
                    self._rebirth.cancel()
                await self._answering.stop()

    async def _reconnect_for_ever(self) -> None:
        attempt = 0
        while True:
            begin_s = self._clock()
            try:
                await self._stay_connected()
            except (Offline, OSError) as error:
                failure = error if isinstance(error, Offline) else Offline(error.strerror or "")
            was_connected = self.connected.is_set()
            self.connected.clear()
            if was_connected or attempt == 0:
                logger.warning("offline", extra={"reason": str(failure)})
            # Two processes that oust each other shall not hurry: a connection must have lasted.
            if was_connected and self._clock() - begin_s > BACK_OFF_S[-1]:
                attempt = 0
            await asyncio.sleep(BACK_OFF_S[min(attempt, len(BACK_OFF_S) - 1)])
            attempt += 1

    async def _stay_connected(self) -> None:
        """One connection from beginning to end. Raises Offline; OSError when `locate` does."""
        address, account = await asyncio.to_thread(self._locate)
        async with connect(
            address,
            account,
            identifier=self._identifier(),
            keepalive_s=self._keepalive_s,
            will=self._availability(Availability.OFFLINE),
        ) as connection:
            listening = asyncio.ensure_future(self._listen(connection))
            self._connection = connection
            try:
                await connection.subscribe(self._filters())
                await connection.subscribe_as_published(self._controls.filters())
                await self._catch_up(connection)
                self.connected.set()
                logger.info("online", extra={"dropped_events": self._outbox.dropped})
                await asyncio.wait({listening})
                listening.result()
            except asyncio.CancelledError:
                await self._say_goodbye(connection)
                raise
            finally:
                self._connection = None
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
                self._asking.abandon()

    def _filters(self) -> list[str]:
        filters = [*self._subscriptions.filters(), *self._answering.filters()]
        if self.service in SERVICES:
            filters += [self._asking.response_topic, HOME_ASSISTANT_STATUS]
        elif self.service == SPEAKER:
            filters.append(self._asking.response_topic)
        filters += self.devices.filters()
        return filters

    async def _catch_up(self, connection: Connection) -> None:
        """Sends what the broker does not have, or may have forgotten."""
        online = self._availability(Availability.ONLINE)
        if online:
            await connection.publish(online)
        self._outbox.repeat_states()
        while (parcel := self._outbox.take()) is not None:
            try:
                await connection.publish(parcel)
            except Offline:
                self._outbox.give_back(parcel)
                raise

    async def _say_goodbye(self, connection: Connection) -> None:
        """The broker keeps the will to itself after a clean disconnection, so it is said."""
        offline = self._availability(Availability.OFFLINE)
        if offline:
            with contextlib.suppress(Offline, TimeoutError):
                async with asyncio.timeout(FAREWELL_LIMIT_S):
                    await connection.publish(offline)

    async def _listen(self, connection: Connection) -> None:
        async with contextlib.aclosing(connection.messages()) as messages:
            async for message in messages:
                try:
                    self._deliver(message)
                except BusError as error:
                    self._refusals.add(error.topic or "unknown", error.KIND)

    def _deliver(self, message: aiomqtt.Message) -> None:
        """Hands a message on. Raises a BusError when it is not what its topic carries."""
        name = message.topic.value
        if name == HOME_ASSISTANT_STATUS:
            self._hear_home_assistant(message)
        elif name == self._asking.response_topic:
            self._asking.deliver(message.payload, message.properties)
        elif self.devices.takes(name):
            self.devices.deliver(name, bytes(message.payload))
        elif self._controls.takes(name):
            self._controls.deliver(name, bytes(message.payload), retained=message.retain)
        elif self._answering.takes(name):
            self._answering.deliver(name, message.payload, message.properties)
        else:
            self._subscriptions.deliver(name, message.payload)

    def _hear_home_assistant(self, message: aiomqtt.Message) -> None:
        """Its birth is answered by everything that is retained; a retained birth is old news."""
        if message.payload not in {b"online", b"offline"}:
            raise Malformed(HOME_ASSISTANT_STATUS, "neither online nor offline")
        waiting = self._rebirth is not None and not self._rebirth.done()
        if message.payload == b"online" and not message.retain and not waiting:
            self._rebirth = asyncio.ensure_future(self._repeat())

    async def _repeat(self) -> None:
        await asyncio.sleep(self._birth_delay_s())
        connection = self._connection
        if connection is not None and self.connected.is_set():
            with contextlib.suppress(Offline):
                await self._catch_up(connection)

    async def _post(self, parcel: Parcel) -> None:
        connection = self._connection
        if connection is None or not self.connected.is_set():
            self._outbox.keep(parcel)
            return
        self._outbox.remember(parcel)
        try:
            await connection.publish(parcel)
        except Offline:
            self._outbox.give_back(parcel)

    async def _send(self, parcel: Parcel, properties: Properties) -> None:
        """Sends what is of no use later. Raises Offline."""
        if self._connection is None:
            raise Offline("the broker was not reached yet")
        await self._connection.publish(parcel, properties)

    async def _probe(self) -> None:
        """Returns when the broker has answered. Raises Offline."""
        if self._connection is None:
            raise Offline("the broker was not reached yet")
        await self._connection.probe(self._asking.response_topic)

    async def _subscribe(self, filters: list[str]) -> None:
        """Now, or with everything else at the next connection."""
        if self._connection is not None:
            with contextlib.suppress(Offline):
                await self._connection.subscribe(filters)

    def _availability(self, word: Availability) -> Parcel | None:
        """None for who has no availability: the observer."""
        if self.service not in AVAILABILITY.publishers:
            return None
        name = topic_name(self.box, AVAILABILITY, self.service)
        return Parcel(name, encode(AVAILABILITY.path, word), retain=True)

    def _identifier(self) -> str:
        """A service has one connection: a new process takes the place of a half-open old one."""
        if self.service in SERVICES:
            return f"appliance-{self.service}"
        return f"appliance-{self.service}-{secrets.token_hex(4)}"

    def _require(self, allowed: bool, verb: str, path: str) -> None:
        if self._running:
            raise RuntimeError("handlers are registered before the bus runs")
        self._check(allowed, verb, path)

    def _check(self, allowed: bool, verb: str, path: str) -> None:
        """The broker drops what the topic list does not allow; here its author learns why."""
        if not allowed:
            raise ValueError(f"{self.service} is not listed as one that {verb} {path}")
