"""How well and how fast spoken commands are understood, on recordings that the caller names.

Runs the endpointing, recogniser and thresholds of the service. All latencies count from the end of
speech: the last 20 ms of the clean recording that are above -35 dB of its loudest 20 ms.
"""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from appliance.models.errors import WrongInput
from appliance.service.memory import pss_bytes
from appliance.voice.audio.labels import Label, read_speech
from appliance.voice.audio.mixing import mix
from appliance.voice.audio.sound import FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE_HZ, Samples
from appliance.voice.hearing.endpointing import End, Endpointing, Utterance
from appliance.voice.language.grammar import Grammar, Parse

SPEECH_DB = -35.0
AFTER_S = 1.5
"""Of silence (or noise) behind each recording, so that what is said last comes to an end."""

Pace = Literal["fast", "real"]
Level = float | None
"""Signal-to-noise ratio in decibels; None is clean."""


class Clock(Protocol):
    """Of the world that the sound comes from."""

    def arrive(self, at_s: float) -> None:
        """Sound that ends at this time of the recording is there now."""

    def now_s(self) -> float:
        """Time in the recording."""


class RealClock:
    """Waits until the sound would have come."""

    def __init__(self) -> None:
        self._begin = time.perf_counter()

    def arrive(self, at_s: float) -> None:
        time.sleep(max(0.0, at_s - self.now_s()))

    def now_s(self) -> float:
        return time.perf_counter() - self._begin


class FastClock:
    """Sound comes as soon as it is wanted; work takes its wall time, on one thread, and sound that
    comes meanwhile waits."""

    def __init__(self) -> None:
        self._base_s = 0.0
        self._since = time.perf_counter()

    def arrive(self, at_s: float) -> None:
        self._base_s = max(at_s, self.now_s())
        self._since = time.perf_counter()

    def now_s(self) -> float:
        return self._base_s + time.perf_counter() - self._since


@dataclass(frozen=True)
class Outcome:
    """What came of one recording."""

    label: Label
    acted: bool
    asked: bool
    """Whether the person would have been asked what was meant."""
    right: bool
    cut_early: bool
    """A command that was decided on before its end and not understood for it."""
    latency_ms: float | None
    """None when nothing was done."""
    end: End | None
    audio_s: float
    compute_s: float
    """Of the processor."""


@dataclass(frozen=True)
class Percentiles:
    n: int
    p50: float | None
    p95: float | None


@dataclass(frozen=True)
class Report:
    """Of one level of noise; rates 0-1."""

    files: int
    intent_accuracy: float
    """Right outcomes; for a recording without a command that is to do nothing."""
    wrong_action_rate: float
    """Of commands: something else was done."""
    asked_rate: float
    """Of all recordings: the person would have been asked what was meant."""
    false_accept_rate: float
    """Of recordings without a command: something was done."""
    complete: Percentiles
    """Milliseconds, of commands that nothing can lengthen."""
    extendable: Percentiles
    cut_early: int
    compute_ratio: float
    """Seconds of the processor for a second of sound."""
    pss_mb: float


def evaluate(
    labels: Sequence[Label],
    noise: Samples | None,
    level: Level,
    endpointing: Endpointing,
    grammar: Grammar,
    pace: Pace = "fast",
    progress: Callable[[Outcome], None] = lambda _: None,
) -> Report:
    """Raises WrongInput for a recording that cannot be read."""
    outcomes = []
    pss = 0
    for label in labels:
        clean = read_speech(label.path)
        if not clean.any():
            raise WrongInput(str(label.path), "is silent")
        clean = np.concatenate([clean, np.zeros(int(AFTER_S * SAMPLE_RATE_HZ), np.int16)])
        speech = clean
        if level is not None and noise is not None:
            speech = mix(clean, noise, level, label.path.name)
        clock: Clock = RealClock() if pace == "real" else FastClock()
        outcome = listen(speech, label, end_of_speech_s(clean), endpointing, grammar, clock)
        outcomes.append(outcome)
        pss = max(pss, pss_bytes(os.getpid()))
        progress(outcome)
    return report(outcomes, pss / 1e6)


