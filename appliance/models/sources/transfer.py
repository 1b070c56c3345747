"""Moving bytes from a source into a partial file that a later call continues."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from appliance.models.sources.source import Progress, SourceFailed

CHUNK_BYTES = 64 * 1024


class Interrupted(Exception):
    """The connection ended early; what arrived is good."""


@dataclass(frozen=True)
class Stream:
    """An open answer of a server."""

    start: int
    """Where `chunks` begin in the file; 0 from a server that does not know ranges."""
    total_bytes: int | None
    """The length of the whole file; None when the server does not say."""
    chunks: Iterator[bytes]
    """Raises Interrupted when the connection ends early."""


Open = Callable[[int], AbstractContextManager[Stream]]
"""Opens the file at an offset. Raises SourceFailed (a refusal), Interrupted (it is gone)."""


def transfer(open_at: Open, part: Path, progress: Progress) -> None:
    """Completes `part`. An interruption is continued at once as long as bytes arrive.

    Raises SourceFailed when a whole attempt brings nothing; `part` then keeps what came before.
    """
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            if _attempt(open_at, part, before, progress):
                return
            problem = "the connection ended early"
        except Interrupted as error:
            problem = str(error)
        if part.exists() and part.stat().st_size <= before:
            raise SourceFailed(problem)
        if not part.exists():
            raise SourceFailed(problem)


def _attempt(open_at: Open, part: Path, have: int, progress: Progress) -> bool:
    """Appends what one connection gives; whether the file is complete."""
    with open_at(have) as stream, part.open("ab") as file:
        if stream.start != have:
            file.truncate(stream.start)
        done = stream.start
        progress(done, stream.total_bytes)
        for chunk in stream.chunks:
            file.write(chunk)
            done += len(chunk)
            progress(done, stream.total_bytes)
    return stream.total_bytes is None or done >= stream.total_bytes
