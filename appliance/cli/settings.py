"""`appliance settings`: where the settings file is, whether it is right, what may stand in it."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from appliance.service import settings
from appliance.service.paths import Paths


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb and its own verbs."""
    summary = "check, list or find the settings"
    parser = subcommands.add_parser("settings", help=summary, description=summary)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for name, function, text in (
        ("check", _check, "say what is wrong in the settings file; 1 when something is"),
        ("list", _list, "every setting with its default and what is allowed"),
        ("path", _path, "print where the settings file is"),
    ):
        verbs.add_parser(name, help=text, description=text).set_defaults(run=function)


def _check(_: argparse.Namespace) -> int:
    path = Paths.from_environment().settings_file
    wrong = settings.check(path)
    for error in wrong:
        sys.stderr.write(f"{error}\n")
    if wrong:
        return 1
    state = "right" if path.exists() else "not there; the defaults hold"
    sys.stdout.write(f"{path}: {state}\n")
    return 0


def _list(_: argparse.Namespace) -> int:
    """As a settings file that says the defaults."""
    for section, kind in settings.sections().items():
        sys.stdout.write(f"[{section}]\n")
        for key, field in _fields(kind):
            sys.stdout.write(f"# {field['description']} ({allowed(field)})\n")
            mark = "# " if field.get("default") is None else ""
            sys.stdout.write(f"{mark}{key} = {json.dumps(field.get('default'))}\n")
        sys.stdout.write("\n")
    return 0


def _path(_: argparse.Namespace) -> int:
    sys.stdout.write(f"{Paths.from_environment().settings_file}\n")
    return 0


def _fields(kind: type[msgspec.Struct]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    schema = msgspec.json.schema(kind)
    definitions = schema["$defs"]
    for key, field in definitions[kind.__name__]["properties"].items():
        reference = field.get("$ref", "").rpartition("/")[2]
        yield key, {"description": "", **definitions.get(reference, {}), **field}


def allowed(field: Mapping[str, Any]) -> str:
    """What a field of a JSON Schema may be, in words."""
    if "enum" in field:
        return " or ".join(json.dumps(value) for value in field["enum"])
    if "anyOf" in field:
        return " or ".join(allowed(choice) for choice in field["anyOf"])
    kind = field.get("type")
    if "$ref" in field:
        return "tables"
    if kind == "array":
        return f"list of {allowed(field.get('items', {}))}"
    if kind == "boolean":
        return "true or false"
    if kind in ("integer", "number"):
        low, high = field.get("minimum"), field.get("maximum")
        words = "whole number" if kind == "integer" else "number"
        words += f" from {low}" if low is not None else ""
        return words + (f" to {high}" if high is not None else "")
    return "text" if kind == "string" else str(kind)
