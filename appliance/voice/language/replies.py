"""The texts that are spoken and shown, from a catalogue for each language."""

import tomllib
from collections.abc import Iterable
from importlib import resources


class Replies:
    """Texts of one language; English where there is no catalogue."""

    def __init__(self, language: str = "en") -> None:
        folder = resources.files("appliance.voice") / "texts"
        file = folder / f"{language.partition('-')[0]}.toml"
        self._texts = tomllib.loads((folder / "en.toml").read_text("utf-8"))
        if file.is_file():
            self._texts |= tomllib.loads(file.read_text("utf-8"))

    def say(self, key: str, **facts: object) -> str:
        """The text with its facts. Raises KeyError for a key that is in no catalogue."""
        return str(self._texts[key]).format(**facts)

    def has(self, key: str) -> bool:
        return key in self._texts

    def length(self, seconds: float) -> str:
        """A time in words: "1 hour 5 minutes"; seconds only below an hour."""
        whole = round(seconds)
        hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
        parts = [("hours", hours), ("minutes", minutes), ("seconds", 0 if hours else rest)]
        said = [
            self.say(f"{unit}_{'one' if count == 1 else 'many'}", count=count)
            for unit, count in parts
            if count
        ]
        return " ".join(said) or self.say("seconds_many", count=0)

    def names(self, names: Iterable[str]) -> str:
        """A few names, so that a reply can be listened to."""
        listed = list(names)
        return ", ".join(listed[:NAMES_LIMIT]) + (", ..." if len(listed) > NAMES_LIMIT else "")


NAMES_LIMIT = 6
