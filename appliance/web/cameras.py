"""What the page knows of cameras from the bus: how each one is, and that something was seen."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from appliance.bus.messages.camera import CameraEvent, CameraState
from appliance.service.clock import Clock

STATE = "camera"
"""What browsers are told has changed: how a camera is,"""
SIGHTING = "sighting"
"""or what was seen."""


class Cameras:
    """Kept up to date by the handlers, which are registered on the bus."""

    def __init__(
        self, clock: Clock, changed: Callable[[str], None], patience_s: float = 0.5
    ) -> None:
        """`patience_s` is how long `until` waits at most."""
        self.states: dict[str, CameraState] = {}
        """By key; also those that are not set up any more."""
        self._lost: dict[str, datetime | None] = {}
        self._clock = clock
        self._changed = changed
        self._patience_s = patience_s
        self._wake = asyncio.Event()

    def lost_at(self, key: str) -> datetime | None:
        """When its pictures stopped; None when that is not known, or when they come."""
        return self._lost.get(key)

    async def until(self, condition: Callable[[], bool]) -> bool:
        """Waits a moment for what a camera is about to say; whether it did."""
        try:
            async with asyncio.timeout(self._patience_s):
                while not condition():
                    await self._wake.wait()
        except TimeoutError:
            return False
        return True

    async def take_state(self, message: CameraState, _publisher: str) -> None:
        before = self.states.get(message.camera)
        if before == message:
            return
        if message.online:
            self._lost.pop(message.camera, None)
        elif before is not None and before.online:
            self._lost[message.camera] = self._clock.now()
        self.states[message.camera] = message
        self._tell(STATE)

    async def take_event(self, _message: CameraEvent, _publisher: str) -> None:
        """The database holds what was seen; browsers read it again."""
        self._tell(SIGHTING)

    def _tell(self, kind: str) -> None:
        self._wake.set()
        self._wake = asyncio.Event()
        self._changed(kind)
