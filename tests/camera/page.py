"""The page's side of the bus, for a camera room that is a process of its own."""

import asyncio

from appliance.bus.client import Bus
from appliance.bus.messages.base import Message
from appliance.bus.messages.camera import CameraEvent, CameraState, JudgeEvent
from appliance.bus.topics import CAMERA_EVENT, CAMERA_STATE, JUDGE_EVENT

LIMIT_S = 60.0


class Page:
    """The page's side of the bus: what the room says, in order, from when it was last asked."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._heard: asyncio.Queue[Message] = asyncio.Queue()
        self.told: list[CameraEvent] = []
        """All events that were ever told of, each time."""
        bus.on(CAMERA_STATE, self._hear)
        bus.on(CAMERA_EVENT, self._hear)

    async def _hear(self, message: Message, _: str) -> None:
        self._heard.put_nowait(message)
        if isinstance(message, CameraEvent):
            self.told.append(message)

    async def next_event(self, what: str) -> CameraEvent:
        """The next one of that type."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                message = await self._heard.get()
                if isinstance(message, CameraEvent) and message.event_type == what:
                    return message

    async def next_state(self, *, recording: bool) -> CameraState:
        """The next one in which the camera is there, and recorded or not."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                message = await self._heard.get()
                if (
                    isinstance(message, CameraState)
                    and message.online
                    and message.recording == recording
                ):
                    return message

    async def one_round(self) -> list[CameraEvent]:
        """What is told while somebody comes and goes once."""
        told: list[CameraEvent] = []
        came = False
        async with asyncio.timeout(LIMIT_S):
            while True:
                message = await self._heard.get()
                if isinstance(message, CameraEvent):
                    told.append(message)
                elif isinstance(message, CameraState):
                    if came and not message.motion and not message.anomaly:
                        return told
                    came |= message.motion

    async def judge(self, identifier: str, verdict: str) -> None:
        await self._bus.ask(JUDGE_EVENT, JudgeEvent(id=identifier, verdict=verdict))  # type: ignore[arg-type]
