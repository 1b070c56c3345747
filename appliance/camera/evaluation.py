"""How well unusual things are found, on recordings of one camera that the caller names.

Runs the decoder, the watcher and the thresholds of the service: the normal recordings are learned
as one stream in the order of their names, then each test recording is scored from what was known
after them.
"""

import csv
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from appliance.camera.seeing.assessment import Assessment
from appliance.camera.seeing.objects import Looker
from appliance.camera.streams.decoding import read_file
from appliance.camera.usual.normality import SETTLING_S, Normality
from appliance.camera.usual.watcher import Watcher
from appliance.models.errors import WrongInput
from appliance.models.tasks.object_detection import ObjectDetector
from appliance.service.memory import pss_bytes

SUFFIXES = frozenset({".avi", ".mkv", ".mov", ".mp4"})
COLUMNS = ("clip", "first_frame", "last_frame")
SAME_EVENT_S = 2.0
"""Alarms that are nearer to each other are one event."""

Scores = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Clip:
    """A recording and what was said of each of its frames."""

    name: str
    assessments: Sequence[Assessment]
    truth: Truth
    """Which frames show something unusual."""
    fastest: Scores
    """Of each frame, picture heights a second: what motion alone says."""
    given_s: Scores
    """When each frame's assessment was there, in the time of the pictures."""

    @property
    def scores(self) -> Scores:
        return np.array([each.score for each in self.assessments])


@dataclass(frozen=True)
class Alarm:
    """A stretch of unusual frames."""

    first: int
    last: int
    sentence: str
    """Of the highest score."""


@dataclass
class Cost:
    """Of the processor, decoding not counted."""

    seconds: float = 0.0
    frames: int = 0
    peak_pss_bytes: int = 0


def find_clips(folder: Path) -> list[Path]:
    """By name. Raises WrongInput when there are none."""
    found = sorted(path for path in folder.glob("*") if path.suffix in SUFFIXES)
    if not found:
        raise WrongInput(str(folder), f"has no recordings ({', '.join(sorted(SUFFIXES))})")
    return found


