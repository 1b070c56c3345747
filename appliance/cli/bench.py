"""`appliance bench`: what the product costs on this machine; each `bench_*.py` is one
measurement."""

import argparse
import importlib
import pkgutil

from appliance import cli

PREFIX = "bench_"


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb and, of each file, what its `register_<name>` adds."""
    summary = "measure what the product costs on this machine"
    parser = subcommands.add_parser("bench", help=summary, description=summary)
    measurements = parser.add_subparsers(metavar="WHAT", required=True)
    for module in sorted(pkgutil.iter_modules(cli.__path__), key=lambda each: each.name):
        if module.name.startswith(PREFIX):
            name = module.name.removeprefix(PREFIX)
            room = importlib.import_module(f"{cli.__name__}.{module.name}")
            getattr(room, f"register_{name}")(measurements)
