"""How well unusual things are found is counted as the documents say."""

import json
from pathlib import Path

import numpy as np
import pytest

from appliance.camera import evaluation
from appliance.camera.evaluation import Clip
from appliance.camera.seeing.assessment import Assessment, Cause, Kind, Reason
from appliance.cli.main import main
from appliance.models import selection
from appliance.models.errors import WrongInput
from appliance.models.store import Store
from tests.camera.scenes import encode, paint, walker, walkers

HEADER = "clip\tfirst_frame\tlast_frame\n"
REASON = Reason(Cause.SPEED, Kind.OTHER, 2.0, 1.0, 2.0, "Too fast.")


def assessed(scores: list[float]) -> list[Assessment]:
    return [
        Assessment(number / 10, score, True, None, None, REASON if score >= 0.5 else None)
        for number, score in enumerate(scores)
    ]


def clip(scores: list[float], truth: list[int]) -> Clip:
    fastest, times = np.zeros(len(scores)), np.arange(len(scores)) / 10
    return Clip("a.mp4", assessed(scores), np.array(truth, bool), fastest, times)


def test_the_area_counts_pairs_that_are_in_order() -> None:
    truth = np.array([0, 0, 1, 1], bool)
    assert evaluation.auc(np.array([0.1, 0.4, 0.35, 0.8]), truth) == 0.75
    assert evaluation.auc(np.array([0.5, 0.5, 0.5, 0.5]), truth) == 0.5


def test_a_clip_of_one_kind_gets_a_frame_of_the_other_at_the_end() -> None:
    scores = [np.array([0.2, 0.9]), np.array([0.5, 0.6])]
    truths = [np.array([0, 1], bool), np.array([1, 1], bool)]
    assert evaluation.auc_macro(scores, truths) == 1.0


def test_an_event_that_is_met_counts_with_its_delay() -> None:
    events = evaluation.compare([clip([0.1, 0.1, 0.2, 0.9, 0.9], [0, 1, 1, 1, 1])])
    assert (events.recall, events.false_alarms) == (1.0, 0)
    assert events.delay_s == pytest.approx(0.2)
    assert events.reasons == ("a.mp4 2-5: Too fast.",)


def test_an_alarm_that_meets_no_event_is_false() -> None:
    events = evaluation.compare([clip([0.9] + [0.1] * 35 + [0.9], [0] * 36 + [1])])
    assert (events.recall, events.false_alarms) == (1.0, 1)


def test_alarms_near_each_other_are_one() -> None:
    assert len(evaluation.alarms(assessed([0.9] + [0.1] * 15 + [0.9]))) == 1
    assert len(evaluation.alarms(assessed([0.9] + [0.1] * 25 + [0.9]))) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clip\tfirst_frame\n", "last_frame"),
        (HEADER + "a.mp4\t0\t5\n", "line 2"),
        (HEADER + "a.mp4\t5\t4\n", "line 2"),
        (HEADER + "a.mp4\tx\t4\n", "line 2"),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    table = tmp_path / "anomalies.tsv"
    table.write_text(text)
    with pytest.raises(WrongInput, match=said):
        evaluation.read_truth(table)


def test_too_little_ordinary_life_is_refused(models_folder: Path, tmp_path: Path) -> None:
    clip = encode(tmp_path / "1.mp4", paint(5, walkers(5)))
    detector = selection.object_detector(Store(models_folder))
    with pytest.raises(WrongInput, match="5 s of ordinary life"):
        evaluation.learn([clip], 1.0, detector, evaluation.Cost())


def test_the_command_learns_one_folder_and_scores_the_other(
    models_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("normal", "test"):
        (tmp_path / name).mkdir()
    for number in (1, 2):
        encode(tmp_path / f"normal/{number}.mp4", paint(100, walkers(100, number)))
    runner = [*walkers(12, 5), walker(6, 130, 120, seed=3)]
    encode(tmp_path / "test/1.mp4", paint(12, runner))
    (tmp_path / "anomalies.tsv").write_text(HEADER + "1.mp4\t61\t87\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/models").symlink_to(models_folder)
    monkeypatch.setenv("APPLIANCE_DATA", str(tmp_path / "data"))
    assert main(["evaluate", "camera", "--data", str(tmp_path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["frames"] == 120
    assert report["auc_micro"] > 0.95
    assert report["events"]["recall"] == 1.0
    assert "faster" in report["reasons"][0]
