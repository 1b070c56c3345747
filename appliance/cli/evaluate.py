"""`appliance evaluate`: measures the product on data that you name; each `evaluate_*.py` is one
measurement."""

import argparse
import importlib
import json
import pkgutil
import sys
from collections.abc import Callable, Mapping

from appliance import cli

PREFIX = "evaluate_"


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb and, of each file, what its `register_<name>` adds."""
    summary = "measure the product on data that you name"
    parser = subcommands.add_parser("evaluate", help=summary, description=summary)
    measurements = parser.add_subparsers(metavar="WHAT", required=True)
    for module in sorted(pkgutil.iter_modules(cli.__path__), key=lambda each: each.name):
        if module.name.startswith(PREFIX):
            name = module.name.removeprefix(PREFIX)
            room = importlib.import_module(f"{cli.__name__}.{module.name}")
            getattr(room, f"register_{name}")(measurements)


def whole_number(text: str) -> int:
    """The type of an option that counts something: 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def print_report(report: Mapping[str, object], *, as_json: bool) -> None:
    """What was measured, as one JSON object or a line a figure."""
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        sys.stdout.writelines(f"{name:>20}  {value}\n" for name, value in report.items())


def show_progress(what: str) -> Callable[[int, int], None]:
    """Takes how many are done and how many there are (0: nobody knows), for a terminal to show."""

    def show(done: int, total: int) -> None:
        if sys.stderr.isatty():
            of = f" of {total}" if total else ""
            end = "\n" if done == total else ""
            sys.stderr.write(f"\r{done}{of} {what}{end}")
            sys.stderr.flush()

    return show
