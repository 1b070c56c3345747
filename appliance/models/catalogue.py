"""What models there are: data only, read from `catalogue.toml` and from what the user added."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from appliance.models.errors import InvalidCatalogue, UnknownModel
from appliance.models.sources.archived import ArchivedFile
from appliance.models.sources.built import BuiltFile
from appliance.models.sources.https import HttpsFile
from appliance.models.sources.npm import NpmMember
from appliance.models.sources.pypi import PypiMember
from appliance.models.sources.user import UserFile

CATALOGUE = Path(__file__).with_name("catalogue.toml")
DEMO = Path(__file__).with_name("demo.toml")

Task = Literal[
    "face detection",
    "face embedding",
    "object detection",
    "speech recognition",
    "conversion source",
]
Runtime = Literal["litert", "opencv", "onnx", "vosk", "none"]
Source = PypiMember | NpmMember | HttpsFile | BuiltFile | UserFile | ArchivedFile
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$")
]
"""Below the model's folder; it may lie deeper."""
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)]


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file, wherever it comes from."""

    name: FileName
    sha256: Sha256
    size_bytes: Annotated[int, msgspec.Meta(gt=0)]
    source: Source


class Accuracy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A measured figure, and with what it was measured."""

    metric: str
    value: float
    data: str
    command: str


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model: one or more files and what is known of them."""

    name: Name
    task: Task
    runtime: Runtime
    files: Annotated[tuple[ModelFile, ...], msgspec.Meta(min_length=1)]
    licence: str
    """SPDX expression of the weights' licence."""
    provenance: str
    training_data: str
    redistributable: bool
    """Whether an image may bundle it."""
    input: str
    """Shape, type, range and channel order."""
    output: str
    rank: int = 0
    """Among the models of a task the present one of the highest rank is taken; 0 only when asked
    for by name."""
    language: str = ""
    """Of a recogniser of speech: ISO 639, as in the setting voice.language."""
    like: str = ""
    """The entry whose program feeds this one; empty for one that has its own."""
    needed_by: tuple[str, ...] = ()
    """Services that do not work without it (or without a better one of its task)."""
    accuracy: tuple[Accuracy, ...] = ()

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def origin(self) -> str | None:
        """The entry it is built from; None for one that is not built."""
        sources = (file.source for file in self.files)
        return next((s.origin for s in sources if isinstance(s, BuiltFile)), None)

    @property
    def mend(self) -> str:
        """The command that brings it back."""
        if self.origin is not None:
            return f"appliance models build {self.name}"
        if self.runtime == "vosk":
            brought = any(isinstance(file.source, UserFile) for file in self.files)
            what = "FOLDER_OR_ZIP " if brought else ""
            return f"appliance models add {what}--language {self.language} --name {self.name}"
        if any(isinstance(file.source, UserFile) for file in self.files):
            return f"appliance models add FILE --like {self.like} --name {self.name}"
        return f"appliance models fetch {self.name}"


class DemoPhoto(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A picture of the demo library; never shown outside the user's own machine."""

    file: ModelFile
    licence: str
    credit: str


class _CatalogueFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    model: tuple[Entry, ...] = ()


class _DemoFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    photo: tuple[DemoPhoto, ...]


class Catalogue:
    """Entries by name."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = {entry.name: entry for entry in entries}

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries.values())

    def get(self, name: str) -> Entry:
        """Raises UnknownModel."""
        try:
            return self._entries[name]
        except KeyError as error:
            raise UnknownModel(name, tuple(self._entries)) from error

    def needed(self, services: Iterable[str] | None = None) -> tuple[Entry, ...]:
        """What these services (None: all there are) do not work without."""
        wanted = None if services is None else set(services)
        return tuple(
            entry
            for entry in self.entries
            if (entry.needed_by if wanted is None else wanted.intersection(entry.needed_by))
        )

    def of_task(self, task: Task) -> tuple[Entry, ...]:
        """The models of a task, the best first."""
        found = [entry for entry in self.entries if entry.task == task]
        return tuple(sorted(found, key=lambda entry: -entry.rank))


def load(path: Path = CATALOGUE, user: Path | None = None) -> Catalogue:
    """Our entries, then the user's own; an entry of the user's cannot take the name of one of ours.

    A missing user file is an empty one. Raises InvalidCatalogue.
    """
    entries = _read(path, _CatalogueFile).model
    _check(path, entries)
    added = _read(user, _CatalogueFile).model if user is not None and user.exists() else ()
    if user is not None and added:
        _check(user, (*entries, *added))
        entries = (*entries, *added)
    return Catalogue(entries)


def load_demo(path: Path = DEMO) -> tuple[DemoPhoto, ...]:
    """Raises InvalidCatalogue."""
    return _read(path, _DemoFile).photo


T = TypeVar("T", _CatalogueFile, _DemoFile)


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), kind)
    except (OSError, msgspec.ValidationError, ValueError) as error:
        # tomllib's and UTF-8's errors are ValueErrors.
        raise InvalidCatalogue(path, str(error)) from error


def _check(path: Path, entries: tuple[Entry, ...]) -> None:
    names = [entry.name for entry in entries]
    for name in names:
        if names.count(name) > 1:
            raise InvalidCatalogue(path, f"two models are called {name}")
    for entry in entries:
        if entry.origin is not None and entry.origin not in names:
            raise InvalidCatalogue(path, f"{entry.name} is built from an unknown {entry.origin}")
        if len({file.name for file in entry.files}) != len(entry.files):
            raise InvalidCatalogue(path, f"two files of {entry.name} have one name")


def user_name(text: str) -> str:
    """A valid entry name made of a file name. Raises nothing: what is left may be empty."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:64]
