"""What others may read of voice: the training log, recordings that the household keeps of what it
says to the box.

    for recording in recordings(paths.voice, limit=50): ...

A recording is a WAV file and a JSON file of one name below `training/`; the JSON file is written
last and goes first, so whatever is listed is whole. A file that goes while it is read was deleted.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = "training"
VERSION = 1
"""Of the JSON files; others are passed over."""
ID = re.compile(r"\d{8}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Recording:
    id: str
    """Sorts as they were made."""
    at: str
    """ISO 8601, UTC; '' when the box did not know the time."""
    kind: str
    """What came of it: `done`, `answered`, `not_understood`, ..."""
    text: str
    """As understood; of what was not, the nearest sentence."""
    reply: str
    intent: str
    score: float | None
    """The recogniser's; 0 is perfect."""
    length_s: float
    size_bytes: int
    file: str
    """The WAV file (16 kHz, mono, 16 bit), below the voice folder."""


@dataclass(frozen=True)
class Kept:
    """How much there is."""

    recordings: int
    size_bytes: int


def recordings(folder: Path, *, limit: int = 100, before: str = "") -> list[Recording]:
    """The newest first; `before` is the id after which a next page begins. `folder` is voice's."""
    found = []
    for name in sorted(_ids(folder), reverse=True):
        if before and name >= before:
            continue
        recording = find(folder, name)
        if recording is not None:
            found.append(recording)
        if len(found) >= limit:
            break
    return found


def find(folder: Path, identifier: str) -> Recording | None:
    """None when there is none of that id (any more)."""
    if not ID.fullmatch(identifier):
        return None
    try:
        document = json.loads((folder / FOLDER / f"{identifier}.json").read_bytes())
        size_bytes = (folder / FOLDER / f"{identifier}.wav").stat().st_size
        return _recording(identifier, document, size_bytes)
    except (OSError, ValueError, KeyError, TypeError):  # gone, or not whole
        return None


def count(folder: Path) -> Kept:
    """Of all recordings."""
    sizes = []
    for name in _ids(folder):
        try:
            sizes.append((folder / FOLDER / f"{name}.wav").stat().st_size)
        except OSError:
            continue
    return Kept(len(sizes), sum(sizes))


def _ids(folder: Path) -> Iterator[str]:
    try:
        for path in (folder / FOLDER).iterdir():
            if path.suffix == ".json" and ID.fullmatch(path.stem):
                yield path.stem
    except OSError:
        return


def _recording(identifier: str, document: dict[str, Any], size_bytes: int) -> Recording | None:
    if document["version"] != VERSION:
        return None
    score = document["score"]
    return Recording(
        id=identifier,
        at=str(document["at"]),
        kind=str(document["kind"]),
        text=str(document["text"]),
        reply=str(document["reply"]),
        intent=str(document["intent"]),
        score=None if score is None else float(score),
        length_s=float(document["length_s"]),
        size_bytes=size_bytes,
        file=f"{FOLDER}/{identifier}.wav",
    )
