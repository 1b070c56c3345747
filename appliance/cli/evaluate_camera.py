"""`appliance evaluate camera`: how well what is unusual before a camera is found."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from appliance.camera import evaluation, kinds
from appliance.camera.evaluation import Clip, Cost
from appliance.cli import evaluate
from appliance.models import selection
from appliance.models.store import Store
from appliance.service.paths import Paths

NORMAL, TEST, TRUTH = "normal", "test", "anomalies.tsv"
NUISANCES = "nuisances.tsv"


def register_camera(
    subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    parser = subcommands.add_parser("camera", help="how well what is unusual is found")
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help=f"folder with recordings of one camera in {NORMAL}/ and {TEST}/, and {TRUTH} "
        f"({', '.join(evaluation.COLUMNS)}; frames from 1)",
    )
    parser.add_argument(
        "--false-alarms-per-day", type=float, default=1.0, help="as in the settings; default: 1"
    )
    parser.add_argument(
        "--hold-out",
        action="store_true",
        help=f"also learn {NORMAL}/ without one recording and count the alarms on it, for each",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Raises WrongInput, SourceFailed and what the models' store raises."""
    evaluate.print_report(_measure(arguments), as_json=arguments.json)
    return 0


def _measure(arguments: argparse.Namespace) -> dict[str, object]:
    normal = evaluation.find_clips(arguments.data / NORMAL)
    test = evaluation.find_clips(arguments.data / TEST)
    truth = evaluation.read_truth(arguments.data / TRUTH)
    cost = Cost()

    rate = arguments.false_alarms_per_day
    detector = selection.object_detector(Store(Paths.from_environment().models))
    learned = evaluation.learn(normal, rate, detector, cost)
    learned_frames = cost.frames
    progress = evaluate.show_progress("recordings")
    clips = []
    for done, path in enumerate(test, 1):
        clips.append(evaluation.score(path, truth.get(path.name, ()), learned, cost))
        progress(done, len(test))
    scores = [clip.scores for clip in clips]
    motion = [clip.fastest for clip in clips]
    truths = [clip.truth for clip in clips]
    events = evaluation.compare(clips)
    report: dict[str, object] = {
        "frames": sum(len(each) for each in truths),
        "frames_learned": learned_frames,
        "auc_micro": round(evaluation.auc_micro(scores, truths), 4),
        "auc_macro": round(evaluation.auc_macro(scores, truths), 4),
        "auc_micro_motion_only": round(evaluation.auc_micro(motion, truths), 4),
        "auc_macro_motion_only": round(evaluation.auc_macro(motion, truths), 4),
        "balanced_accuracy": round(evaluation.balanced_accuracy(scores, truths), 4),
        "events": {
            "recall": round(events.recall, 4),
            "false_alarms_per_hour": round(events.false_alarms_per_hour, 2),
            "delay_s": None if events.delay_s is None else round(events.delay_s, 2),
        },
        "ms_per_frame": round(cost.seconds * 1000 / cost.frames, 2),
        "peak_pss_mb": round(cost.peak_pss_bytes / 1e6, 1),
        "reasons": list(events.reasons),
    }
    report |= _by_kind(clips, arguments.data)
    if arguments.hold_out:
        report["held_out_false_alarms"] = evaluation.held_out(normal, rate, detector, Cost())
    return report


def _by_kind(clips: Sequence[Clip], folder: Path) -> dict[str, object]:
    """What the truth of staged scenes allows to say; nothing where it names no kinds."""
    odd, nuisances = (kinds.read_kinds(folder / name) for name in (TRUTH, NUISANCES))
    if not odd and not nuisances:
        return {}
    quiet = kinds.count_false(clips, odd, nuisances)
    return {
        "kinds": {kind: asdict(found) for kind, found in kinds.count_found(clips, odd).items()},
        "quiet": {
            name: {**asdict(each), "hours": round(each.hours, 3)} for name, each in quiet.items()
        },
    }
