"""The settings file as the page edits it: fields with their descriptions, comments kept."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
from msgspec import inspect

from appliance.service.durable import make_folder, write_file
from appliance.service.errors import WrongSetting
from appliance.service.settings import sections
from appliance.web import tables
from appliance.web.errors import WrongEntries

Choices = tuple[str, ...]


@dataclass(frozen=True)
class Field:
    """A setting as a form shows it."""

    section: str
    key: str
    description: str
    kind: str
    """`switch`, `number`, `choice`, `list`, `tables` or `text`."""
    value: str
    """As text; the items of a list a line each; `true` or `false` of a switch; tables as they
    stand in the file, without passwords."""
    default: str
    choices: Choices = ()
    minimum: float | None = None
    maximum: float | None = None
    whole: bool = True
    """Whether a number has no fraction."""
    problem: str = ""
    """Why what was entered was not taken."""

    @property
    def label(self) -> str:
        """The key in words."""
        return self.key.replace("_", " ").capitalize()


def fields(path: Path) -> dict[str, list[Field]]:
    """Every setting of every room, with its value in the file. Raises WrongSetting for a file that
    is no TOML; a value of the wrong type is shown as it stands."""
    document = _document(path)
    return {
        name: [_field(name, one, _table(document, name)) for one in _struct(kind).fields]
        for name, kind in sections().items()
    }


def save(path: Path, section: str, entered: Mapping[str, str]) -> bool:
    """Writes what differs from the file, durably; whether anything did.

    Raises KeyError for an unknown section, WrongEntries, WrongSetting, OSError.
    """
    kind = sections()[section]
    values: dict[str, object] = {}
    problems: dict[str, str] = {}
    annotations = get_type_hints(kind, include_extras=True)
    before = _table(_document(path), section)
    for one in _struct(kind).fields:
        text = entered.get(one.name, "")
        try:
            if _has_tables(one):
                values[one.name] = tables.read(one.name, text, _tables(before.get(one.name)))
                msgspec.convert(values[one.name], annotations[one.name])
            else:
                values[one.name] = _read(one, annotations[one.name], text)
        except msgspec.ValidationError as error:
            problems[one.name] = _plain(str(error))
    if not problems:
        try:
            msgspec.convert(values, kind)
        except msgspec.ValidationError as error:
            problems[""] = _plain(str(error))
    if problems:
        raise WrongEntries(problems)
    return _write(path, section, _struct(kind).fields, values)


def _write(
    path: Path, section: str, known: tuple[inspect.Field, ...], values: Mapping[str, object]
) -> bool:
    import tomlkit  # only when something is saved: not at start

    before = path.read_text("utf-8") if path.exists() else ""
    _document(path)  # a file that is broken is not touched
    document = tomlkit.parse(before)
    table: Any = document.get(section)
    if table is None:
        table = tomlkit.table()
    for one in known:
        value = values[one.name]
        current = table.get(one.name, _default(one))
        same_type = type(value) is type(current) or isinstance(value, list)
        if value == current and same_type:
            continue
        if value is None:
            table.pop(one.name, None)
        else:
            table[one.name] = value
    if section not in document and len(table):
        document[section] = table
    after = tomlkit.dumps(document)
    if after == before:
        return False
    make_folder(path.parent)
    write_file(path, after.encode(), 0o640)
    return True


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSetting(path, "", None, str(error)) from error


def _table(document: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    table = document.get(section, {})
    return table if isinstance(table, dict) else {}


def _struct(kind: type[msgspec.Struct]) -> inspect.StructType:
    info = inspect.type_info(kind)
    if not isinstance(info, inspect.StructType):
        raise TypeError(kind)
    return info


def _default(one: inspect.Field) -> object:
    if one.default_factory is not msgspec.NODEFAULT:
        return one.default_factory()
    return None if one.default is msgspec.NODEFAULT else one.default


def _unwrap(kind: inspect.Type) -> tuple[inspect.Type, str, bool]:
    """The type itself, its description, and whether None is allowed."""
    description, optional = "", False
    while True:
        if isinstance(kind, inspect.Metadata):
            schema = kind.extra_json_schema or {}
            description = description or str(schema.get("description", ""))
            kind = kind.type
        elif isinstance(kind, inspect.UnionType):
            optional = any(isinstance(one, inspect.NoneType) for one in kind.types)
            kind = next(one for one in kind.types if not isinstance(one, inspect.NoneType))
        else:
            return kind, description, optional


def _field(section: str, one: inspect.Field, table: Mapping[str, Any]) -> Field:
    kind, description, _ = _unwrap(one.type)
    default = _text(_default(one))
    value = _text(table[one.name]) if one.name in table else default
    if isinstance(kind, inspect.BoolType):
        return Field(section, one.name, description, "switch", value, default)
    if isinstance(kind, inspect.LiteralType):
        choices = tuple(str(choice) for choice in kind.values)
        return Field(section, one.name, description, "choice", value, default, choices)
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        low = kind.ge if kind.ge is not None else kind.gt
        high = kind.le if kind.le is not None else kind.lt
        whole = isinstance(kind, inspect.IntType)
        return Field(section, one.name, description, "number", value, default, (), low, high, whole)
    if _has_tables(one):
        value = tables.show(one.name, _tables(table.get(one.name)))
        return Field(section, one.name, description, "tables", value, "")
    form = "list" if isinstance(kind, inspect.ListType | inspect.VarTupleType) else "text"
    return Field(section, one.name, description, form, value, default)


def _has_tables(one: inspect.Field) -> bool:
    """Whether it is a list of tables."""
    kind, _, _ = _unwrap(one.type)
    if not isinstance(kind, inspect.ListType):
        return False
    return isinstance(_unwrap(kind.item_type)[0], inspect.StructType)


def _tables(value: object) -> list[Mapping[str, object]]:
    """What is there of tables; a value of another type is shown as none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    return str(value)


def _read(one: inspect.Field, annotation: object, text: str) -> object:
    """The value of an entered text. Raises msgspec.ValidationError."""
    kind, _, optional = _unwrap(one.type)
    text = text.strip()
    if isinstance(kind, inspect.BoolType):
        return text == "true"
    if optional and not text:
        return None
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        items = [line.strip() for line in text.splitlines() if line.strip()]
        return msgspec.convert(items, annotation, strict=False)
    return msgspec.convert(text, annotation, strict=False)


def _plain(problem: str) -> str:
    """msgspec's sentence without the place, which is the field itself."""
    return problem.partition(" - at `$")[0]
