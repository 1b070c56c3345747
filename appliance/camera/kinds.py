"""What was found of each kind, where the truth names kinds: staged scenes and their nuisances."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from appliance.camera.evaluation import Alarm, Clip, alarms

NORMAL, ODD = "normal", "odd"
"""What clips are called in which false alarms are counted: of ordinary life alone, and of odd
scenes before and after what is odd in them; the others by their nuisance."""


@dataclass(frozen=True)
class Stretch:
    """Of a clip, counted from 1, both ends included."""

    clip: str
    first_frame: int
    last_frame: int
    kind: str
    cause: str
    """That a right reason names; empty when nobody says."""


@dataclass
class Found:
    """Of one kind."""

    events: int = 0
    found: int = 0
    right_cause: int = 0
    """Of those found, where the alarm named the right cause at its height or at some time."""


@dataclass
class Quiet:
    """Time in which every alarm is false."""

    hours: float = 0.0
    false_alarms: int = 0
    sentences: list[str] = field(default_factory=list)


def read_kinds(table: Path) -> list[Stretch]:
    """The rows that name a kind; none without the file. `evaluation.read_truth` checks the form."""
    if not table.is_file():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        return [
            Stretch(
                row["clip"],
                int(row["first_frame"]),
                int(row["last_frame"]),
                row["kind"],
                row.get("cause") or "",
            )
            for row in csv.DictReader(file, delimiter="\t")
            if row.get("kind")
        ]


def count_found(clips: Iterable[Clip], stretches: Sequence[Stretch]) -> dict[str, Found]:
    """By kind."""
    kinds: dict[str, Found] = {}
    for clip in clips:
        raised = alarms(clip.assessments)
        for stretch in (each for each in stretches if each.clip == clip.name):
            found = kinds.setdefault(stretch.kind, Found())
            met = [each for each in raised if _meets(each, stretch)]
            found.events += 1
            found.found += bool(met)
            found.right_cause += any(
                reason.cause == stretch.cause
                for alarm in met
                for assessment in clip.assessments[alarm.first : alarm.last + 1]
                if (reason := assessment.reason) is not None
            )
    return dict(sorted(kinds.items()))


def count_false(
    clips: Iterable[Clip], odd: Sequence[Stretch], nuisances: Sequence[Stretch]
) -> dict[str, Quiet]:
    """By nuisance, or `NORMAL`, or `ODD`."""
    names: Mapping[str, str] = {
        **{each.clip: ODD for each in odd},
        **{each.clip: each.kind for each in nuisances},
    }
    quiet: dict[str, Quiet] = {}
    for clip in clips:
        there = quiet.setdefault(names.get(clip.name, NORMAL), Quiet())
        times = [each.time_s for each in clip.assessments]
        step_s = (times[-1] - times[0]) / max(1, len(times) - 1)
        there.hours += float((~clip.truth).sum()) * step_s / 3600
        for alarm in alarms(clip.assessments):
            if not clip.truth[alarm.first : alarm.last + 1].any():
                there.false_alarms += 1
                there.sentences.append(f"{clip.name} {alarm.first + 1}: {alarm.sentence}")
    return dict(sorted(quiet.items()))


def _meets(alarm: Alarm, stretch: Stretch) -> bool:
    return alarm.last + 1 >= stretch.first_frame and alarm.first + 1 <= stretch.last_frame
