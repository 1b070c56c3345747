"""The models on disk: one folder a model, files verified before they get their names."""

import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec
import tomlkit

from appliance.models import catalogue
from appliance.models.catalogue import Catalogue, DemoPhoto, Entry, ModelFile
from appliance.models.errors import (
    FetchFailed,
    FolderUnusable,
    ModelDamaged,
    ModelError,
    ModelMissing,
    NoSpace,
    StoreBusy,
    WrongInput,
)
from appliance.models.sources.source import Progress, SourceFailed
from appliance.models.sources.user import UserFile
from appliance.service.durable import (
    make_folder,
    move_file,
    move_folder,
    sync_file,
    sync_folder,
    write_file,
)

USER_CATALOGUE = "user.toml"
PART_SUFFIX = ".part"
DAMAGED_SUFFIX = ".damaged"
FOLDER_MODE = 0o755
FILE_MODE = 0o644
"""Models are no secret, and every service reads them under a user of its own."""


class State(StrEnum):
    """Of a model's files; the worst last."""

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
    """The folder of models. Many read it; only the commands `appliance models ...` write."""

    def __init__(self, folder: Path, entries: Path = catalogue.CATALOGUE) -> None:
        """Raises InvalidCatalogue."""
        self._folder = folder
        self._user_file = folder / USER_CATALOGUE
        self._entries = entries
        self.catalogue: Catalogue = catalogue.load(entries, self._user_file)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keeps other commands from writing meanwhile. Raises StoreBusy, FolderUnusable."""
        try:
            make_folder(self._folder, FOLDER_MODE)
            descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise FolderUnusable(self._folder, error.strerror or str(error)) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise StoreBusy(self._folder) from error
        try:
            yield
        finally:
            os.close(descriptor)

    def folder_of(self, entry: Entry) -> Path:
        return self._folder / entry.name

    def has(self, entry: Entry) -> bool:
        """Whether every file is there with its length; `verify` reads them."""
        return all(
            path.is_file() and path.stat().st_size == file.size_bytes
            for file, path in self._files(entry)
        )

    def path(self, name: str) -> Path:
        """The (first) file of a model, verified now (about 5 ms for 10 MB).

        Raises UnknownModel, ModelMissing, ModelDamaged.
        """
        entry = self.catalogue.get(name)
        state = self.check(entry).state
        if state is State.DAMAGED:
            problem = "its file has not the SHA-256 that the catalogue says"
            raise ModelDamaged(name, problem, entry.mend)
        if state is State.MISSING:
            raise ModelMissing(name, entry.mend)
        return self.folder_of(entry) / entry.files[0].name

    def check(self, entry: Entry) -> Finding:
        """Reads every file and changes nothing, so a service that may only read can ask."""
        states = {_state(path, file) for file, path in self._files(entry)}
        worst = max(states, key=list(State).index)
        return Finding(entry, worst, "" if worst is State.PRESENT else entry.mend)

    def verify(self, entry: Entry) -> Finding:
        """As `check`; a damaged file is moved aside, so that nobody can load it."""
        finding = self.check(entry)
        for file, path in self._files(entry):
            if path.exists() and _state(path, file) is State.DAMAGED:
                move_file(path, path.with_name(path.name + DAMAGED_SUFFIX))
        return finding

    def fetch(self, entry: Entry, progress: Progress) -> None:
        """Brings the files that are missing or damaged; those that are right stay as they are.

        An interrupted fetch is continued by the next. Raises FetchFailed, ModelDamaged (the source
        has something else than the catalogue says), NoSpace.
        """
        folder = self.folder_of(entry)
        for file, path in self._files(entry):
            if path.exists() and _matches(path, file):
                continue
            _fetch_file(file, folder, entry.name, entry.mend, progress)

    def install(self, entry: Entry, file: ModelFile, data: bytes) -> Path:
        """Stores what was built. Raises NoSpace, ModelDamaged when it is not as catalogued."""
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 != file.sha256:
            raise ModelDamaged(
                entry.name,
                f"the file built here has SHA-256 {sha256}, the catalogue says {file.sha256}",
                "install the versions that requirements/build.lock names and build again",
            )
        folder = self.folder_of(entry)
        try:
            make_folder(folder, FOLDER_MODE)
            write_file(folder / file.name, data, FILE_MODE)
        except OSError as error:
            raise disk_error(error, entry.name, folder, len(data), entry.mend) from error
        _forget_damaged(folder / file.name)
        return folder / file.name

    def find(self, source: Path) -> tuple[Entry, ModelFile] | None:
        """What the catalogue calls a file of this content, if it knows it. Raises WrongInput."""
        if not source.is_file():
            raise WrongInput(str(source), "there is no such file")
        sha256, _ = digest(source)
        for entry in self.catalogue.entries:
            for file in entry.files:
                if file.sha256 == sha256:
                    return entry, file
        return None

    def add(self, source: Path, like: Entry | None = None, name: str | None = None) -> Entry:
        """Takes a copy of a file that the user brings.

        One that the catalogue knows by its SHA-256 goes to its entry. Any other becomes an entry of
        the user's own, fed as `like` is; whether it can be is the caller's to try. Raises
        WrongInput, NoSpace.
        """
        known = self.find(source)
        if known is not None:
            self._copy(source, *known)
            return known[0]
        if like is None:
            raise WrongInput(
                str(source),
                "the catalogue does not know this file; say with --like NAME which model "
                "it stands in for",
            )
        entry = self._user_entry(source, like, name)
        self._copy(source, entry, entry.files[0])
        self._write_user([*self._user_entries(), entry])
        return entry

    def archive(self, name: str) -> Path:
        """Where an archive is fetched to before it is unpacked. Raises FolderUnusable."""
        try:
            make_folder(self._folder, FOLDER_MODE)
        except OSError as error:
            raise FolderUnusable(self._folder, error.strerror or str(error)) from error
        return self._folder / f".{name}.zip{PART_SUFFIX}"

    def staging(self, name: str) -> Path:
        """An empty folder beside the models, for files that come as one; what an earlier command
        left there is gone. Raises NoSpace, FolderUnusable."""
        folder = self._folder / f".{name}{PART_SUFFIX}"
        try:
            shutil.rmtree(folder, ignore_errors=True)
            make_folder(folder, FOLDER_MODE)
        except OSError as error:
            raise disk_error(error, name, folder, 0, "appliance models add") from error
        return folder

    def adopt(self, entry: Entry, staged: Path) -> None:
        """Takes a folder of `staging` as the model of `entry`, which becomes the user's own.

        What is there of that name is replaced when the files are the same (it may be damaged) and
        nothing else. Raises WrongInput, NoSpace, FolderUnusable.
        """
        own = {each.name: each for each in self._user_entries()}
        known = own.get(entry.name)
        if known is None and entry.name in {each.name for each in self.catalogue.entries}:
            raise WrongInput(entry.name, "is the name of a model of the catalogue; choose another")
        if known is not None and _digests(known) != _digests(entry):
            raise WrongInput(
                entry.name,
                "is not what was added first under this name (SHA-256 of its files); to replace "
                f"it: appliance models remove {entry.name}",
            )
        folder = self.folder_of(entry)
        aside = self._folder / f".{entry.name}{DAMAGED_SUFFIX}"
        try:
            shutil.rmtree(aside, ignore_errors=True)
            for path in sorted(staged.rglob("*"), reverse=True):
                sync_folder(path) if path.is_dir() else sync_file(path)
            if folder.exists():
                folder.rename(aside)
            move_folder(staged, folder)
            shutil.rmtree(aside, ignore_errors=True)
        except OSError as error:
            raise disk_error(error, entry.name, folder, entry.size_bytes, entry.mend) from error
        if known is None:
            self._write_user([*own.values(), entry])

    def remove(self, entry: Entry) -> int:
        """Deletes the files, and the entry when it is the user's own; the bytes it freed."""
        folder = self.folder_of(entry)
        files = (path for path in folder.rglob("*") if path.is_file())
        freed = sum(path.stat().st_size for path in files)
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
            make_folder(folder, FOLDER_MODE)
            shutil.copyfile(source, part)
            move_file(part, folder / file.name)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise disk_error(error, entry.name, folder, file.size_bytes, entry.mend) from error
        _forget_damaged(folder / file.name)

    def _user_entry(self, source: Path, like: Entry, name: str | None) -> Entry:
        chosen = name or catalogue.user_name(source.stem)
        known = [entry.name for entry in self.catalogue.entries]
        if not chosen or chosen in known or catalogue.user_name(chosen) != chosen:
            raise WrongInput(
                str(source),
                f"{chosen!r} cannot be its name (small letters, digits, hyphens; not one of "
                f"{', '.join(known)}); choose another with --name",
            )
        sha256, size_bytes = digest(source)
        suffix = Path(like.files[0].name).suffix
        return Entry(
            name=chosen,
            task=like.task,
            runtime=like.runtime,
            like=like.like or like.name,
            files=(ModelFile("model" + suffix, sha256, size_bytes, UserFile()),),
            licence="unknown",
            provenance="brought by the user",
            training_data="unknown",
            redistributable=False,
            input=like.input,
            output=like.output,
        )

    def _user_entries(self) -> list[Entry]:
        ours = {entry.name for entry in catalogue.load(self._entries).entries}
        return [entry for entry in self.catalogue.entries if entry.name not in ours]

    def _write_user(self, entries: list[Entry]) -> None:
        document = tomlkit.dumps({"model": [_plain(entry) for entry in entries]})
        make_folder(self._folder, FOLDER_MODE)
        write_file(self._user_file, document.encode(), FILE_MODE)
        self.catalogue = catalogue.load(self._entries, self._user_file)


