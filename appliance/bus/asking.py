"""The asking side of request/response."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import TypeVar

from paho.mqtt.properties import Properties

from appliance.bus.codec import decode, encode
from appliance.bus.envelope import question_properties, read_answer
from appliance.bus.errors import Malformed, NoAnswer, Offline, Refused
from appliance.bus.messages.base import Failure, Message
from appliance.bus.names import answers_name, question_name
from appliance.bus.outbox import Parcel
from appliance.bus.topics import Question

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)
Send = Callable[[Parcel, Properties], Awaitable[None]]


class Asking:
    """The questions that one client waits for."""

    def __init__(self, box: str, service: str, clock: Callable[[], float], send: Send) -> None:
        self._box = box
        self._clock = clock
        self._send = send
        self._pending: dict[bytes, asyncio.Future[tuple[bool, bytes]]] = {}
        self.response_topic = answers_name(box, service, secrets.token_hex(8))
        """Where answers come in; another one each time the process starts."""

    async def ask(self, question: Question[Q, A], message: Q, limit_s: float) -> A:
        """Raises Refused, NoAnswer, Offline; Malformed or WrongVersion for a wrong answer."""
        payload = encode(question.path, message)
        correlation = secrets.token_bytes(8)
        properties = question_properties(self.response_topic, correlation, limit_s, self._clock())
        parcel = Parcel(question_name(self._box, question), payload, retain=False)
        answer = asyncio.get_running_loop().create_future()
        self._pending[correlation] = answer
        try:
            async with asyncio.timeout(limit_s):
                await self._send(parcel, properties)
                failed, content = await answer
        except TimeoutError:
            raise NoAnswer(question.path, question.answerer, limit_s) from None
        finally:
            del self._pending[correlation]
        if failed:
            raise Refused(question.path, decode(question.path, Failure, content))
        return decode(question.path, question.answer, content)

    def deliver(self, payload: bytes, properties: Properties | None) -> None:
        """Hands an answer to whoever waits for it; one that comes too late is dropped.

        Raises Malformed when it is no answer at all.
        """
        envelope = read_answer(properties)
        if envelope is None:
            raise Malformed("answers", "it answers no question")
        pending = self._pending.get(envelope.correlation)
        if pending is not None and not pending.done():
            pending.set_result((envelope.failed, payload))

    def abandon(self) -> None:
        """The connection is lost: nobody will answer."""
        for pending in self._pending.values():
            if not pending.done():
                pending.set_exception(Offline("it was lost before the answer came"))
