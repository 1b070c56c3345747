"""What a browser's connection, or somebody's many, may take."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from appliance.web import application, connection, guard
from appliance.web.connection import Connection
from tests.web.conftest import OWN, Page

pytestmark = pytest.mark.anyio
LIMIT_S = 10.0
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Impatient(Connection):
    idle_s = 0.2


@asynccontextmanager
async def serving(app: object) -> AsyncIterator[int]:
    """A server of the page's kind; its port."""
    config = uvicorn.Config(
        app,  # type: ignore[arg-type] # an ASGI application
        port=0,
        http=Impatient,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
    )
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment] # pytest's
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(LIMIT_S):
        while not server.started:  # noqa: ASYNC110 # uvicorn has no event
            await asyncio.sleep(0.01)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await running


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def slow(_request: object) -> PlainTextResponse:
    await asyncio.sleep(1.0)
    return PlainTextResponse("late")


APP = Starlette(routes=[Route("/", slow)])


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: local"])
async def test_a_connection_that_asks_for_nothing_is_ended(begun: bytes) -> None:
    async with serving(APP) as port, connected(port) as (reader, writer):
        writer.write(begun)
        assert await asyncio.wait_for(reader.read(), LIMIT_S) == b""


async def test_a_request_under_way_is_not_ended() -> None:
    async with serving(APP) as port, connected(port) as (reader, writer):
        writer.write(REQUEST)
        assert b"200 OK" in await asyncio.wait_for(reader.readline(), LIMIT_S)


async def test_one_address_cannot_take_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECTIONS_PER_PEER", 1)
    async with serving(APP) as port, connected(port) as (first, writer):
        writer.write(REQUEST)
        async with connected(port) as (second, _):
            assert await asyncio.wait_for(second.read(), LIMIT_S) == b""
        assert b"200 OK" in await asyncio.wait_for(first.readline(), LIMIT_S)


async def post(page: Page, port: int, path: str, body: bytes, length: int) -> bytes:
    """The status line of a request whose body stops after `body`."""
    own = f"Host: localhost:{port}\r\nSec-Fetch-Site: {OWN['Sec-Fetch-Site']}\r\n"
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    head = f"POST {path} HTTP/1.1\r\n{own}{kind}Content-Length: {length}\r\n\r\n"
    async with connected(port) as (reader, writer):
        writer.write(head.encode() + body)
        return await asyncio.wait_for(reader.readline(), LIMIT_S)


@pytest.mark.parametrize("path", ["/undo", "/upload/file?name=a.jpg"])
async def test_a_body_that_stops_half_way_is_given_up(
    empty_page: Page, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "STALL_S", 0.2)
    async with serving(application.build(empty_page.parts)) as port:
        assert b" 400 " in await post(empty_page, port, path, b"entry", 100)
    assert list(empty_page.parts.paths.uploads.glob("*")) == []


async def test_only_so_many_files_come_in_at_a_time(
    empty_page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "UPLOADS", 1)
    monkeypatch.setattr(guard, "STALL_S", 0.5)
    spool, path = empty_page.parts.paths.uploads, "/upload/file?name=a.jpg"
    async with serving(application.build(empty_page.parts)) as port:
        stalled = asyncio.create_task(post(empty_page, port, path, b"x", 9))
        async with asyncio.timeout(LIMIT_S):
            while not list(spool.glob("*")):  # noqa: ASYNC110 # a folder has no event
                await asyncio.sleep(0.01)
        second = asyncio.create_task(post(empty_page, port, path, b"whole", 5))
        await asyncio.sleep(0.1)
        assert len(list(spool.glob("*"))) == 1
        assert b" 400 " in await stalled
        assert b" 201 " in await second
    assert [file.read_bytes() for file in spool.glob("*")] == [b"whole"]