def has_photo(photo: DemoPhoto, folder: Path) -> bool:
    """Whether a photo of the demo library is there and as catalogued."""
    return _state(folder / photo.file.name, photo.file) is State.PRESENT


def fetch_photo(photo: DemoPhoto, folder: Path, progress: Progress) -> None:
    """Brings a photo of the demo library. Raises as `Store.fetch`."""
    name = f"the demo photo {photo.file.name}"
    _fetch_file(photo.file, folder, name, "appliance models fetch --demo", progress)


def _fetch_file(file: ModelFile, folder: Path, name: str, mend: str, progress: Progress) -> None:
    """Brings one file into `folder`, verified; `name` is what messages call it.

    Raises FetchFailed, ModelDamaged, NoSpace; the file then does not exist.
    """
    path = folder / file.name
    part = folder / (file.name + PART_SUFFIX)
    try:
        make_folder(folder, FOLDER_MODE)
        resumed = any(folder.glob(part.name + "*"))
        file.source.fetch(part, progress)
        if not _matches(part, file) and resumed:
            # What an earlier run left may have been spoilt by a power cut: once more from nothing.
            part.unlink()
            file.source.fetch(part, progress)
        sha256, size_bytes = digest(part)
        if sha256 != file.sha256:
            part.unlink()
            raise ModelDamaged(
                name,
                f"{file.source.describe()} gave {size_bytes} bytes with SHA-256 {sha256}, "
                f"the catalogue says {file.size_bytes} bytes with {file.sha256}",
                f"try again later: {mend}",
            )
        move_file(part, path)
    except SourceFailed as error:
        default = f"check the network, then: {mend}"
        raise FetchFailed(name, error.problem, error.mend or default) from error
    except OSError as error:
        # A full disk needs the space more than the next try needs the beginning.
        for left in folder.glob(part.name + "*"):
            left.unlink(missing_ok=True)
        raise disk_error(error, name, folder, file.size_bytes, mend) from error
    _forget_damaged(path)


