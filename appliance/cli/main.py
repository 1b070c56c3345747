"""The command `appliance`: every verb is a file of this folder with a function `register`."""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence

import appliance
from appliance import cli
from appliance.cli.error_report import report_error

PART_MARK = "_"
"""In a file's name: a part of a verb, as `evaluate_faces.py` is of `evaluate.py`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the verb; 0 when all went well, 1 for an error with its mend, 2 for a wrong command
    line."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = make_parser(words[0] if words else None).parse_args(words)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has gone: `appliance ... | head`
        sys.stderr.close()
        return 1
    except Exception as error:
        if not isinstance(getattr(error, "mend", None), str):
            raise  # a fault of ours: its traceback is wanted
        report_error(error)
        return 1


def make_parser(verb: str | None = None) -> argparse.ArgumentParser:
    """The parser with the one verb, so that only its imports are paid for, or with all of them."""
    parser = argparse.ArgumentParser(prog="appliance", description=appliance.__doc__)
    parser.add_argument("--version", action="version", version=appliance.__version__)
    subcommands = parser.add_subparsers(metavar="VERB", required=True)
    known = verbs()
    for name in [verb] if verb in known else known:
        importlib.import_module(f"{cli.__name__}.{name}").register(subcommands)
    return parser


def verbs() -> list[str]:
    """The files of the folder that are verbs, sorted."""
    names = (module.name for module in pkgutil.iter_modules(cli.__path__))
    return sorted(name for name in names if name != "main" and PART_MARK not in name)


if __name__ == "__main__":
    sys.exit(main())
