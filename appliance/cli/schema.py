"""`appliance schema`: every topic of the bus and what it carries, as AsyncAPI 3.0 in JSON."""

import argparse
import json
import sys

import appliance
from appliance.bus import schema


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subcommands.add_parser("schema", help="print the bus as an AsyncAPI document")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    json.dump(schema.document(appliance.__version__), sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 0