def disk_error(error: OSError, name: str, folder: Path, size_bytes: int, mend: str) -> ModelError:
    """NoSpace for a full disk, FolderUnusable for any other refusal of the local disk."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace(name, folder, size_bytes, mend)
    return FolderUnusable(folder, error.strerror or str(error))


def _forget_damaged(path: Path) -> None:
    path.with_name(path.name + DAMAGED_SUFFIX).unlink(missing_ok=True)


def _state(path: Path, file: ModelFile) -> State:
    if path.exists():
        return State.PRESENT if _matches(path, file) else State.DAMAGED
    aside = path.with_name(path.name + DAMAGED_SUFFIX)
    return State.DAMAGED if aside.exists() else State.MISSING


def _matches(path: Path, file: ModelFile) -> bool:
    return path.stat().st_size == file.size_bytes and digest(path)[0] == file.sha256


def digest(path: Path) -> tuple[str, int]:
    """SHA-256 in hexadecimal, and the size in bytes."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return sha256, file.tell()


def _digests(entry: Entry) -> dict[str, str]:
    return {file.name: file.sha256 for file in entry.files}


def _plain(entry: Entry) -> dict[str, object]:
    """As TOML can hold it."""
    plain: dict[str, object] = msgspec.to_builtins(entry)
    return plain
