"""The thread that listens: it takes frames, decodes, and says what happened."""

import queue
from collections.abc import Callable

from appliance.service.clock import Clock
from appliance.service.heartbeat import Pulse
from appliance.voice.audio.sound import Frame
from appliance.voice.hearing.listening import Change, Listening, Said

LATE_S = 2.0
"""Sound that waited longer is not listened to: no command is carried out that late."""
IDLE_S = 1.0

Event = Change | Said
Errand = Callable[[], None]


class Ears:
    """`run` belongs to one thread; the other methods to any."""

    def __init__(
        self, listening: Listening, clock: Clock, on_event: Callable[[Event], None], pulse: Pulse
    ) -> None:
        """`on_event` is called in the thread of `run`."""
        self.late_frames = 0
        """Frames that were not listened to, since earlier ones took too long."""
        self._listening = listening
        self._clock = clock
        self._on_event = on_event
        self._pulse = pulse
        self._waiting: queue.SimpleQueue[Frame | Errand | None] = queue.SimpleQueue()

    @property
    def is_open(self) -> bool:
        """Whether somebody is being listened to, beyond the wake word."""
        return self._listening.is_open

    def hear(self, frame: Frame) -> None:
        self._waiting.put(frame)

    def open(self) -> None:
        """Push-to-talk."""
        self._waiting.put(self._listening.open)

    def close(self) -> None:
        """Forgets what was heard so far: there is a gap in the sound."""
        self._waiting.put(self._listening.close)

    def between(self, errand: Errand) -> None:
        """Does something to the recogniser between two frames, such as a new grammar."""
        self._waiting.put(errand)

    def stop(self) -> None:
        """Ends `run` after what waits."""
        self._waiting.put(None)

    def run(self) -> None:
        """Until `stop`."""
        while True:
            try:
                item = self._waiting.get(timeout=IDLE_S)
            except queue.Empty:
                self._pulse.rest()
                continue
            self._pulse.beat()
            if item is None:
                self._pulse.rest()
                return
            if isinstance(item, Frame):
                self._hear(item)
            else:
                item()

    def _hear(self, frame: Frame) -> None:
        if self._clock.monotonic() - frame.heard_at_s > LATE_S:
            self.late_frames += 1
            if self._listening.is_open:
                self._listening.close()  # what is missing in the middle may change what was said
            return
        event = self._listening.hear(frame)
        if event is not None:
            self._on_event(event)
