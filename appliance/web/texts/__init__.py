"""The catalogue of texts: all that the page says, by key, with plurals.

`en.toml` holds the words; a key names its table and its entry (`home.title`). An entry is a text
or, where it counts something, a table of the forms `one` and `other` chosen by the value `count`.
Values stand in braces.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from appliance.web.errors import MissingText

Value = str | int | float
Forms = Mapping[str, str]

FOLDER = Path(__file__).parent


class Texts:
    """Called with a key and the values of its text."""

    def __init__(self, language: str, catalogue: Mapping[str, str | Forms]) -> None:
        self.language = language
        self._catalogue = catalogue

    def __call__(self, key: str, **values: Value) -> str:
        """The text of `key`, plain (the caller escapes it). Whole numbers get separators of
        thousands.

        Raises MissingText for an unknown key or a missing value.
        """
        try:
            entry = self._catalogue[key]
        except KeyError:
            raise MissingText(key) from None
        if isinstance(entry, str):
            form = entry
        elif "count" not in values:
            raise MissingText(key, "it counts something, and `count` is missing")
        else:
            form = entry["one" if values["count"] == 1 else "other"]
        shown = {
            name: f"{value:,}" if isinstance(value, int) else value
            for name, value in values.items()
        }
        try:
            return form.format_map(shown)
        except KeyError as error:
            raise MissingText(key, f"value {error} is missing") from None

    def __contains__(self, key: str) -> bool:
        return key in self._catalogue

    def keys(self) -> frozenset[str]:
        return frozenset(self._catalogue)


def load(language: str = "en", folder: Path = FOLDER) -> Texts:
    """The catalogue of a language."""
    document = tomllib.loads((folder / f"{language}.toml").read_text("utf-8"))
    return Texts(language, dict(_flatten(document, "")))


def _flatten(table: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str | Forms]]:
    for name, value in table.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(value, str) or (isinstance(value, dict) and set(value) == {"one", "other"}):
            yield key, value
        elif isinstance(value, dict):
            yield from _flatten(value, key)
        else:
            raise MissingText(key, "neither a text nor a table")
