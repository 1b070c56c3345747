"""What is counted of each kind where the truth names kinds."""

from collections.abc import Set
from pathlib import Path

import numpy as np
import pytest

from appliance.camera.evaluation import Clip
from appliance.camera.kinds import Found, Stretch, count_false, count_found, read_kinds
from appliance.camera.seeing.assessment import Assessment, Cause, Kind, Reason

REASON = Reason(Cause.STAY, Kind.PERSON, 40.0, 4.0, 10.0, "Stands here.")


def clip(name: str, unusual: Set[int], truth: Set[int] = frozenset()) -> Clip:
    """100 frames, ten a second; numbers from 0."""
    assessments = [
        Assessment(
            number / 10,
            0.9 if number in unusual else 0.1,
            False,
            None,
            None,
            REASON if number in unusual else None,
        )
        for number in range(100)
    ]
    mask = np.isin(np.arange(100), list(truth))
    return Clip(name, assessments, mask, np.zeros(100), np.arange(100) / 10)


@pytest.mark.parametrize(
    ("unusual", "expected"),
    [
        ({50}, Found(1, 1, 1)),
        ({30, 45}, Found(1, 1, 1)),  # less than two seconds apart: one alarm
        ({5}, Found(1, 0, 0)),
        (set(), Found(1, 0, 0)),
    ],
)
def test_an_event_is_found_by_an_alarm_that_meets_it(unusual: set[int], expected: Found) -> None:
    stretch = Stretch("a.mp4", 41, 60, "loitering", "stay")
    assert count_found([clip("a.mp4", unusual)], [stretch]) == {"loitering": expected}


def test_an_alarm_for_another_reason_finds_it_with_a_wrong_cause() -> None:
    stretch = Stretch("a.mp4", 41, 60, "left", "left")
    assert count_found([clip("a.mp4", {50})], [stretch]) == {"left": Found(1, 1, 0)}


def test_false_alarms_are_counted_where_they_are_raised() -> None:
    clips = [
        clip("normal.mp4", {1, 90}),
        clip("odd.mp4", {1, 50}, set(range(40, 60))),
        clip("rain.mp4", {70}),
    ]
    odd = [Stretch("odd.mp4", 41, 60, "loitering", "stay")]
    quiet = count_false(clips, odd, [Stretch("rain.mp4", 1, 100, "rain", "")])
    assert {name: each.false_alarms for name, each in quiet.items()} == {
        "normal": 2,
        "odd": 1,
        "rain": 1,
    }
    assert quiet["odd"].hours == pytest.approx(8 / 3600)
    assert quiet["rain"].sentences == ["rain.mp4 71: Stands here."]


def test_tables_without_kinds_or_no_table_name_none(tmp_path: Path) -> None:
    table = tmp_path / "anomalies.tsv"
    assert read_kinds(table) == []
    table.write_text("clip\tfirst_frame\tlast_frame\na.mp4\t1\t2\n")
    assert read_kinds(table) == []
    table.write_text("clip\tfirst_frame\tlast_frame\tkind\na.mp4\t1\t2\train\n")
    assert read_kinds(table) == [Stretch("a.mp4", 1, 2, "rain", "")]
