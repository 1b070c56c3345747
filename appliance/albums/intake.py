"""Taking a file over from whoever dropped it: read once, moved durably."""

import errno
import hashlib
import os
import secrets
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance.albums.errors import DiskFull, NotYetWritten
from appliance.service.durable import TEMPORARY_PREFIX, move_file, sync_folder

CHUNK_BYTES = 1 << 20
ORIGINAL_MODE = 0o640
DISK_FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Fingerprint:
    """A file's content, and how to see that it is still the same."""

    sha256: str
    size_bytes: int
    changed_ns: int
    inode: int


def open_regular(path: Path) -> int:
    """A descriptor for reading, never waiting for the other end of a pipe or device that somebody
    may have put in the file's place. Raises OSError, also for what is no regular file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file")
    return descriptor


def fingerprint(path: Path) -> Fingerprint:
    """Reads the file once. Raises OSError; NotYetWritten when it changes meanwhile."""
    descriptor = open_regular(path)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        before = os.fstat(descriptor)
        digest = hashlib.sha256()
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
        after = os.fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise NotYetWritten
    return Fingerprint(digest.hexdigest(), after.st_size, after.st_mtime_ns, after.st_ino)


def unchanged(path: Path, seen: Fingerprint) -> bool:
    """Whether the file is the one that was read."""
    try:
        now = path.lstat()
    except OSError:
        return False
    return (now.st_ino, now.st_size, now.st_mtime_ns) == (
        seen.inode,
        seen.size_bytes,
        seen.changed_ns,
    )


def readable_name(name: str) -> str:
    """The name of a file as text: bytes that are no UTF-8 (an old camera's, another system's) come
    from the file system as lone surrogates, which neither a row nor a message can hold."""
    return name.encode("utf-8", "replace").decode()


def is_text(path: Path) -> bool:
    """Whether the whole path is UTF-8, so that a row can hold it."""
    return readable_name(str(path)) == str(path)


def take_file(source: Path, target: Path) -> None:
    """Moves a file durably to a place of ours, whoever owns it. Raises OSError; then `source` is
    as it was.

    A file of another user, with another name beside this one (a hard link) or on another file
    system (or bind mount, as in a sandbox) is copied: what its owner does later must not change
    the library.
    """
    status = source.lstat()
    if status.st_uid == os.geteuid() and status.st_nlink == 1:
        try:
            source.chmod(ORIGINAL_MODE)
            group = target.parent.stat().st_gid  # which may read the library
            if status.st_gid != group:
                os.chown(source, -1, group)
            move_file(source, target)
        except OSError as error:
            if error.errno not in (errno.EXDEV, errno.EPERM):
                raise
        else:
            return
    _copy(source, target)
    remove_file(source)


def remove_file(path: Path) -> None:
    """Deletes a file whose content is safe elsewhere."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def _copy(source: Path, target: Path) -> None:
    temporary = target.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    descriptor = open_regular(source)
    try:
        with os.fdopen(descriptor, "rb") as original, temporary.open("xb") as copy:
            shutil.copyfileobj(original, copy, CHUNK_BYTES)
            copy.flush()
            os.fchmod(copy.fileno(), ORIGINAL_MODE)
            os.fsync(copy.fileno())
            status = os.fstat(original.fileno())
            os.utime(copy.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
        temporary.rename(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


@contextmanager
def naming_full_disk() -> Iterator[None]:
    """Whatever way a full disk shows: DiskFull."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL_ERRORS:
            raise DiskFull from error
        raise
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise DiskFull from error
        raise
