"""One connection to the broker, from CONNECT to its loss."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiomqtt
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from appliance.bus.errors import Offline
from appliance.bus.incoming import COUNT_LIMIT, Incoming
from appliance.bus.outbox import Parcel

QOS = 1
CONCURRENT_CALLS = 16
ACKNOWLEDGE_LIMIT_S = 5.0


@dataclass(frozen=True)
class Address:
    host: str
    port: int


@dataclass(frozen=True)
class Account:
    service: str
    password: str = field(repr=False)


class Connection:
    """What can be done while the broker is there; every method raises Offline when it is lost."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def subscribe(self, filters: list[str]) -> None:
        for name in filters:
            await self._complete(self._client.subscribe(name, qos=QOS))

    async def subscribe_as_published(self, filters: list[str]) -> None:
        """Messages that were retained say so, also when they come while we listen: a bridge brings
        old ones anew (MQTT 5, 3.8.3.1)."""
        options = SubscribeOptions(qos=QOS, retainAsPublished=True)
        for name in filters:
            await self._complete(self._client.subscribe(name, options=options))

    async def probe(self, name: str) -> None:
        """Returns when the broker has answered; changes nothing. (A ping would say the same, but
        paho sends none on demand.)"""
        await self._complete(self._client.unsubscribe(f"{name}/nothing"))

    async def publish(self, parcel: Parcel, properties: Properties | None = None) -> None:
        """Returns when the broker has the message."""
        await self._complete(
            self._client.publish(
                parcel.name, parcel.payload, QOS, retain=parcel.retain, properties=properties
            )
        )

    async def _complete(self, call: Coroutine[Any, Any, Any]) -> None:
        """Awaits a call, but no longer than the connection lasts."""
        calling = asyncio.ensure_future(call)
        calling.add_done_callback(_read)
        try:
            await asyncio.wait({calling, self._lost}, return_when=asyncio.FIRST_COMPLETED)
            if not calling.done():
                raise Offline("it was lost while sending")
            calling.result()
        except aiomqtt.MqttError as error:
            raise Offline(str(error)) from None
        finally:
            calling.cancel()

    async def messages(self) -> AsyncGenerator[aiomqtt.Message, None]:
        """Every message that comes in; ends by raising Offline."""
        try:
            async for message in self._client.messages:
                yield message
        except aiomqtt.MqttError as error:
            raise Offline(str(error)) from None
        finally:
            self.lose()

    def lose(self) -> None:
        """Whoever waits for an acknowledgement shall not wait longer."""
        if not self._lost.done():
            self._lost.set_result(None)


@contextlib.asynccontextmanager
async def connect(
    address: Address, account: Account, identifier: str, keepalive_s: int, will: Parcel | None
) -> AsyncIterator[Connection]:
    """A connection with a clean session; without one the block does not begin. Raises Offline.

    Leaving the block disconnects, so that the broker keeps the will to itself.
    """
    client = _Client(
        address.host,
        address.port,
        username=account.service,
        password=account.password,
        identifier=identifier,
        protocol=aiomqtt.ProtocolVersion.V5,
        keepalive=keepalive_s,
        timeout=ACKNOWLEDGE_LIMIT_S,
        queue_type=Incoming,
        max_queued_incoming_messages=COUNT_LIMIT,
        max_concurrent_outgoing_calls=CONCURRENT_CALLS,
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        will=aiomqtt.Will(will.name, will.payload, QOS, retain=True) if will else None,
    )
    client.pending_calls_threshold = CONCURRENT_CALLS
    for future in (client._connected, client._disconnected):  # noqa: SLF001 # read by nobody when lost
        future.add_done_callback(_read)
    await _enter(client)
    connection = Connection(client)
    try:
        yield connection
    finally:
        connection.lose()
        with contextlib.suppress(aiomqtt.MqttError):
            await client.__aexit__(None, None, None)


class _Client(aiomqtt.Client):
    """An attempt to connect runs in a thread; by the time that the loop hears of its socket, a
    cancelled one has closed it."""

    def _on_socket_register_write(self, client: Any, _userdata: Any, sock: Any) -> None:  # noqa: ANN401 # paho's
        self._loop.call_soon_threadsafe(self._register_write, client, sock)

    def _register_write(self, client: Any, sock: Any) -> None:  # noqa: ANN401 # paho's
        def write() -> None:
            try:
                client.loop_write()
            except Exception as error:  # noqa: BLE001 # the connection broke
                if not self._disconnected.done():
                    self._disconnected.set_exception(error)

        if sock.fileno() >= 0:
            self._loop.add_writer(sock.fileno(), write)


async def _enter(client: aiomqtt.Client) -> None:
    """Connects. A cancellation waits for the attempt's thread and undoes it."""
    entering = asyncio.ensure_future(client.__aenter__())
    try:
        await asyncio.shield(entering)
    except aiomqtt.MqttError as error:
        raise Offline(str(error)) from None
    except asyncio.CancelledError:
        with contextlib.suppress(aiomqtt.MqttError):
            await entering
            await client.__aexit__(None, None, None)
        raise


def _read(call: "asyncio.Future[Any]") -> None:
    """A call that fails after nobody waits for it any more is no news: its connection was lost."""
    if not call.cancelled():
        call.exception()
