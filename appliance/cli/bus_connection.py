"""The bus for verbs that take part in it for a moment."""

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from appliance.bus.client import Bus
from appliance.bus.errors import Offline
from appliance.service import broker
from appliance.service.errors import NotAllowed
from appliance.service.paths import Paths

CONNECT_LIMIT_S = 2.0


def find_bus(paths: Paths, account: str, action: str) -> Bus:
    """The bus of an account, to register on before it is `connected`.

    Raises Offline, and NotAllowed where another user may do `action`.
    """
    locate = functools.partial(broker.locate, paths, account)
    try:
        locate()
    except PermissionError as error:
        raise NotAllowed(action) from error
    return Bus(locate, account, broker.box_id(paths))


@asynccontextmanager
async def connected(bus: Bus) -> AsyncIterator[None]:
    """Runs it for the time of the block. Raises Offline."""
    running = asyncio.create_task(bus.run())
    try:
        with suppress(TimeoutError):
            await asyncio.wait_for(bus.connected.wait(), CONNECT_LIMIT_S)
        if not bus.connected.is_set():
            raise Offline("the message broker does not answer")
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
