"""The answering side of request/response: a question is carried out in time or not at all."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from paho.mqtt.properties import Properties

from appliance.bus.codec import decode, encode
from appliance.bus.envelope import QuestionEnvelope, answer_properties, read_question
from appliance.bus.errors import BusError, Malformed, Offline
from appliance.bus.messages.base import Failure, Message
from appliance.bus.names import AnyQuestion, answers_name, question_name
from appliance.bus.outbox import Parcel
from appliance.bus.refusals import Refusals
from appliance.bus.topics import Question

CONCURRENT_LIMIT = 8
"""Questions that are worked on at once."""
WAITING_LIMIT = 64
"""Questions that may wait for that; one more is answered `busy`."""

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)
AnswerHandler = Callable[[Q], Awaitable[A | Failure]]
Send = Callable[[Parcel, Properties], Awaitable[None]]

logger = logging.getLogger(__name__)

INTERNAL = Failure(
    code="internal", message="Something went wrong.", mend="appliance status; the log says more"
)
BUSY = Failure(code="busy", message="Too much is asked at once.", mend="ask again in a moment")


class Answering:
    """The questions that one client answers."""

    def __init__(
        self, box: str, clock: Callable[[], float], refusals: Refusals, send: Send
    ) -> None:
        self._box = box
        self._clock = clock
        self._refusals = refusals
        self._send = send
        self._handlers: dict[str, tuple[AnyQuestion, AnswerHandler[Any, Any]]] = {}
        self._running = asyncio.Semaphore(CONCURRENT_LIMIT)
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, question: Question[Q, A], handler: AnswerHandler[Q, A]) -> None:
        self._handlers[question_name(self._box, question)] = (question, handler)

    def filters(self) -> list[str]:
        return list(self._handlers)

    def takes(self, name: str) -> bool:
        return name in self._handlers

    def deliver(self, name: str, payload: bytes, properties: Properties | None) -> None:
        """Begins to answer a question. Raises Malformed when it does not say whom to answer."""
        question, handler = self._handlers[name]
        envelope = self._envelope(question, properties)
        try:
            message = decode(question.path, question.question, payload)
        except BusError as error:
            self._refusals.add(question.path, error.KIND)
            self._begin(
                self._reply(question, envelope, Failure(code="malformed", message=str(error)))
            )
            return
        if len(self._tasks) >= CONCURRENT_LIMIT + WAITING_LIMIT:
            self._refusals.add(question.path, "busy")
            self._begin(self._reply(question, envelope, BUSY))
            return
        self._begin(self._answer(question, handler, message, envelope))

    async def stop(self) -> None:
        """Cancels what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _envelope(self, question: AnyQuestion, properties: Properties | None) -> QuestionEnvelope:
        envelope = read_question(properties)
        if envelope is None:
            raise Malformed(question.path, "it does not say where the answer goes")
        # Whoever asks must not make us write anywhere but where answers go.
        allowed = tuple(answers_name(self._box, asker, "") for asker in question.askers)
        if not envelope.response_topic.startswith(allowed):
            raise Malformed(question.path, "the answer would go where no answers go")
        return envelope

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(
        self,
        question: AnyQuestion,
        handler: AnswerHandler[Any, Any],
        message: Message,
        envelope: QuestionEnvelope,
    ) -> None:
        async with self._running:
            if envelope.deadline_s is not None and self._clock() >= envelope.deadline_s:
                self._refusals.add(question.path, "late")
                return
            try:
                answer = await handler(message)
            except Exception:  # the outer loop of every handler
                logger.exception("handler failed", extra={"topic": question.path})
                answer = INTERNAL
        if not isinstance(answer, Failure | question.answer):
            logger.error("answer of a wrong type", extra={"topic": question.path})
            answer = INTERNAL
        await self._reply(question, envelope, answer)

    async def _reply(
        self, question: AnyQuestion, envelope: QuestionEnvelope, answer: Message
    ) -> None:
        try:
            payload = encode(question.path, answer)
        except BusError:
            logger.exception("answer refused", extra={"topic": question.path})
            answer = INTERNAL
            payload = encode(question.path, answer)
        parcel = Parcel(envelope.response_topic, payload, retain=False)
        properties = answer_properties(envelope.correlation, failed=isinstance(answer, Failure))
        try:
            await self._send(parcel, properties)
        except Offline:
            logger.info("nobody left to answer", extra={"topic": question.path})
