"""`appliance evaluate faces`: how well the face models on this box tell people apart."""

import argparse
import json
import sys
from pathlib import Path

from appliance.cli.models import report_error
from appliance.models import evaluation, selection
from appliance.models.errors import ModelError, WrongInput
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
    parser.add_argument("--limit", type=_positive, help="use only so many pairs, evenly spaced")
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
    try:
        report = _evaluate(arguments)
    except ModelError as error:
        report_error(error)
        return 1
    if arguments.json:
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        sys.stdout.writelines(f"{name:>20}  {value}\n" for name, value in report.items())
    return 0


def _evaluate(arguments: argparse.Namespace) -> dict[str, object]:
    if not arguments.images.is_dir():
        raise WrongInput(str(arguments.images), "there is no such folder")
    pairs = evaluation.read_pairs(arguments.pairs, arguments.limit)
    store = Store(Paths.from_environment().models)
    detector = selection.face_detector(store, arguments.models)
    embedder = selection.face_embedder(store, arguments.models)
    result = evaluation.verify(arguments.images, pairs, detector, embedder, _progress)
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


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        sys.stderr.write(f"\r{done} of {total} photos{end}")
        sys.stderr.flush()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
