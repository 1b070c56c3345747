"""What Home Assistant sets on a service's device: plain text on `.../set`, taken at once or never.

Its writer may be anybody with an account in the household, so a control can do no more than a
person in the room could. What is retained is old news and passed over: nobody's last words are
said again when a service starts.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from appliance.bus.errors import Malformed, TooLarge
from appliance.bus.names import control_name
from appliance.bus.refusals import Refusals
from appliance.bus.topics import Control

WAITING_LIMIT = 8
LIFE_S = 2.0
"""What waited longer for its handler is dropped."""

ControlHandler = Callable[[str], Awaitable[None]]

logger = logging.getLogger(__name__)


class Controls:
    """The controls that one client obeys, one after the other."""

    def __init__(self, box: str, clock: Callable[[], float], refusals: Refusals) -> None:
        self._box = box
        self._clock = clock
        self._refusals = refusals
        self._handlers: dict[str, tuple[Control, ControlHandler]] = {}
        self._waiting: deque[tuple[float, Control, ControlHandler, str]] = deque()
        self._arrival = asyncio.Event()

    def add(self, control: Control, handler: ControlHandler) -> None:
        self._handlers[control_name(self._box, control)] = (control, handler)

    def filters(self) -> list[str]:
        return list(self._handlers)

    def takes(self, name: str) -> bool:
        return name in self._handlers

    def deliver(self, name: str, payload: bytes, *, retained: bool) -> None:
        """Queues what was set. Raises TooLarge, and Malformed for what is no line of text."""
        control, handler = self._handlers[name]
        if retained:
            self._refusals.add(control.path, "retained")
            return
        text = _read(control, payload)
        if len(self._waiting) >= WAITING_LIMIT:
            self._refusals.add(control.path, "dropped")
            return
        self._waiting.append((self._clock(), control, handler, text))
        self._arrival.set()

    async def run(self) -> None:
        """Hands on what was set, for ever."""
        while True:
            await self._arrival.wait()
            self._arrival.clear()
            while self._waiting:
                arrived_s, control, handler, text = self._waiting.popleft()
                if self._clock() - arrived_s > LIFE_S:
                    self._refusals.add(control.path, "late")
                    continue
                try:
                    await handler(text)
                except Exception:  # the outer loop of every handler
                    logger.exception("handler failed", extra={"topic": control.path})


def _read(control: Control, payload: bytes) -> str:
    if len(payload) > control.limit_bytes:
        raise TooLarge(control.path, len(payload), control.limit_bytes)
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed(control.path, "not UTF-8") from None
    if not text.strip() or any(ord(each) < 32 or each == "\x7f" for each in text):
        raise Malformed(control.path, "not a line of text")
    return text
