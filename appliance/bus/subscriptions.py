"""Messages to handlers, in order for each, so that an older state never overtakes a newer one."""

import asyncio
import collections
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from appliance.bus.codec import decode
from appliance.bus.messages.base import Message
from appliance.bus.messages.camera import Picture
from appliance.bus.messages.service import Availability
from appliance.bus.names import AnyTopic, Directory, part_of, topic_filter
from appliance.bus.refusals import Refusals
from appliance.bus.topics import Topic

WAITING_LIMIT = 256

M = TypeVar("M", bound=Message | Availability | Picture)
Handler = Callable[[M, str], Awaitable[None]]

logger = logging.getLogger(__name__)


class Subscription(Generic[M]):
    """One handler of one topic, with its own queue and worker: a slow one delays nobody else."""

    def __init__(self, topic: Topic[M], handler: Handler[M], limit: int = WAITING_LIMIT) -> None:
        self.topic = topic
        self._handler = handler
        self._waiting: collections.deque[tuple[M, str]] = collections.deque(maxlen=limit)
        self._arrival = asyncio.Event()

    def put(self, message: M, publisher: str) -> bool:
        """Queues a message; whether the oldest was dropped, since the handler is too slow."""
        full = len(self._waiting) == self._waiting.maxlen
        self._waiting.append((message, publisher))
        self._arrival.set()
        return full

    async def run(self) -> None:
        """Hands messages to the handler, one after the other, for ever."""
        while True:
            await self._arrival.wait()
            while self._waiting:
                message, publisher = self._waiting.popleft()
                try:
                    await self._handler(message, publisher)
                except Exception:  # the outer loop of every handler
                    logger.exception("handler failed", extra={"topic": self.topic.path})
            self._arrival.clear()


class Subscriptions:
    """All handlers of one client."""

    def __init__(self, box: str, refusals: Refusals) -> None:
        self._box = box
        self._refusals = refusals
        self._directory = Directory.of(box)
        self._by_topic: dict[AnyTopic, list[Subscription[Any]]] = {}

    def add(self, topic: Topic[M], handler: Handler[M]) -> None:
        self._by_topic.setdefault(topic, []).append(Subscription(topic, handler))

    def filters(self) -> list[str]:
        return [topic_filter(self._box, topic) for topic in self._by_topic]

    def all(self) -> list[Subscription[Any]]:
        return [entry for entries in self._by_topic.values() for entry in entries]

    def deliver(self, name: str, payload: bytes) -> None:
        """Decodes a message once and queues it for each handler of its topic.

        Raises UnknownTopic and what `decode` raises; then no handler sees anything.
        """
        topic, publisher = self._directory.find(name)
        if topic.part and not payload:
            return  # a part is gone, its state is taken away
        message = decode(topic.path, topic.message, payload)
        if isinstance(message, Picture):
            message = Picture(message.jpeg, part_of(topic, name))
        for subscription in self._by_topic.get(topic, []):
            if subscription.put(message, publisher):
                self._refusals.add(topic.path, "dropped")
