"""The virtual home as a client of the broker: a foreign one, with an account of its own."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from appliance.bus.connection import Account, Address, Connection, connect
from appliance.bus.errors import Offline
from appliance.bus.names import HOME_ASSISTANT_STATUS
from appliance.bus.outbox import Parcel
from appliance.demo.errors import NotUnderstood
from appliance.demo.home import AVAILABILITY, COMMANDS, Home

ONLINE, OFFLINE = b"online", b"offline"
KEEPALIVE_S = 10
RETRY_S = 0.5
TICK_S = 1.0
FAREWELL_LIMIT_S = 5.0
BIRTH_DELAY_S = 1.0
"""After Home Assistant's birth message devices announce themselves within so long, not all at once
(its documentation of MQTT, "Use the birth and will messages to trigger discovery")."""

logger = logging.getLogger(__name__)


class HomeClient:
    """In the loop; `run` is a task."""

    def __init__(
        self,
        home: Home,
        memory: Path,
        locate: Callable[[], tuple[Address, Account]],
        identifier: str,
    ) -> None:
        """`memory` is the file in which the devices remember themselves. `identifier` is the
        client's on the broker."""
        self._home = home
        self._memory = memory
        self._locate = locate
        self._identifier = identifier
        self._rebirth: asyncio.Task[None] | None = None
        self._said: dict[str, bytes] = {}
        self._passed_s = time.monotonic()

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set: then the devices are taken back, for the home is no more."""
        said = ""
        while not stopping.is_set():
            try:
                await self._visit(stopping)
            except Offline as error:
                if str(error) != said:
                    logger.info("offline", extra={"reason": str(error)})
                said = str(error)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), RETRY_S)

    async def _visit(self, stopping: asyncio.Event) -> None:
        """One connection, until it is lost. Raises Offline."""
        address, account = await asyncio.to_thread(self._locate)
        will = Parcel(AVAILABILITY, OFFLINE, retain=True)
        async with connect(address, account, self._identifier, KEEPALIVE_S, will) as connection:
            listening = asyncio.create_task(self._listen(connection))
            ticking = asyncio.create_task(self._tick(connection))
            stop = asyncio.create_task(stopping.wait())
            try:
                await asyncio.wait((listening, stop), return_when=asyncio.FIRST_COMPLETED)
                if listening.done():
                    listening.result()
                async with asyncio.timeout(FAREWELL_LIMIT_S):
                    await self._vanish(connection)
            except TimeoutError:
                logger.warning("the broker does not take the devices back")
            finally:
                working = [task for task in (listening, ticking, stop, self._rebirth) if task]
                for task in working:
                    task.cancel()
                await asyncio.gather(*working, return_exceptions=True)

    async def _listen(self, connection: Connection) -> None:
        await connection.subscribe([HOME_ASSISTANT_STATUS, COMMANDS])
        await self._appear(connection)
        async for message in connection.messages():
            # A message that the broker kept is older than this connection: none is obeyed.
            if not message.retain and isinstance(message.payload, bytes):
                await self._take(connection, message.topic.value, message.payload)

    async def _appear(self, connection: Connection) -> None:
        self._said.clear()
        await _publish(connection, self._home.announcements())
        await self._tell(connection)
        await _publish(connection, {AVAILABILITY: ONLINE})

    async def _vanish(self, connection: Connection) -> None:
        topics = (*self._home.announcements(), *self._home.states(), AVAILABILITY)
        await _publish(connection, dict.fromkeys(topics, b""))

    async def _take(self, connection: Connection, topic: str, payload: bytes) -> None:
        if topic == HOME_ASSISTANT_STATUS:
            if payload == ONLINE and (self._rebirth is None or self._rebirth.done()):
                self._rebirth = asyncio.create_task(self._be_born(connection))
            return
        try:
            obeyed = self._home.take(topic, payload)
        except NotUnderstood as refusal:
            logger.warning("not understood", extra={"reason": str(refusal)})
            return
        if obeyed:
            await self._remember()
            await self._tell(connection)

    async def _be_born(self, connection: Connection) -> None:
        with contextlib.suppress(Offline):
            await asyncio.sleep(random.uniform(0, BIRTH_DELAY_S))  # noqa: S311 # no secret
            await self._appear(connection)

    async def _tick(self, connection: Connection) -> None:
        """Lets time pass, also that which passed without the broker."""
        with contextlib.suppress(Offline):
            while True:
                await asyncio.sleep(TICK_S)
                now_s = time.monotonic()
                self._home.pass_time(now_s - self._passed_s)
                self._passed_s = now_s
                await self._tell(connection)

    async def _tell(self, connection: Connection) -> None:
        """Says what has changed since it was last said."""
        states = self._home.states()
        news = {topic: value for topic, value in states.items() if self._said.get(topic) != value}
        self._said.update(news)
        await _publish(connection, news)

    async def _remember(self) -> None:
        try:
            await asyncio.to_thread(self._home.remember, self._memory)
        except OSError as error:
            logger.warning("devices forget at a restart", extra={"reason": error.strerror})


async def _publish(connection: Connection, messages: Mapping[str, bytes]) -> None:
    for topic, payload in messages.items():
        await connection.publish(Parcel(topic, payload, retain=True))
