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


def load(path: Path, section: str, kind: type[S]) -> S:
    """The settings of one room; defaults where the file or the table is absent.

    Raises WrongSetting, naming key, line and what is allowed.
    """
    text = _read(path)
    return _convert(path, text, _parse(path, text).get(section, {}), section, kind)


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
    """The line (from 1) of `[section]` or of `key` in it; None where it is spelled otherwise."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\s*([^\]]+?)\s*\]", line)
        if header:
            inside = header[1].strip("\"'") == section
            if inside and key is None:
                return number
        elif inside and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return None
