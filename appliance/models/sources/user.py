"""A file that the user brought with `appliance models add`."""

from pathlib import Path

import msgspec

from appliance.models.sources.source import Progress, SourceFailed


class UserFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="user"):
    """Only the user has it, so only the user can bring it again."""

    def describe(self) -> str:
        return "brought by the user"

    def fetch(self, part: Path, progress: Progress) -> None:
        raise SourceFailed("it was brought by hand", "appliance models add FILE")
