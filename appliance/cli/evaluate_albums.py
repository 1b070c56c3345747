"""`appliance evaluate albums`: how well the photos of a folder are sorted by the people on them."""

import argparse
import tempfile
from pathlib import Path

from appliance.albums.albums import Albums
from appliance.albums.evaluation import (
    InvalidLabels,
    Label,
    LabelledFaces,
    count_answers,
    import_photos,
    read_labels,
)
from appliance.albums.scoring import Agreement
from appliance.albums.settings import Settings
from appliance.cli import evaluate
from appliance.models import selection
from appliance.models.store import Store
from appliance.service.clock import SystemClock
from appliance.service.paths import Paths

TARGET_F1 = 0.99


def register_albums(
    subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    parser = subcommands.add_parser("albums", help="how well photos are sorted by people")
    parser.add_argument("--images", type=Path, required=True, help="folder of the photos")
    parser.add_argument(
        "--labels",
        type=Path,
        required=True,
        help="tab-separated columns image (a path below IMAGES) and person (whose face is nearest "
        "the middle), in the order of import",
    )
    parser.add_argument("--limit", type=evaluate.whole_number, help="import only the first so many")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Imports into a folder of its own, which is gone afterwards. Raises InvalidLabels and what the
    models' store raises."""
    if not arguments.images.is_dir():
        raise InvalidLabels(
            arguments.labels,
            f"there is no folder {arguments.images}",
            "name the folder that the paths of the table start from",
        )
    labels = read_labels(arguments.labels, arguments.images, arguments.limit)
    models = Paths.from_environment().models
    for task in ("face detection", "face embedding"):
        selection.select(Store(models), task)
    with tempfile.TemporaryDirectory(prefix="appliance-evaluation-") as folder:
        data = Path(folder)
        paths = Paths(data, data / "run")
        paths.inbox.mkdir(parents=True)
        paths.models.symlink_to(models, target_is_directory=True)
        albums = Albums.open(paths, Settings(), SystemClock())
        try:
            albums.forgetting.agree()
            report = _measure(albums, labels, paths.inbox)
        finally:
            albums.close()
    evaluate.print_report(report, as_json=arguments.json)
    return 0


def _measure(albums: Albums, labels: list[Label], inbox: Path) -> dict[str, object]:
    grouped = import_photos(albums, labels, inbox, evaluate.show_progress("photos"))
    faces = LabelledFaces(albums, grouped)
    people = faces.people()
    b_cubed, pairs = faces.score()
    return {
        "photos": len(labels),
        "people_true": len(set(faces.truth)),
        "people_found": len(set(people) - {None}),
        "pairwise": _rounded(pairs),
        "bcubed": _rounded(b_cubed),
        "unknown_share": round(people.count(None) / len(people), 5),
        "photos_per_s": round(grouped.photos_per_s, 2),
        "peak_pss_mb": round(grouped.peak_pss_bytes / 1e6, 1),
        "answers_to_0_99": count_answers(
            albums, faces, TARGET_F1, evaluate.show_progress("answers")
        ),
        "models": [albums.grouping.model],
    }


def _rounded(agreement: Agreement) -> dict[str, float]:
    return {
        "precision": round(agreement.precision, 5),
        "recall": round(agreement.recall, 5),
        "f1": round(agreement.f1, 5),
    }
