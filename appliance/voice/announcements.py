"""What voice says on the bus by itself, and what Home Assistant shows of it."""

import asyncio

from appliance import __version__
from appliance.bus.client import Bus
from appliance.bus.discovery import BinarySensor, Device, Event, Sensor
from appliance.bus.messages.listening import EarEvent, ListeningState
from appliance.bus.topics import EAR_EVENT, LISTENING_STATE
from appliance.voice.hearing import Hearing
from appliance.voice.turns import Heard


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
            Sensor(
                key="microphone",
                name="Microphone",
                topic=LISTENING_STATE,
                value="microphone",
                icon="mdi:microphone",
                entity_category="diagnostic",
            ),
            Event(key="ear", name="Heard", topic=EAR_EVENT, icon="mdi:account-voice"),
        ),
    )


class Announcements:
    """In the loop; `run` is a task."""

    def __init__(self, bus: Bus, hearing: Hearing, wake_word: str) -> None:
        self._bus = bus
        self._hearing = hearing
        self._wake_word = wake_word
        self._events: list[EarEvent] = []
        self._due = asyncio.Event()

    def heard(self, what: Heard) -> None:
        """Something was heard."""
        self._events.append(EarEvent(event_type=what))
        self._due.set()

    def change(self) -> None:
        """The microphone is not as it was."""
        self._due.set()

    async def run(self) -> None:
        """Announces the state, then every change, for ever."""
        await self._bus.publish_discovery(device())
        before: ListeningState | None = None
        while True:
            self._due.clear()
            state = self._state()
            if state != before:
                await self._bus.publish(LISTENING_STATE, state)
                before = state
            events, self._events = self._events, []
            for event in events:
                await self._bus.publish(EAR_EVENT, event)
            await self._due.wait()

    def _state(self) -> ListeningState:
        microphone = self._hearing.microphone
        return ListeningState(
            microphone="none" if microphone is None else microphone.state,
            muted=microphone is not None and microphone.muted,
            listening=self._hearing.ready,
            wake_word=self._wake_word,
        )
