"""What every source offers."""

from pathlib import Path
from typing import Protocol


class Progress(Protocol):
    """Told how far a file is; called often, so it must be cheap."""

    def __call__(self, done_bytes: int, total_bytes: int | None) -> None: ...


class SourceFailed(Exception):
    """A source could not be read to its end; the message is a clause for a sentence."""

    def __init__(self, problem: str, mend: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.mend = mend
        """What mends it, when it is not the network."""


class Source(Protocol):
    """Where one file comes from."""

    def fetch(self, part: Path, progress: Progress) -> None:
        """Completes `part`, which may hold the beginning that an interrupted call left.

        Nothing here is verified: the caller compares the SHA-256. Raises SourceFailed (run again to
        continue) and OSError for the local disk.
        """

    def describe(self) -> str:
        """One line that says where the file comes from."""
