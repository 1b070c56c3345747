"""Chosen files of a folder or zip that the user brings, copied without trusting it."""

import errno
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from appliance.models.errors import NoSpace, WrongInput

FILE_LIMIT = 5_000
"""Members of an archive, files of a folder."""
SIZE_LIMIT_BYTES = 1_000_000_000
"""Unpacked. The small models have 40 to 300 MB."""
CHUNK_BYTES = 1 << 20
ADD = "appliance models add"


def unpack(source: Path, target: Path, wanted: Iterable[str]) -> list[str]:
    """Copies the files below the folders (and of the names) `wanted` into the empty folder
    `target`; their paths there, sorted.

    A folder that contains everything else is passed over. Raises WrongInput for what is no folder
    or zip, is damaged, is too large or points elsewhere, and NoSpace.
    """
    opened = _open_folder(source) if source.is_dir() else _open_zip(source)
    kept = frozenset(wanted)
    with opened as members:
        names = _strip(source, list(members), kept)
        chosen = {
            name: path for path, name in names.items() if PurePosixPath(name).parts[0] in kept
        }
        free_bytes = shutil.disk_usage(target).free
        size_bytes = sum(members[path].size_bytes for path in chosen.values())
        if size_bytes > SIZE_LIMIT_BYTES:
            raise WrongInput(
                str(source), f"holds more than {SIZE_LIMIT_BYTES // 1_000_000} MB when unpacked"
            )
        if size_bytes > free_bytes:
            raise NoSpace(source.name, target, size_bytes - free_bytes, ADD)
        for name, path in chosen.items():
            try:
                _copy(source, members[path], target / name)
            except (FileExistsError, NotADirectoryError) as error:
                raise WrongInput(str(source), f"has two files called {name!r}") from error
    return sorted(chosen)


class _Member:
    """A file to copy."""

    def __init__(self, name: str, size_bytes: int) -> None:
        self.name = name
        self.size_bytes = size_bytes

    def open(self) -> IO[bytes]:
        raise NotImplementedError


class _ZipMember(_Member):
    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        super().__init__(info.filename, info.file_size)
        self._archive, self._info = archive, info

    def open(self) -> IO[bytes]:
        return self._archive.open(self._info)


class _FolderMember(_Member):
    def __init__(self, path: Path, size_bytes: int) -> None:
        super().__init__(path.name, size_bytes)
        self._path = path

    def open(self) -> IO[bytes]:
        return os.fdopen(os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW), "rb")


@contextmanager
def _open_zip(source: Path) -> Iterator[dict[str, _Member]]:
    try:
        with zipfile.ZipFile(source) as archive:
            infos = archive.infolist()
            if len(infos) > FILE_LIMIT:
                raise WrongInput(str(source), f"holds more than {FILE_LIMIT} files")
            for info in infos:
                _check_name(source, info.filename)
                if stat.S_ISLNK(info.external_attr >> 16):
                    raise WrongInput(str(source), f"{info.filename!r} in it is a symbolic link")
                if info.flag_bits & 1:
                    raise WrongInput(str(source), "is encrypted")
            yield {info.filename: _ZipMember(archive, info) for info in infos if not info.is_dir()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise WrongInput(str(source), f"is no whole zip file ({error})") from error
    except FileNotFoundError as error:
        raise WrongInput(str(source), "there is no such file") from error
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise WrongInput(str(source), "is no whole zip file (an impossible place)") from error


@contextmanager
def _open_folder(source: Path) -> Iterator[dict[str, _Member]]:
    members: dict[str, _Member] = {}
    for folder, folders, files in os.walk(source):
        for name in (*folders, *files):
            path = Path(folder) / name
            if path.is_symlink():
                raise WrongInput(str(source), f"{name!r} in it is a symbolic link")
        for name in files:
            path = Path(folder) / name
            if not path.is_file():
                raise WrongInput(str(source), f"{name!r} in it is no file")
            members[path.relative_to(source).as_posix()] = _FolderMember(path, path.stat().st_size)
            if len(members) > FILE_LIMIT:
                raise WrongInput(str(source), f"holds more than {FILE_LIMIT} files")
    yield members


def _check_name(source: Path, name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        raise WrongInput(str(source), f"{name!r} in it leads out of its folder")


def _strip(source: Path, paths: list[str], wanted: frozenset[str]) -> dict[str, str]:
    """Each path without the folder that holds them all, if there is one."""
    names = {path: PurePosixPath(path) for path in paths}
    roots = {name.parts[0] for name in names.values()} - {"__MACOSX"}
    if not roots:
        raise WrongInput(str(source), "is empty")
    if len(roots) == 1 and not roots & wanted:
        (root,) = roots
        return {
            path: name.relative_to(root).as_posix()
            for path, name in names.items()
            if name.parts[0] == root and len(name.parts) > 1
        }
    return {path: name.as_posix() for path, name in names.items()}


def _copy(source: Path, member: _Member, target: Path) -> None:
    """Never more than the length that was announced, so that an archive cannot swell."""
    target.parent.mkdir(parents=True, exist_ok=True)
    left = member.size_bytes
    with member.open() as reader, target.open("xb") as writer:
        while chunk := reader.read(CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                raise WrongInput(str(source), f"{member.name!r} in it is longer than it says")
            writer.write(chunk)
    if left:
        raise WrongInput(str(source), f"{member.name!r} in it is shorter than it says")
