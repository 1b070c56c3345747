"""What voice says on the bus by itself, and what Home Assistant shows of it."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from appliance import __version__
from appliance.bus.client import Bus
from appliance.bus.discovery import BinarySensor, Device, Event, Sensor, Switch, Text
from appliance.bus.messages.listening import EarEvent, ListeningState
from appliance.bus.messages.training import TrainingState
from appliance.bus.messages.voice import CommandEvent, TimerEvent
from appliance.bus.topics import (
    COMMAND_EVENT,
    EAR_EVENT,
    LISTENING_STATE,
    SWITCH_MUTE,
    TIMER_EVENT,
    TRAINING_STATE,
    TYPE,
)
from appliance.voice.dialogue.outcome import Outcome
from appliance.voice.dialogue.turns import Heard
from appliance.voice.hearing.hearing import Hearing
from appliance.voice.household.household import Household

EVENT_LIFE_S = 2.0
"""What was heard or said is told now or never: an automation that follows a wake word minutes late
would do something that nobody expects. The end of a timer is told whenever the broker is back."""
EVENTS_LIMIT = 64


def device() -> Device:
    """Voice as Home Assistant shows it."""
    return Device(
        name="Voice",
        model="Voice",
        software=__version__,
        components=(
            BinarySensor(
                key="listening",
                name="Listening",
                topic=LISTENING_STATE,
                value="listening",
                off_when=False,
                icon="mdi:ear-hearing",
            ),
            BinarySensor(
                key="muted",
                name="Muted",
                topic=LISTENING_STATE,
                value="muted",
                off_when=False,
                icon="mdi:microphone-off",
            ),
            Switch(
                key="mute",
                name="Mute",
                topic=LISTENING_STATE,
                value="muted",
                control=SWITCH_MUTE,
                icon="mdi:microphone-off",
            ),
            Text(
                key="type",
                name="Type a command",
                topic=LISTENING_STATE,
                control=TYPE,
                icon="mdi:keyboard",
            ),
            Sensor(
                key="microphone",
                name="Microphone",
                topic=LISTENING_STATE,
                value="microphone",
                icon="mdi:microphone",
                entity_category="diagnostic",
            ),
            Sensor(
                key="recordings",
                name="Recordings kept",
                topic=TRAINING_STATE,
                value="recordings",
                icon="mdi:record-rec",
                entity_category="diagnostic",
            ),
            Event(key="ear", name="Heard", topic=EAR_EVENT, icon="mdi:account-voice"),
            Event(key="command", name="Last command", topic=COMMAND_EVENT, icon="mdi:message-text"),
            Event(key="timer", name="Timer", topic=TIMER_EVENT, icon="mdi:timer-alert"),
        ),
    )


@dataclass(frozen=True)
class _Waiting:
    event: EarEvent | CommandEvent | TimerEvent
    since_s: float


class Announcements:
    """In the loop; `run` is a task."""

    def __init__(
        self,
        bus: Bus,
        hearing: Hearing,
        household: Household,
        wake_word: str,
        clock: Callable[[], float],
    ) -> None:
        """`clock` is monotonic."""
        self._bus = bus
        self._hearing = hearing
        self._household = household
        self._wake_word = wake_word
        self._clock = clock
        self._events: deque[_Waiting] = deque(maxlen=EVENTS_LIMIT)
        self._training: TrainingState | None = None
        self._due = asyncio.Event()

    def heard(self, what: Heard) -> None:
        """Something was heard."""
        self._add(EarEvent(event_type=what))

    def carried_out(self, outcome: Outcome) -> None:
        """A sentence was dealt with."""
        reply = outcome.reply
        self._add(
            CommandEvent(
                event_type=reply.kind,
                id=secrets.token_hex(4),
                source=outcome.source,
                text=outcome.text,
                reply=reply.text,
                intent=reply.intent,
                slots=self._household.spoken_slots(dict(reply.slots)),
                answers=list(reply.answers),
                score=outcome.score,
                timings_ms={
                    stage: round(max(0.0, each_ms), 1)
                    for stage, each_ms in outcome.timings_ms.items()
                },
            )
        )

    def timer_ended(self, length_s: float, text: str, *, missed: bool) -> None:
        self._add(
            TimerEvent(event_type="missed" if missed else "ended", length_s=length_s, text=text)
        )

    def kept(self, state: TrainingState) -> None:
        """What the training log holds has changed."""
        self._training = state
        self._due.set()

    def change(self) -> None:
        """The microphone is not as it was."""
        self._due.set()

    async def run(self) -> None:
        """Announces the states, then every change, for ever."""
        await self._bus.publish_discovery(device())
        before: ListeningState | None = None
        kept_before: TrainingState | None = None
        while True:
            self._due.clear()
            state, kept = self._state(), self._training
            if state != before:
                await self._bus.publish(LISTENING_STATE, state)
                before = state
            if kept is not None and kept != kept_before:
                await self._bus.publish(TRAINING_STATE, kept)
                kept_before = kept
            while self._events:
                await self._publish(self._events.popleft())
            await self._due.wait()

    async def _publish(self, waiting: _Waiting) -> None:
        event = waiting.event
        if isinstance(event, TimerEvent):
            await self._bus.publish(TIMER_EVENT, event)
            return
        late = self._clock() - waiting.since_s > EVENT_LIFE_S
        if isinstance(event, EarEvent) and not late:
            await self._bus.publish(EAR_EVENT, event)
        elif isinstance(event, CommandEvent) and not late:
            await self._bus.publish(COMMAND_EVENT, event)

    def _add(self, event: EarEvent | CommandEvent | TimerEvent) -> None:
        self._events.append(_Waiting(event, self._clock()))
        self._due.set()

    def _state(self) -> ListeningState:
        microphone = self._hearing.microphone
        return ListeningState(
            microphone="none" if microphone is None else microphone.state,
            muted=microphone is not None and microphone.muted,
            listening=self._hearing.ready,
            wake_word=self._wake_word,
        )
