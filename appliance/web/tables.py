"""A setting that is a list of tables, as text that can be edited: TOML, passwords in addresses
hidden.

Whoever saves what was shown keeps the passwords that were hidden; whoever reads the page does not
learn them.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence

import msgspec

HIDDEN = "•••"
_PASSWORD = re.compile(r"^([a-z][a-z0-9+.-]*://[^/?#@:\s]*):([^/?#\s]*)@", re.IGNORECASE)
"""RFC 3986: what stands between the user and the `@` of an address."""
_IN_TEXT = re.compile(r"([a-z][a-z0-9+.-]*://)[^/?#\s]*@", re.IGNORECASE)

Table = Mapping[str, object]


def show(key: str, tables: Sequence[Table]) -> str:
    """The tables as they would stand in the settings file, without passwords."""
    blocks = []
    for table in tables:
        lines = [f"{name} = {_literal(hide(value))}" for name, value in table.items()]
        blocks.append("\n".join([f"[[{key}]]", *lines]))
    return "\n\n".join(blocks)


def read(key: str, text: str, before: Sequence[Table]) -> list[dict[str, object]]:
    """The tables that were entered, with the passwords of `before` where they are still hidden.

    Raises msgspec.ValidationError for what are no tables of that name.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise msgspec.ValidationError(f"not in the form of the settings file: {error}") from None
    found = document.pop(key, [])
    tables = isinstance(found, list) and all(isinstance(one, dict) for one in found)
    if document or not tables:
        raise msgspec.ValidationError(f"each one begins with the line [[{key}]]")
    known = {
        hide(value): value for table in before for value in table.values() if hide(value) != value
    }
    return [
        {
            name: known.get(value, value) if isinstance(value, str) else value
            for name, value in one.items()
        }
        for one in found
    ]


def hide(value: object) -> object:
    """The value, without the password if it is an address with one."""
    if not isinstance(value, str):
        return value
    return _PASSWORD.sub(rf"\1:{HIDDEN}@", value)


def hide_in(text: str) -> str:
    """A sentence in which addresses tell neither user nor password."""
    return _IN_TEXT.sub(rf"\1{HIDDEN}@", text)


def _literal(value: object) -> str:
    """JSON's strings, numbers and truths are TOML's too."""
    return json.dumps(value, ensure_ascii=False)
