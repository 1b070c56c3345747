"""A file that comes in an archive together with the others of its model."""

from pathlib import Path

import msgspec

from appliance.models.sources.source import Progress, SourceFailed


class ArchivedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="archive"):
    """`appliance models add --language` fetches the archive and records what was in it."""

    address: str

    def describe(self) -> str:
        return self.address

    def fetch(self, part: Path, progress: Progress) -> None:
        raise SourceFailed("it comes in an archive", "appliance models add --language LANGUAGE")
