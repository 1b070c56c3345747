"""`appliance evaluate faces`: how well the face models on this box tell people apart."""

import argparse
from pathlib import Path

from appliance.cli import evaluate
from appliance.models import evaluation, selection
from appliance.models.errors import WrongInput
from appliance.models.store import Store
from appliance.service.paths import Paths


def register_faces(
    subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    parser = subcommands.add_parser("faces", help="accuracy of the face models on labelled pairs")
    parser.add_argument("--images", type=Path, required=True, help="folder of the photos")
    parser.add_argument(
        "--pairs",
        type=Path,
        required=True,
        help="tab-separated columns fold, a, b, same; a and b are paths below IMAGES",
    )
    parser.add_argument(
        "--limit", type=evaluate.whole_number, help="use only so many pairs, evenly spaced"
    )
    parser.add_argument(
        "--models",
        type=lambda text: tuple(text.split(",")),
        default=(),
        metavar="NAME,NAME",
        help="these models instead of the best that are on this box",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Raises ModelError."""
    evaluate.print_report(_evaluate(arguments), as_json=arguments.json)
    return 0


def _evaluate(arguments: argparse.Namespace) -> dict[str, object]:
    if not arguments.images.is_dir():
        raise WrongInput(str(arguments.images), "there is no such folder")
    pairs = evaluation.read_pairs(arguments.pairs, arguments.limit)
    store = Store(Paths.from_environment().models)
    detector = selection.face_detector(store, arguments.models)
    embedder = selection.face_embedder(store, arguments.models)
    progress = evaluate.show_progress("photos")
    result = evaluation.verify(arguments.images, pairs, detector, embedder, progress)
    names = [detector.name, embedder.name]
    return {
        "pairs": result.pairs,
        "accuracy": round(result.accuracy, 5),
        "accuracy_std": round(result.accuracy_std, 5),
        "tar_at_far_1e-3": round(result.true_accept_rate, 5),
        "undetected": result.undetected,
        "detect_ms": round(result.detect_ms, 2),
        "embed_ms": round(result.embed_ms, 2),
        "model_bytes": sum(store.catalogue.get(name).size_bytes for name in names),
        "models": names,
    }