def read_truth(table: Path) -> dict[str, list[tuple[int, int]]]:
    """Stretches of a clip, counted from 1, both ends unusual. Raises WrongInput."""
    try:
        with table.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t")
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise WrongInput(str(table), f"the first line lacks the columns {missing}")
            found: dict[str, list[tuple[int, int]]] = {}
            for line, row in enumerate(reader, 2):
                first, last = row["first_frame"] or "", row["last_frame"] or ""
                if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
                    raise WrongInput(str(table), f"line {line} is not: clip, first, last frame")
                found.setdefault(row["clip"], []).append((int(first), int(last)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WrongInput(str(table), f"cannot be read as a table ({error})") from error
    return found


def learn(
    clips: Sequence[Path], false_alarms_per_day: float, detector: ObjectDetector, cost: Cost
) -> Watcher:
    """One pass. Raises SourceFailed, and WrongInput when it is so short that nothing would be
    unusual yet."""
    normality = Normality(false_alarms_per_day=false_alarms_per_day)
    watcher = Watcher(normality, Looker(detector))
    for clip in clips:
        _watch(watcher, clip, cost)
    if normality.watched_s < SETTLING_S:
        raise WrongInput(
            ", ".join(str(folder) for folder in sorted({clip.parent for clip in clips})),
            f"shows {normality.watched_s:.0f} s of ordinary life, and before {SETTLING_S:.0f} s "
            "have been learned nothing is unusual: add recordings",
        )
    return watcher


def score(clip: Path, stretches: Sequence[tuple[int, int]], learned: Watcher, cost: Cost) -> Clip:
    """From what is known; the clip is not learned. Raises SourceFailed."""
    assessments, given_s = _watch(learned.fork(learning=False), clip, cost)
    truth = np.zeros(len(assessments), np.bool_)
    for first, last in stretches:
        truth[first - 1 : last] = True
    fastest = np.array([each.fastest for each in assessments])
    return Clip(clip.name, assessments, truth, fastest, given_s)


def held_out(
    clips: Sequence[Path], false_alarms_per_day: float, detector: ObjectDetector, cost: Cost
) -> int:
    """Alarms on each recording when all the others are learned. Raises as `learn` does."""
    count = 0
    for clip in clips:
        others = learn(
            [each for each in clips if each != clip], false_alarms_per_day, detector, cost
        )
        count += len(alarms(score(clip, (), others, cost).assessments))
    return count


def _watch(watcher: Watcher, clip: Path, cost: Cost) -> tuple[list[Assessment], Scores]:
    """The assessments, and when each was there."""
    found: list[Assessment] = []
    given_s: list[float] = []
    for picture in read_file(clip):
        began = time.thread_time()
        found += watcher.add(picture)
        cost.seconds += time.thread_time() - began
        cost.frames += 1
        given_s += [picture.time_s] * (len(found) - len(given_s))
    began = time.thread_time()
    found += watcher.finish()
    cost.seconds += time.thread_time() - began
    given_s += [found[-1].time_s if found else 0.0] * (len(found) - len(given_s))
    cost.peak_pss_bytes = max(cost.peak_pss_bytes, pss_bytes(os.getpid()))
    return found, np.array(given_s)


def alarms(assessments: Sequence[Assessment]) -> list[Alarm]:
    """Frames by index."""
    found: list[list[int]] = []
    for index, each in enumerate(assessments):
        if not each.unusual:
            continue
        if found and each.time_s - assessments[found[-1][-1]].time_s <= SAME_EVENT_S:
            found[-1].append(index)
        else:
            found.append([index])
    return [Alarm(group[0], group[-1], _sentence(assessments, group)) for group in found]


def _sentence(assessments: Sequence[Assessment], group: Sequence[int]) -> str:
    worst = max((assessments[index] for index in group), key=lambda each: each.score)
    return worst.reason.sentence if worst.reason else ""


def stretches(truth: Truth) -> list[tuple[int, int]]:
    """First and last index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], truth.astype(np.int8), [0]])))
    return [(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2)]


def auc(scores: Scores, truth: Truth) -> float:
    """Area under the ROC curve, by ranks; equal scores count half. Not a number without both."""
    positive, negative = int(truth.sum()), int((~truth).sum())
    if not positive or not negative:
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * negative))


def auc_micro(scores: Sequence[Scores], truths: Sequence[Truth]) -> float:
    """Over all frames together."""
    return auc(np.concatenate(scores), np.concatenate(truths))


def auc_macro(scores: Sequence[Scores], truths: Sequence[Truth]) -> float:
    """Mean of the clips; one of a single kind gets a frame of the other at the scale's end."""
    lowest = min(float(each.min()) for each in scores)
    highest = max(float(each.max()) for each in scores)
    found = []
    for clip, truth in zip(scores, truths, strict=True):
        if truth.all():
            clip, truth = np.append(clip, lowest), np.append(truth, False)
        elif not truth.any():
            clip, truth = np.append(clip, highest), np.append(truth, True)
        found.append(auc(clip, truth))
    return float(np.mean(found))


def balanced_accuracy(scores: Sequence[Scores], truths: Sequence[Truth]) -> float:
    """Mean share of right frames among the unusual and the usual, at the learned threshold."""
    unusual, truth = np.concatenate(scores) >= 0.5, np.concatenate(truths)
    return (float(unusual[truth].mean()) + float((~unusual[~truth]).mean())) / 2


@dataclass(frozen=True)
class Events:
    """How alarms meet the truth."""

    recall: float
    """Of true events, at least one frame alarmed."""
    false_alarms: int
    """Alarms that touch no true event."""
    false_alarms_per_hour: float
    """Of frames without an event."""
    delay_s: float | None
    """Mean, from an event's begin to its first alarm; what an alarm waits for is included."""
    reasons: tuple[str, ...]
    """Of each true event."""


def compare(clips: Sequence[Clip]) -> Events:
    total = hits = false = 0
    delays, reasons = [], []
    quiet_s = 0.0
    for clip in clips:
        times = [each.time_s for each in clip.assessments]
        step_s = (times[-1] - times[0]) / max(1, len(times) - 1)
        quiet_s += float((~clip.truth).sum()) * step_s
        raised = alarms(clip.assessments)
        events = stretches(clip.truth)
        false += sum(
            all(alarm.last < first or alarm.first > last for first, last in events)
            for alarm in raised
        )
        for first, last in events:
            total += 1
            met = [each for each in raised if each.last >= first and each.first <= last]
            hits += bool(met)
            reasons.append(
                f"{clip.name} {first + 1}-{last + 1}: " + "; ".join(each.sentence for each in met)
            )
            if met:
                begin = max(met[0].first, first)
                delays.append(float(clip.given_s[begin]) - times[first])
    return Events(
        recall=hits / total if total else 1.0,
        false_alarms=false,
        false_alarms_per_hour=false * 3600 / quiet_s if quiet_s else 0.0,
        delay_s=sum(delays) / len(delays) if delays else None,
        reasons=tuple(reasons),
    )
