"""What the views are given: one object, made at start, never changed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from starlette.requests import HTTPConnection

from appliance.bus.messages.base import Message
from appliance.bus.topics import Question, Topic
from appliance.service.clock import Clock
from appliance.service.paths import Paths
from appliance.web.cameras import Cameras
from appliance.web.conversation import Conversation
from appliance.web.events import Hub
from appliance.web.footage import Footage
from appliance.web.library import Library
from appliance.web.passwords import PasswordFile
from appliance.web.rendering import Renderer
from appliance.web.sessions import Sessions
from appliance.web.settings import Settings
from appliance.web.status import Status
from appliance.web.texts import Texts
from appliance.web.viewfinder import Viewfinder

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)
M = TypeVar("M", bound=Message)


class Messenger(Protocol):
    """What the page needs of the bus."""

    async def ask(self, question: Question[Q, A], message: Q, limit_s: float = 5.0) -> A:
        """Raises Refused, NoAnswer, Offline."""

    async def publish(self, topic: Topic[M], message: M) -> None: ...


@dataclass(frozen=True)
class Parts:
    paths: Paths
    settings: Settings
    clock: Clock
    texts: Texts
    renderer: Renderer
    library: Library
    messenger: Messenger
    status: Status
    conversation: Conversation
    cameras: Cameras
    footage: Footage
    viewfinder: Viewfinder
    hub: Hub
    password: PasswordFile
    sessions: Sessions
    listening: Callable[[], str]
    """The address at which the page is."""

    def today(self) -> date | None:
        """The day where the box stands; None while the time is unknown."""
        now = self.clock.now()
        return now.astimezone().date() if now else None


def parts_of(request: HTTPConnection) -> Parts:
    parts = request.app.state.parts
    if not isinstance(parts, Parts):  # made by application.build alone
        raise TypeError(type(parts))
    return parts
