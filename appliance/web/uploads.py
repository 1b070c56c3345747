"""The spool that uploads land in: written beside their final place, taken by albums by rename.

A file is called `.writing-...` until it is whole and on the disk, then `<32 hex>-<its name,
url-quoted>`.
"""

import errno
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import anyio.to_thread

from appliance.service.durable import TEMPORARY_PREFIX, make_folder, move_file
from appliance.web.errors import UploadRefused

BUFFER_BYTES = 1_000_000
"""Written to the disk at a time."""
NAME_BYTES = 255 - 33
"""A name of the file system, without the random part."""
MEGABYTE = 1_000_000


class Spool:
    """The folder of uploads; this process is its only writer."""

    def __init__(self, folder: Path, limit_mb: int, reserve_mb: int) -> None:
        self.folder = folder
        self._limit_mb = limit_mb
        self._reserve_bytes = reserve_mb * MEGABYTE

    def prepare(self) -> None:
        """Makes the folder and removes what a crash left half-written."""
        make_folder(self.folder, 0o770)
        for leftover in self.folder.glob(f"{TEMPORARY_PREFIX}*"):
            leftover.unlink(missing_ok=True)

    async def take(
        self, name: str, chunks: AsyncIterator[bytes], size_bytes: int | None = None
    ) -> None:
        """Takes a whole file, or nothing. `size_bytes` is what the sender announced.

        Raises UploadRefused (too large, disk full) and whatever `chunks` raises.
        """
        if size_bytes is not None and size_bytes > self._limit_mb * MEGABYTE:
            raise self._too_large()
        file = await anyio.to_thread.run_sync(self.open, name, size_bytes or 0)
        try:
            buffer = bytearray()
            async for chunk in chunks:
                buffer += chunk
                if len(buffer) >= BUFFER_BYTES:
                    await anyio.to_thread.run_sync(file.write, bytes(buffer))
                    buffer.clear()
            await anyio.to_thread.run_sync(file.write, bytes(buffer))
            await anyio.to_thread.run_sync(file.commit)
        except BaseException:
            file.abandon()
            raise

    def open(self, name: str, size_bytes: int = 0) -> "SpoolFile":
        """Begins a file. Raises UploadRefused when the disk has no room for it."""
        self.check_room(size_bytes)
        return SpoolFile(self, name)

    def check_room(self, size_bytes: int) -> None:
        """Raises UploadRefused when less than the reserve would be left."""
        disk = os.statvfs(self.folder)
        if disk.f_bavail * disk.f_frsize - size_bytes < self._reserve_bytes:
            raise full()

    def check_size(self, size_bytes: int) -> None:
        if size_bytes > self._limit_mb * MEGABYTE:
            raise self._too_large()

    def _too_large(self) -> UploadRefused:
        return UploadRefused("upload.too_large", 413, limit=self._limit_mb)


class SpoolFile:
    """One upload under way; all methods block."""

    def __init__(self, spool: Spool, name: str) -> None:
        self._spool = spool
        self._target = spool.folder / f"{secrets.token_hex(16)}-{quoted_name(name)}"
        self._temporary = spool.folder / f"{TEMPORARY_PREFIX}{secrets.token_hex(16)}"
        self._size_bytes = 0
        self._file: BinaryIO = self._temporary.open("xb", buffering=0)

    def write(self, data: bytes) -> None:
        """Raises UploadRefused when the file grows too large or the disk is full."""
        self._size_bytes += len(data)
        self._spool.check_size(self._size_bytes)
        self._spool.check_room(len(data))
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise _refusal(error) from error

    def commit(self) -> None:
        """From here on it outlives a power cut and albums takes it."""
        self._file.close()
        try:
            self._temporary.chmod(0o660)  # the group's: albums moves it into the library
            move_file(self._temporary, self._target)
        except OSError as error:
            raise _refusal(error) from error

    def abandon(self) -> None:
        self._file.close()
        self._temporary.unlink(missing_ok=True)


def full() -> UploadRefused:
    return UploadRefused("upload.full", 507)


def _refusal(error: OSError) -> BaseException:
    return full() if error.errno in (errno.ENOSPC, errno.EDQUOT) else error


def quoted_name(name: str) -> str:
    """The last part of the name as a file name; a long one loses its middle, never its ending."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1].replace("\0", "").strip() or "photo"
    stem, dot, ending = base.rpartition(".")
    if not dot:
        stem, ending = base, ""
    ending = ending[:16]
    while stem and len(_quote(stem + dot + ending)) > NAME_BYTES:
        stem = stem[:-1]
    return _quote(stem + dot + ending)


def _quote(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe=" ")
