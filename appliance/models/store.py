"""The models on disk: one folder a model, files verified before they get their names."""

import errno
import hashlib
import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec
import tomlkit

from appliance.models import catalogue
from appliance.models.catalogue import Catalogue, Entry, ModelFile, Task
from appliance.models.errors import (
    FetchFailed,
    ModelDamaged,
    ModelMissing,
    NoSpace,
    WrongInput,
)
from appliance.models.sources.source import Progress, SourceFailed
from appliance.models.sources.user import UserFile
from appliance.service.durable import make_folder, move_file, write_file

USER_CATALOGUE = "user.toml"
PART_SUFFIX = ".part"
DAMAGED_SUFFIX = ".damaged"


class State(StrEnum):
    PRESENT = "present"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class Finding:
    """What `verify` says of one model."""

    entry: Entry
    state: State
    mend: str
    """The command that mends it; empty when nothing needs to be."""


class Store:
    """The folder of models. Files are read by many; only the commands `appliance models ...` write."""

    def __init__(self, folder: Path, entries: Path = catalogue.CATALOGUE) -> None:
        """Raises InvalidCatalogue."""
        self._folder = folder
        self._user_file = folder / USER_CATALOGUE
        self._entries = entries
        self.catalogue: Catalogue = catalogue.load(entries, self._user_file)

    def folder_of(self, entry: Entry) -> Path:
        return self._folder / entry.name

    def has(self, entry: Entry) -> bool:
        """Whether every file is there with its length; `verify` reads them."""
        return all(
            path.is_file() and path.stat().st_size == file.size_bytes
            for file, path in self._files(entry)
        )

    def path(self, name: str) -> Path:
        """The (first) file of a model that is present. Raises UnknownModel, ModelMissing."""
        entry = self.catalogue.get(name)
        if not self.has(entry):
            raise ModelMissing(name, entry.mend)
        return self.folder_of(entry) / entry.files[0].name

    def verify(self, entry: Entry) -> Finding:
        """Reads every file. One that is not what the catalogue says is moved aside, so nobody loads it."""
        state = State.PRESENT
        for file, path in self._files(entry):
            if not path.exists():
                aside = path.with_name(path.name + DAMAGED_SUFFIX).exists()
                state = State.DAMAGED if aside or state is State.DAMAGED else State.MISSING
            elif not _matches(path, file):
                move_file(path, path.with_name(path.name + DAMAGED_SUFFIX))
                state = State.DAMAGED
        return Finding(entry, state, "" if state is State.PRESENT else entry.mend)

    def fetch(self, entry: Entry, progress: Progress) -> None:
        """Brings the files that are missing or damaged; those that are right stay as they are.

        An interrupted fetch is continued by the next. Raises FetchFailed, ModelDamaged (the source has
        something else than the catalogue says), NoSpace.
        """
        folder = self.folder_of(entry)
        for file, path in self._files(entry):
            if path.exists() and _matches(path, file):
                continue
            fetch_file(file, folder, entry.name, progress)

    def install(self, entry: Entry, file: ModelFile, data: bytes) -> Path:
        """Stores what was built. Raises ModelDamaged when it is not what the catalogue says, NoSpace."""
        digest = hashlib.sha256(data).hexdigest()
        if digest != file.sha256:
            raise ModelDamaged(
                entry.name,
                f"the file built here has SHA-256 {digest}, the catalogue says {file.sha256}",
                "install the versions that requirements/build.lock names and build again",
            )
        folder = self.folder_of(entry)
        try:
            make_folder(folder)
            write_file(folder / file.name, data)
        except OSError as error:
            raise _no_space(error, entry.name, folder, len(data)) from error
        _forget_damaged(folder / file.name)
        return folder / file.name

    def add(self, source: Path, name: str | None = None, task: Task | None = None) -> Entry:
        """Takes a copy of a file that the user brings.

        One that the catalogue knows by its SHA-256 goes to its entry. Any other becomes an entry of the
        user's own and needs a task. Raises WrongInput, NoSpace.
        """
        if not source.is_file():
            raise WrongInput(str(source), "there is no such file")
        digest, size_bytes = _digest(source)
        for entry in self.catalogue.entries:
            for file in entry.files:
                if file.sha256 == digest:
                    self._copy(source, entry, file)
                    return entry
        entry = self._user_entry(source, name, task, digest, size_bytes)
        self._copy(source, entry, entry.files[0])
        self._write_user([*self._user_entries(), entry])
        return entry

    def remove(self, entry: Entry) -> int:
        """Deletes a model's files, and the entry when it is the user's own; the bytes that it freed."""
        folder = self.folder_of(entry)
        freed = sum(path.stat().st_size for path in folder.glob("*")) if folder.exists() else 0
        users = [other for other in self._user_entries() if other.name != entry.name]
        if len(users) != len(self._user_entries()):
            self._write_user(users)
        shutil.rmtree(folder, ignore_errors=True)
        return freed

    def _files(self, entry: Entry) -> list[tuple[ModelFile, Path]]:
        folder = self.folder_of(entry)
        return [(file, folder / file.name) for file in entry.files]

    def _copy(self, source: Path, entry: Entry, file: ModelFile) -> None:
        folder = self.folder_of(entry)
        part = folder / (file.name + PART_SUFFIX)
        try:
            make_folder(folder)
            shutil.copyfile(source, part)
            move_file(part, folder / file.name)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise _no_space(error, entry.name, folder, file.size_bytes) from error
        _forget_damaged(folder / file.name)

    def _user_entry(
        self, source: Path, name: str | None, task: Task | None, digest: str, size_bytes: int
    ) -> Entry:
        if task is None:
            raise WrongInput(
                str(source),
                "the catalogue does not know this file; say what it is for with --task, "
                "and give it a --name if you like",
            )
        chosen = name or catalogue.user_name(source.stem)
        known = [entry.name for entry in self.catalogue.entries]
        if not chosen or chosen in known or catalogue.user_name(chosen) != chosen:
            raise WrongInput(
                str(source),
                f"{chosen!r} cannot be its name (small letters, digits, hyphens; not one of "
                f"{', '.join(known)}); choose another with --name",
            )
        file = ModelFile(
            name="model" + source.suffix.lower(),
            sha256=digest,
            size_bytes=size_bytes,
            source=UserFile(),
        )
        return Entry(
            name=chosen,
            task=task,
            runtime="opencv" if source.suffix.lower() == ".onnx" else "litert",
            files=(file,),
            licence="unknown",
            provenance="brought by the user",
            training_data="unknown",
            redistributable=False,
            input="as the models of its task",
            output="as the models of its task",
        )

    def _user_entries(self) -> list[Entry]:
        ours = {entry.name for entry in catalogue.load(self._entries).entries}
        return [entry for entry in self.catalogue.entries if entry.name not in ours]

    def _write_user(self, entries: list[Entry]) -> None:
        document = tomlkit.dumps({"model": [_plain(entry) for entry in entries]})
        make_folder(self._folder)
        write_file(self._user_file, document.encode())
        self.catalogue = catalogue.load(self._entries, self._user_file)


