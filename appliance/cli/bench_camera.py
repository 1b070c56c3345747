"""`appliance bench camera`: what a 1080p camera costs, beside the plain way to watch one."""

import argparse
import asyncio
import multiprocessing
import tempfile
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from appliance.camera.children import protocol
from appliance.camera.costs import Cost, Watched, measure, run_plain_loop
from appliance.cli.evaluate import print_report, show_progress
from appliance.demo.staging.streams import MAIN, SUB, Form, write_stream
from appliance.service.errors import FolderUnusable
from appliance.service.paths import Paths

SCENES = ("still", "busy")
FORMS: Mapping[str, Form] = {"main": MAIN, "sub": SUB}
MARGIN_S = 10.0
"""A clip is longer than it is measured for, so that it rarely begins anew."""


def register_camera(
    subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    parser = subcommands.add_parser(
        "camera", help="processor and memory of a 1080p camera, with and without a sub-stream"
    )
    parser.add_argument(
        "--seconds", type=_seconds, default=30.0, metavar="N", help="of each measurement (30)"
    )
    parser.add_argument(
        "--clips",
        type=Path,
        metavar="FOLDER",
        help="keep the clips that are made there, and use those that are there",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Raises SourceFailed, FolderUnusable and what the models' store raises."""
    with tempfile.TemporaryDirectory(prefix="appliance-bench-") as temporary:
        folder = arguments.clips or Path(temporary)
        duration_s = arguments.seconds + MARGIN_S
        try:
            folder.mkdir(parents=True, exist_ok=True)
            clips = _make_clips(folder, duration_s)
        except OSError as error:
            raise FolderUnusable(folder, error.strerror or "unknown") from error
        report = _measure(clips, Path(temporary), arguments.seconds)
    print_report(report, as_json=arguments.json)
    return 0


def _make_clips(folder: Path, duration_s: float) -> dict[tuple[str, str], Path]:
    """By scene and stream."""
    progress = show_progress("clips")
    wanted = [(scene, name) for scene in SCENES for name in FORMS]
    clips: dict[tuple[str, str], Path] = {}
    for number, (scene, name) in enumerate(wanted):
        progress(number, len(wanted))
        path = folder / f"{scene}-{name}-{duration_s:.0f}s.mp4"
        if not path.exists():
            making = path.with_suffix(".part")
            write_stream(making, FORMS[name], duration_s, busy=scene == "busy")
            making.replace(path)
        clips[scene, name] = path
    progress(len(wanted), len(wanted))
    return clips


def _measure(
    clips: Mapping[tuple[str, str], Path], recordings: Path, duration_s: float
) -> dict[str, object]:
    models = Paths.from_environment().models

    def stream(scene: str, name: str, *roles: protocol.Role) -> Watched:
        start = protocol.Start(
            url=str(clips[scene, name]),
            roles=roles,
            folder=str(recordings),
            reserve_bytes=0,
            piece_s=60.0,
            false_alarms_per_day=1.0,
            learned=b"",
        )
        return Watched(start, FORMS[name].rate_hz)

    report: dict[str, object] = {
        name: f"{form.width}x{form.height}, {form.rate_hz} a second, {form.bits_per_s // 1000}"
        " kbit/s, H.264"
        for name, form in FORMS.items()
    }
    for scene in SCENES:
        apart = [stream(scene, "main", "record"), stream(scene, "sub", "watch")]
        together = [stream(scene, "main", "record", "watch")]
        with_sub = asyncio.run(measure(apart, models, duration_s))
        without = asyncio.run(measure(together, models, duration_s))
        plain = _plain(clips[scene, "main"], models)
        report[scene] = {
            "with_sub_stream": _figures(with_sub),
            "without_sub_stream": _figures(without),
            "plain_loop": _figures(plain),
            "plain_loop_to_with_sub_stream": round(plain.cores / with_sub.cores, 1),
            "plain_loop_to_without_sub_stream": round(plain.cores / without.cores, 1),
        }
    return report


def _plain(clip: Path, models: Path) -> Cost:
    """In a process of its own, for its memory's sake."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(run_plain_loop, clip, models).result()


def _figures(cost: Cost) -> dict[str, float]:
    return {
        "percent_of_a_core": round(cost.cores * 100, 2),
        "cpu_s_per_camera_hour": round(cost.cpu_s_per_hour, 1),
        "pss_mb": round(cost.pss_bytes / 1e6, 1),
    }


def _seconds(text: str) -> float:
    number = float(text)
    if not 1 <= number <= 3600:
        raise argparse.ArgumentTypeError("must be 1 to 3600")
    return number
