"""A file that `appliance models build` makes from another entry's file."""

from pathlib import Path

import msgspec

from appliance.models.sources.source import Progress, SourceFailed


class BuiltFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="built"):
    """Reproducible: the same origin gives the same bytes."""

    origin: str
    """The name of the entry it is made from."""

    def describe(self) -> str:
        return f"built from {self.origin}"

    def fetch(self, part: Path, progress: Progress) -> None:
        raise SourceFailed("it is built on this machine, not fetched", "appliance models build")
