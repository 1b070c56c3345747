"""Taking one member out of a zip or tar file."""

import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from appliance.models.sources.source import Progress, SourceFailed
from appliance.models.sources.transfer import CHUNK_BYTES

LOCAL_HEADER_BYTES = 30
"""PKZIP APPNOTE 6.3.10, 4.3.7: fixed part of the local file header; name and extra field follow."""


@dataclass(frozen=True)
class Place:
    """Where a member's packed bytes lie in a zip file."""

    offset: int
    packed_bytes: int
    deflated: bool


def locate(archive: zipfile.ZipFile, file: IO[bytes], member: str) -> Place:
    """Raises SourceFailed when there is no such member or it is packed in a way we do not read."""
    try:
        entry = archive.getinfo(member)
    except KeyError as error:
        raise SourceFailed(f"the package holds no {member}") from error
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise SourceFailed(f"{member} is packed by method {entry.compress_type}")
    file.seek(entry.header_offset)
    header = file.read(LOCAL_HEADER_BYTES)
    if len(header) < LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise SourceFailed(f"{member} has no header where the package's directory says")
    names_bytes = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    offset = entry.header_offset + LOCAL_HEADER_BYTES + names_bytes
    return Place(offset, entry.compress_size, entry.compress_type == zipfile.ZIP_DEFLATED)


def unpack(packed: Path, place: Place, part: Path) -> None:
    """Turns a member's packed bytes into the file, and removes `packed`. Raises SourceFailed."""
    if not place.deflated:
        packed.replace(part)
        return
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        with packed.open("rb") as source, part.open("wb") as target:
            while chunk := source.read(CHUNK_BYTES):
                target.write(inflate.decompress(chunk))
            target.write(inflate.flush())
    except zlib.error as error:
        packed.unlink()
        raise SourceFailed(f"what arrived is damaged ({error})") from error
    packed.unlink()


def extract_zip(package: Path, member: str, part: Path, progress: Progress) -> None:
    """Raises SourceFailed."""
    try:
        with zipfile.ZipFile(package) as archive, archive.open(member) as source:
            _copy(source, part, 0, archive.getinfo(member).file_size, progress)
    except KeyError as error:
        raise SourceFailed(f"the package holds no {member}") from error
    except (zipfile.BadZipFile, zlib.error) as error:
        raise SourceFailed(f"the package is damaged ({error})") from error


def extract_tar(
    package: Path,
    member: str,
    byte_range: tuple[int, int] | None,
    part: Path,
    progress: Progress,
) -> None:
    """`byte_range` is [first, end) inside the member. Raises SourceFailed."""
    try:
        with tarfile.open(package, "r:gz") as archive:
            source = archive.extractfile(member)
            if source is None:
                raise SourceFailed(f"{member} in the package is not a file")
            first, end = byte_range or (0, archive.getmember(member).size)
            with source:
                _copy(source, part, first, end, progress)
    except KeyError as error:
        raise SourceFailed(f"the package holds no {member}") from error
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise SourceFailed(f"the package is damaged ({error})") from error


def _copy(source: IO[bytes], part: Path, first: int, end: int, progress: Progress) -> None:
    source.seek(first)
    done, total = 0, end - first
    with part.open("wb") as target:
        while done < total and (chunk := source.read(min(CHUNK_BYTES, total - done))):
            target.write(chunk)
            done += len(chunk)
            progress(done, total)
