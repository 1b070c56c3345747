"""`appliance stage`: scenes of a camera, drawn with the truth about them."""

import argparse
import sys
from pathlib import Path

from appliance.cli.evaluate import show_progress, whole_number
from appliance.demo.staging.day import write_day
from appliance.demo.staging.folder import Recipe, write_folder
from appliance.demo.staging.nuisances import NUISANCES
from appliance.demo.staging.odd import ODD
from appliance.demo.staging.view import look
from appliance.service.durable import make_folder
from appliance.service.errors import FolderUnusable
from appliance.service.paths import Paths

NONE = "none"


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    summary = "make clips of a staged camera, with their truth, for `appliance evaluate camera`"
    parser = subcommands.add_parser("stage", help=summary, description=summary)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "folder", type=Path, nargs="?", help="is made; clips of the same name are replaced"
    )
    what.add_argument(
        "--demo",
        action="store_true",
        help="make what the demo's camera shows, if it is not there, and nothing else",
    )
    parser.add_argument("--seed", type=int, default=1, help="another view, other people (1)")
    parser.add_argument(
        "--normal-minutes", type=_minutes, default=20.0, metavar="N", help="to learn from (20)"
    )
    parser.add_argument(
        "--held-out-minutes", type=_minutes, default=10.0, metavar="N", help="to test with (10)"
    )
    parser.add_argument(
        "--scenes", type=whole_number, default=2, metavar="N", help="of each kind below (2)"
    )
    for name, known in (("odd", ODD), ("nuisances", NUISANCES)):
        parser.add_argument(
            f"--{name}",
            type=_choice(tuple(known)),
            default=tuple(known),
            metavar="KIND,KIND",
            help=f"{NONE}, or some of {', '.join(known)}; all",
        )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Raises FolderUnusable."""
    if arguments.demo:
        return _make_day(Paths.from_environment().demo_clip)
    recipe = Recipe(
        arguments.seed,
        arguments.normal_minutes * 60,
        arguments.held_out_minutes * 60,
        arguments.scenes,
        arguments.odd,
        arguments.nuisances,
    )
    try:
        write_folder(arguments.folder, look(recipe.seed), recipe, show_progress("clips"))
    except OSError as error:
        raise FolderUnusable(arguments.folder, error.strerror or "unknown") from error
    return 0


def _make_day(path: Path) -> int:
    if path.exists():
        return 0
    sys.stderr.write("Drawing what the demo's camera shows (once; about a minute)\n")
    try:
        make_folder(path.parent)
        write_day(path)
    except OSError as error:
        raise FolderUnusable(path.parent, error.strerror or "unknown") from error
    return 0


class _choice:  # noqa: N801 # argparse shows its name
    """Names between commas, each one of those known."""

    def __init__(self, known: tuple[str, ...]) -> None:
        self._known = known

    def __call__(self, text: str) -> tuple[str, ...]:
        names = () if text == NONE else tuple(text.split(","))
        for name in names:
            if name not in self._known:
                raise argparse.ArgumentTypeError(f"no kind {name}: {', '.join(self._known)}")
        return names


def _minutes(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 10_000:
        raise argparse.ArgumentTypeError("must be 0 to 10000")
    return number
