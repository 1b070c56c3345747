"""The one settings file: `config/appliance.toml`, a table a room, every key with a working default.

A room's `settings.py` exposes `SECTION` (the table's name) and `Settings` (a `Section`, or below
this room an equally strict `msgspec.Struct`); this module finds them by listing the package's
folders, so a new room adds nothing here.
"""

import importlib
import importlib.util
import pkgutil
import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

import appliance
from appliance.service.errors import WrongSetting


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A room's settings.

    Give each field a default and `Annotated[T, msgspec.Meta(description=..., ge=..., ...)]`.
    """


S = TypeVar("S", bound=msgspec.Struct)


def sections() -> dict[str, type[msgspec.Struct]]:
    """Every room's settings type by its table's name, sorted."""
    found: dict[str, type[msgspec.Struct]] = {}
    for room in pkgutil.iter_modules(appliance.__path__):
        name = f"appliance.{room.name}.settings"
        verb = room.name == "cli"  # `appliance settings`, which is no room's table
        if not room.ispkg or verb or name == __name__ or importlib.util.find_spec(name) is None:
            continue
        module = importlib.import_module(name)
        found[module.SECTION] = module.Settings
    return dict(sorted(found.items()))


def load(path: Path, section: str, kind: type[S], defaults: Path | None = None) -> S:
    """The settings of one room; defaults where the file or the table is absent.

    `defaults` is a file of the same form for keys that are not set. Raises WrongSetting, naming
    key, line and what is allowed.
    """
    text = _read(path)
    table = _parse(path, text).get(section, {})
    if defaults is not None and isinstance(table, dict):
        table = {**_parse(defaults, _read(defaults)).get(section, {}), **table}
    return _convert(path, text, table, section, kind)


def check(path: Path) -> list[WrongSetting]:
    """All that is wrong in the file, an unknown table included; at most one finding a table."""
    text = _read(path)
    try:
        document = _parse(path, text)
    except WrongSetting as error:
        return [error]
    known = sections()
    findings = []
    for name, table in document.items():
        if name not in known:
            allowed = ", ".join(known)
            findings.append(
                WrongSetting(
                    path, name, locate(text, name, None), f"unknown table; allowed: {allowed}"
                )
            )
            continue
        try:
            _convert(path, text, table, name, known[name])
        except WrongSetting as error:
            findings.append(error)
    return findings


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise WrongSetting(path, "", None, f"not UTF-8 text: {error.reason}") from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise WrongSetting(path, "", int(line[1]) if line else None, str(error)) from error


def _convert(path: Path, text: str, table: object, section: str, kind: type[S]) -> S:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$")
        unknown = re.search(r"unknown field `(.+?)`", problem)
        key = unknown[1] if unknown else place.strip("`.").split("[")[0]
        if unknown:
            allowed = ", ".join(field.name for field in msgspec.structs.fields(kind))
            problem = f"unknown key; allowed: {allowed}"
        name = f"{section}.{key}" if key else section
        raise WrongSetting(path, name, locate(text, section, key or None), problem) from error


def locate(text: str, section: str, key: str | None) -> int | None:
    """The line (from 1) where `section`, or `key` in it, is set first; None where it is not set.

    `text` is sound TOML. The parser tells no places, but it tells when a statement is complete, so
    the file is read line by line until the key is there, however it is spelled.
    """
    lines = text.splitlines()
    start = 1
    for end in range(1, len(lines) + 1):
        try:
            document = tomllib.loads("\n".join(lines[:end]) + "\n")
        except tomllib.TOMLDecodeError:
            continue  # in the middle of a value of several lines
        table = document.get(section)
        if section in document and (key is None or (isinstance(table, dict) and key in table)):
            return start
        start = end + 1
    return None
