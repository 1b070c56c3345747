"""What the page knows of voice: how its ear is, and what was said since the page was started.

Kept in memory only, and never logged: what is said at home is nobody's business.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from appliance.bus.messages.listening import EarEvent, ListeningState
from appliance.bus.messages.training import TrainingState
from appliance.bus.messages.voice import CommandEvent, TimerEvent
from appliance.service.clock import Clock

KEPT = 60
"""Turns; older ones are forgotten."""
OPEN_S = 10.0
"""The ear closes by itself before this; then the event that says so was lost."""
ANSWER_S = 15.0
"""How long voice waits for the answer to a question of its own."""
KIND = "voice"
"""What browsers are told has changed."""


@dataclass(frozen=True)
class Turn:
    """A sentence and what came of it, or a timer that ended."""

    number: int
    at: datetime | None
    """None while the time is unknown."""
    heard_s: float
    """Monotonic."""
    event: CommandEvent | TimerEvent


class Conversation:
    """Kept up to date by the handlers, which are registered on the bus."""

    def __init__(
        self, clock: Clock, changed: Callable[[str], None], patience_s: float = 0.5
    ) -> None:
        """`patience_s` is how long `until` waits at most."""
        self.listening: ListeningState | None = None
        self.training: TrainingState | None = None
        self.turns: deque[Turn] = deque(maxlen=KEPT)
        """The newest first."""
        self._clock = clock
        self._changed = changed
        self._patience_s = patience_s
        self._count = 0
        self._opened_s: float | None = None
        self._wake = asyncio.Event()

    @property
    def newest(self) -> int:
        """The number of the newest turn; 0 when there is none."""
        return self._count

    @property
    def is_open(self) -> bool:
        """Whether the ear waits for somebody to speak."""
        opened_s = self._opened_s
        return opened_s is not None and self._clock.monotonic() - opened_s < OPEN_S

    @property
    def asked(self) -> Turn | None:
        """The question of voice that can be answered now."""
        for turn in self.turns:
            if isinstance(turn.event, CommandEvent):
                fresh = self._clock.monotonic() - turn.heard_s < ANSWER_S
                return turn if turn.event.event_type == "asked" and fresh else None
        return None

    def replied(self, after: int, reply: str) -> bool:
        """Whether a turn newer than number `after` has this reply."""
        return any(
            isinstance(turn.event, CommandEvent) and turn.event.reply == reply
            for turn in self.turns
            if turn.number > after
        )

    async def until(self, condition: Callable[[], bool]) -> bool:
        """Waits a moment for what voice is about to say; whether it did."""
        try:
            async with asyncio.timeout(self._patience_s):
                while not condition():
                    await self._wake.wait()
        except TimeoutError:
            return False
        return True

    async def take_listening(self, message: ListeningState, _publisher: str) -> None:
        self.listening = message
        if not message.listening:
            self._opened_s = None
        self._tell()

    async def take_ear(self, message: EarEvent, _publisher: str) -> None:
        opened = message.event_type in ("woken", "pushed")
        self._opened_s = self._clock.monotonic() if opened else None
        self._tell()

    async def take_command(self, message: CommandEvent, _publisher: str) -> None:
        """A command that comes twice, around a loss of the connection, is one turn."""
        known = (turn.event for turn in self.turns if isinstance(turn.event, CommandEvent))
        if any(event.id == message.id for event in known):
            return
        self._add(message)

    async def take_timer(self, message: TimerEvent, _publisher: str) -> None:
        self._add(message)

    async def take_training(self, message: TrainingState, _publisher: str) -> None:
        self.training = message
        self._tell()

    def _add(self, event: CommandEvent | TimerEvent) -> None:
        self._count += 1
        turn = Turn(self._count, self._clock.now(), self._clock.monotonic(), event)
        self.turns.appendleft(turn)
        self._tell()

    def _tell(self) -> None:
        self._wake.set()
        self._wake = asyncio.Event()
        self._changed(KIND)
