"""The process of the page: an HTTP server in the loop of the service, and ears on the bus."""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import anyio.to_thread
import uvicorn

from appliance import __version__
from appliance.bus.discovery import Device
from appliance.bus.topics import (
    ALBUMS_STATE,
    AVAILABILITY,
    CAMERA_EVENT,
    CAMERA_STATE,
    COMMAND_EVENT,
    EAR_EVENT,
    HEALTH,
    LIBRARY_CHANGED,
    LISTENING_STATE,
    PHOTO_IMPORTED,
    SERVICES,
    TIMER_EVENT,
    TRAINING_STATE,
)
from appliance.service.health import Check, Finding
from appliance.service.process import Context
from appliance.web import texts
from appliance.web.address import write_address
from appliance.web.application import build
from appliance.web.cameras import Cameras
from appliance.web.connection import CONNECTIONS, Connection
from appliance.web.conversation import Conversation
from appliance.web.events import Hub
from appliance.web.footage import Footage
from appliance.web.library import WORKERS, Library
from appliance.web.listening import listen
from appliance.web.parts import Parts
from appliance.web.passwords import PasswordFile
from appliance.web.rendering import Renderer
from appliance.web.sessions import Sessions
from appliance.web.settings import SECTION, Settings
from appliance.web.status import Status
from appliance.web.uploads import Spool
from appliance.web.viewfinder import Viewfinder

CONNECTION_POLL_S = 0.5
GRACE_S = 3
"""What a download under way gets when the process stops."""


class Web:
    """The service."""

    name = "web"
    budget_mb = 40.0

    def __init__(self) -> None:
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._hub: Hub | None = None
        self._sockets: list[socket.socket] = []
        self._withheld = False
        self._address = ""

    async def start(self, context: Context) -> None:
        """Ears on the bus, then the server, then the file with its address."""
        settings = context.settings(SECTION, Settings)
        anyio.to_thread.current_default_thread_limiter().total_tokens = WORKERS
        password = PasswordFile(context.paths.config / "web" / "password")
        lan = settings.listen == "lan" and password.is_set
        self._withheld = settings.listen == "lan" and not lan
        hub = self._hub = Hub()
        status = Status(SERVICES, context.clock, hub.changed)
        conversation = Conversation(context.clock, hub.changed)
        cameras = Cameras(context.clock, hub.changed)
        self._hear(context, status, conversation, cameras)
        await anyio.to_thread.run_sync(
            Spool(
                context.paths.uploads, settings.upload_limit_mb, settings.upload_reserve_mb
            ).prepare
        )
        self._sockets = listen(settings.port, lan)
        port = self._sockets[0].getsockname()[1]
        host = f"{socket.gethostname().partition('.')[0]}.local" if lan else "localhost"
        self._address = f"http://{host}:{port}/"
        parts = self._parts(context, settings, password, status, conversation, cameras, hub)
        await self._serve(context, parts)
        await anyio.to_thread.run_sync(write_address, context.paths, self._address)
        reachable = self._address if lan else ""
        await context.bus.publish_discovery(
            Device(name="Page", model="Page", software=__version__, address=reachable)
        )
        context.tasks.create_task(_watch_connection(context, status), name="connection")

    async def stop(self) -> None:
        if self._hub is not None:
            self._hub.close()
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await asyncio.wait([self._serving])
        for listener in self._sockets:
            listener.close()

    def checks(self) -> Sequence[Check]:
        return [self._check_listening]

    def _check_listening(self) -> Sequence[Finding]:
        if not self._withheld:
            return []
        return [
            Finding(
                "password",
                "The page is to be open to all devices at home, but it has no password, so it "
                "stays on this machine.",
                "set a password on the page: Settings, Password",
            )
        ]

    def _hear(
        self, context: Context, status: Status, conversation: Conversation, cameras: Cameras
    ) -> None:
        bus = context.bus
        bus.on(AVAILABILITY, status.take_availability)
        bus.on(HEALTH, status.take_health)
        bus.on(ALBUMS_STATE, status.take_albums)
        bus.on(PHOTO_IMPORTED, status.take_import)
        bus.on(LIBRARY_CHANGED, status.take_change)
        bus.on(LISTENING_STATE, conversation.take_listening)
        bus.on(EAR_EVENT, conversation.take_ear)
        bus.on(COMMAND_EVENT, conversation.take_command)
        bus.on(TIMER_EVENT, conversation.take_timer)
        bus.on(TRAINING_STATE, conversation.take_training)
        bus.on(CAMERA_STATE, cameras.take_state)
        bus.on(CAMERA_EVENT, cameras.take_event)

    def _parts(
        self,
        context: Context,
        settings: Settings,
        password: PasswordFile,
        status: Status,
        conversation: Conversation,
        cameras: Cameras,
        hub: Hub,
    ) -> Parts:
        catalogue = texts.load()
        folder = context.paths.config / "web"
        return Parts(
            paths=context.paths,
            settings=settings,
            clock=context.clock,
            texts=catalogue,
            renderer=Renderer(catalogue, settings.theme),
            library=Library(context.paths.albums),
            messenger=context.bus,
            status=status,
            conversation=conversation,
            cameras=cameras,
            footage=Footage(context.paths.camera),
            viewfinder=Viewfinder(context.bus, context.paths.camera_pictures, context.clock),
            hub=hub,
            password=password,
            sessions=Sessions(folder / "sessions.json", settings.session_days, context.clock),
            listening=lambda: self._address,
        )

    async def _serve(self, context: Context, parts: Parts) -> None:
        server = self._server = _Server(
            uvicorn.Config(
                build(parts),
                http=Connection,
                limit_concurrency=CONNECTIONS,
                log_level="critical",  # the application says what fails; strangers fill no log
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_S,
                timeout_keep_alive=30,
            )
        )
        serving = server.serve(self._sockets)
        self._serving = context.tasks.create_task(serving, name="server")
        while not (server.started or self._serving.done()):  # noqa: ASYNC110 # uvicorn has no event
            await asyncio.sleep(0.01)  # uvicorn has no event for it


class _Server(uvicorn.Server):
    """Leaves the signals to the service kit."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _watch_connection(context: Context, status: Status) -> None:
    while True:
        status.connected = context.bus.connected.is_set()
        await asyncio.sleep(CONNECTION_POLL_S)
