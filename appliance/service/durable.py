"""Writes that survive a power cut at any instant.

The order is: temporary file beside the target, fsync, rename, fsync of the folder. Without the last
step F2FS loses the names of files whose data it kept (fsync(2): "Calling fsync() does not
necessarily ensure that the entry in the directory containing the file has also reached disk").
"""

import os
import secrets
from pathlib import Path

TEMPORARY_PREFIX = ".writing-"
"""Names of files under way; whoever owns a folder may delete such files when it starts."""


def write_file(path: Path, data: bytes, mode: int = 0o640) -> None:
    """Replaces `path` by `data`, whole or not at all.

    Raises OSError (ENOSPC among others), with nothing left behind and the old file as it was.
    """
    temporary = path.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def move_file(source: Path, target: Path) -> None:
    """Gives the finished file `source` the name `target` on the same file system, durably.

    The data are synced first, so `source` may come from a writer that did not. Raises OSError; then
    `source` is still there.
    """
    sync_file(source)
    source.rename(target)
    sync_folder(target.parent)
    if source.parent != target.parent:
        sync_folder(source.parent)


def move_folder(source: Path, target: Path) -> None:
    """Renames a folder whose files and names are durable already, within its own parent."""
    source.rename(target)
    sync_folder(target.parent)


def make_folder(path: Path, mode: int = 0o750) -> None:
    """Makes `path` and its missing parents, each name synced into its parent."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=mode, exist_ok=True)
        sync_folder(folder.parent)


def sync_file(path: Path) -> None:
    """Makes the data of a file durable, whoever wrote them."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Makes the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