def fetch_file(file: ModelFile, folder: Path, name: str, progress: Progress) -> Path:
    """Brings one file into `folder`, verified; `name` is what messages call it.

    Raises FetchFailed, ModelDamaged, NoSpace; the file then does not exist.
    """
    path = folder / file.name
    part = folder / (file.name + PART_SUFFIX)
    try:
        make_folder(folder)
        resumed = any(folder.glob(part.name + "*"))
        file.source.fetch(part, progress)
        if not _matches(part, file) and resumed:
            # What an earlier run left may have been spoilt by a power cut: once more from nothing.
            part.unlink()
            file.source.fetch(part, progress)
        digest, size_bytes = _digest(part)
        if digest != file.sha256:
            part.unlink()
            raise ModelDamaged(
                name,
                f"{file.source.describe()} gave {size_bytes} bytes with SHA-256 {digest}, "
                f"the catalogue says {file.size_bytes} bytes with {file.sha256}",
                f"try again later: appliance models fetch {name}",
            )
        move_file(part, path)
    except SourceFailed as error:
        raise FetchFailed(name, error.problem, error.mend) from error
    except OSError as error:
        raise _no_space(error, name, folder, file.size_bytes) from error
    _forget_damaged(path)
    return path


def _no_space(error: OSError, name: str, folder: Path, size_bytes: int) -> Exception:
    """NoSpace for a full disk, FetchFailed for any other refusal of the local disk."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(name, folder, size_bytes)
    return FetchFailed(
        name,
        f"{error.filename or folder} cannot be written ({error.strerror})",
        f"check the folder {folder} and who owns it",
    )


def _forget_damaged(path: Path) -> None:
    path.with_name(path.name + DAMAGED_SUFFIX).unlink(missing_ok=True)


def _matches(path: Path, file: ModelFile) -> bool:
    return path.stat().st_size == file.size_bytes and _digest(path)[0] == file.sha256


def _digest(path: Path) -> tuple[str, int]:
    """SHA-256 in hexadecimal, and the size in bytes."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()


def _plain(entry: Entry) -> dict[str, object]:
    """As TOML can hold it."""
    plain: dict[str, object] = msgspec.to_builtins(entry)
    return plain