def end_of_speech_s(clean: Samples) -> float:
    """Where the last frame above SPEECH_DB of the loudest ends."""
    whole = len(clean) // FRAME_SAMPLES
    frames = clean[: whole * FRAME_SAMPLES].astype(np.float64).reshape(whole, FRAME_SAMPLES)
    power = (frames**2).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 10 ** (SPEECH_DB / 10))
    return float(loud[-1] + 1) * FRAME_MS / 1000


def listen(
    speech: Samples,
    label: Label,
    end_s: float,
    endpointing: Endpointing,
    grammar: Grammar,
    clock: Clock,
) -> Outcome:
    """One recording through the service's own path, as if the wake word stood before it. The first
    action counts: the ear closes then. A rejected utterance does not close it here, which is harder
    than the service: every noise before and after a sentence gets its chance to be taken for one.
    """
    endpointing.reset()
    actions: list[tuple[float, Utterance, list[Parse]]] = []
    cut_early = asked = False
    began = time.thread_time()
    for start in range(0, len(speech), FRAME_SAMPLES):
        frame = speech[start : start + FRAME_SAMPLES]
        clock.arrive((start + len(frame)) / SAMPLE_RATE_HZ)
        utterance = endpointing.hear(frame)
        if utterance is None:
            continue
        decided_s = clock.now_s()
        cut_early |= label.command and (start + len(frame)) / SAMPLE_RATE_HZ < end_s
        if utterance.end is End.DOUBTFUL:
            asked = True
        elif utterance.end is not End.REJECTED and utterance.hypothesis is not None:
            parses = grammar.parse(utterance.hypothesis.words)
            if len(parses) == 1:  # of several readings the person is asked
                actions.append((decided_s, utterance, parses))
                if label.command:
                    break  # the ear closes; after what is no command it stays open here
    compute_s = time.thread_time() - began
    done = [_meant(parses[0], label) for _, _, parses in actions]
    right = done == [True] if label.command else not actions
    return Outcome(
        label=label,
        acted=bool(actions),
        asked=asked,
        right=right,
        cut_early=cut_early and not right,
        latency_ms=(actions[0][0] - end_s) * 1000 if actions else None,
        end=actions[0][1].end if actions else None,
        audio_s=len(speech) / SAMPLE_RATE_HZ,
        compute_s=compute_s,
    )


def _meant(parse: Parse, label: Label) -> bool:
    return parse.intent == label.intent and dict(parse.slots) == dict(label.slots)


def report(outcomes: Sequence[Outcome], pss_mb: float) -> Report:
    """Raises ValueError without any outcome."""
    if not outcomes:
        raise ValueError("nothing was evaluated")
    commands = [each for each in outcomes if each.label.command]
    others = [each for each in outcomes if not each.label.command]
    return Report(
        files=len(outcomes),
        intent_accuracy=_rate(each.right for each in outcomes),
        wrong_action_rate=_rate(each.acted and not each.right for each in commands),
        asked_rate=_rate(each.asked for each in outcomes),
        false_accept_rate=_rate(each.acted for each in others),
        complete=_percentiles(commands, End.COMPLETE),
        extendable=_percentiles(commands, End.SILENCE),
        cut_early=sum(each.cut_early for each in outcomes),
        compute_ratio=sum(each.compute_s for each in outcomes)
        / sum(each.audio_s for each in outcomes),
        pss_mb=pss_mb,
    )


def _rate(flags: Iterable[bool]) -> float:
    """0 when there is nothing that could be wrong."""
    values = list(flags)
    return sum(values) / len(values) if values else 0.0


def _percentiles(outcomes: Sequence[Outcome], end: End) -> Percentiles:
    values = [
        each.latency_ms for each in outcomes if each.latency_ms is not None and each.end is end
    ]
    if not values:
        return Percentiles(0, None, None)
    p50, p95 = np.percentile(values, [50, 95])
    return Percentiles(len(values), round(float(p50), 1), round(float(p95), 1))
