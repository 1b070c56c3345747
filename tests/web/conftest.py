"""The page in front of a household's library, without a bus: what it asks for is written down."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from appliance.albums import queries
from appliance.albums.schema import SCHEMA
from appliance.bus.errors import Offline
from appliance.bus.messages.base import Done, Message
from appliance.bus.messages.service import Availability
from appliance.bus.topics import SERVICES, Question, Topic
from appliance.service.database import Database
from appliance.service.paths import Paths
from appliance.web import texts
from appliance.web.application import build
from appliance.web.cameras import Cameras
from appliance.web.conversation import Conversation
from appliance.web.events import Hub
from appliance.web.footage import Footage
from appliance.web.library import Library
from appliance.web.parts import Parts
from appliance.web.passwords import PasswordFile
from appliance.web.rendering import Renderer
from appliance.web.sessions import Sessions
from appliance.web.settings import Settings
from appliance.web.status import Status
from appliance.web.viewfinder import Viewfinder
from tests.web import household as sample
from tests.web.household import Household

OWN = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


class SetClock:
    """A clock that stands where a test sets it."""

    def __init__(self) -> None:
        self.time: datetime | None = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
        self.seconds = 0.0

    def now(self) -> datetime | None:
        return self.time

    def monotonic(self) -> float:
        return self.seconds


@dataclass
class Messenger:
    """Stands where the bus stands: keeps what was asked, answers what it is told to."""

    asked: list[Message] = field(default_factory=list)
    published: list[Message] = field(default_factory=list)
    answer: Message | Exception = field(default_factory=lambda: Done(entry=7))

    async def ask(
        self, question: Question[Message, Message], message: Message, limit_s: float = 5.0
    ) -> Message:
        self.asked.append(message)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def publish(self, topic: Topic[Message], message: Message) -> None:
        if isinstance(self.answer, Offline):
            raise self.answer
        self.published.append(message)


class Browser:
    """A browser without pictures and scripts: cookies, redirects to look at, no sockets."""

    loop = asyncio.Runner()

    def __init__(self, parts: Parts, peer: str) -> None:
        transport = httpx.ASGITransport(
            build(parts), raise_app_exceptions=False, client=(peer, 40000)
        )
        self._client = httpx.AsyncClient(
            transport=transport, base_url="http://localhost:8480", headers=OWN
        )
        self.headers = self._client.headers
        self.cookies = self._client.cookies

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.loop.run(self._client.get(path, **options))

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.loop.run(self._client.post(path, **options))


@pytest.fixture(scope="session", autouse=True)
def _close_loop() -> Iterator[None]:
    yield
    Browser.loop.close()


@dataclass
class Page:
    """The page as its parts, and a browser on this machine."""

    parts: Parts
    messenger: Messenger
    clock: SetClock
    browser: Browser

    def stranger(self, peer: str = "127.0.0.1") -> Browser:
        """Another browser, without cookies."""
        return browser_of(self.parts, peer)


def browser_of(parts: Parts, peer: str = "127.0.0.1") -> Browser:
    return Browser(parts, peer)


def make_page(paths: Paths, settings: Settings | None = None) -> Page:
    settings = settings or Settings()
    clock, messenger, hub = SetClock(), Messenger(), Hub()
    catalogue = texts.load()
    status = Status(SERVICES, clock, hub.changed)
    status.connected = True
    for name in SERVICES:
        status._services[name].availability = Availability.ONLINE
    folder = paths.config / "web"
    parts = Parts(
        paths=paths,
        settings=settings,
        clock=clock,
        texts=catalogue,
        renderer=Renderer(catalogue, settings.theme),
        library=Library(paths.albums),
        messenger=messenger,  # type: ignore[arg-type] # a test's answer is of no one type
        status=status,
        conversation=Conversation(clock, hub.changed, patience_s=0),
        cameras=Cameras(clock, hub.changed, patience_s=0),
        footage=Footage(paths.camera),
        viewfinder=Viewfinder(messenger, paths.camera_pictures, clock),  # type: ignore[arg-type] # as below
        hub=hub,
        password=PasswordFile(folder / "password"),
        sessions=Sessions(folder / "sessions.json", settings.session_days, clock),
        listening=lambda: "http://localhost:8480/",
    )
    return Page(parts, messenger, clock, browser_of(parts))


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "data", tmp_path / "run")


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Household:
    """A library that every test gets a copy of."""
    folder = tmp_path_factory.mktemp("household")
    made = sample.move_in(Paths(folder / "data", folder / "run"))
    made.database.close()
    return made


@pytest.fixture
def household(pattern: Household, paths: Paths) -> Iterator[Household]:
    """A library with photos and people."""
    shutil.copytree(pattern.paths.data, paths.data)
    database = Database(paths.albums / queries.DATABASE, SCHEMA)
    yield replace(pattern, paths=paths, database=database)
    database.close()


@pytest.fixture
def page(household: Household) -> Page:
    return make_page(household.paths)


@pytest.fixture
def empty_page(paths: Paths) -> Iterator[Page]:
    """The page of a box without photos."""
    database = sample.empty(paths)
    yield make_page(paths)
    database.close()
