"""A file at an https address."""

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec

from appliance.models.sources.source import Progress, SourceFailed
from appliance.models.sources.transfer import CHUNK_BYTES, Interrupted, Stream, transfer

TIMEOUT_S = 60.0


class HttpsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="https"):
    """A file at an address; its SHA-256 stands in the catalogue entry."""

    address: Annotated[str, msgspec.Meta(pattern=r"^(https://|http://127\.0\.0\.1[:/])")]
    """https, or this machine itself."""

    def describe(self) -> str:
        return self.address

    def fetch(self, part: Path, progress: Progress) -> None:
        transfer(lambda offset: _open(self.address, offset), part, progress)


@contextmanager
def _open(address: str, offset: int) -> Iterator[Stream]:
    # The default context verifies certificates and honours SSL_CERT_FILE.
    headers = {"Accept-Encoding": "identity"}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310  # see HttpsFile
    if offset:
        request.add_header("Range", f"bytes={offset}-")
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_S)  # noqa: S310
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            # Nothing after what we have; the caller's SHA-256 says whether that is the file.
            yield Stream(offset, offset, iter(()))
            return
        raise SourceFailed(
            f"the server answers {error.code} {error.reason} for {address}"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise Interrupted(f"{address} cannot be reached ({reason})") from error
    with response:
        if response.status == http.HTTPStatus.PARTIAL_CONTENT:
            start, total = content_range(response.headers.get("Content-Range"))
        else:
            length = response.headers.get("Content-Length")
            start, total = 0, int(length) if length else None
        yield Stream(start, total, _chunks(response))


def content_range(header: str | None) -> tuple[int, int | None]:
    """First offset and whole length of a `Content-Range` (RFC 9110, 14.4). Raises SourceFailed."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", header or "")
    if not found:
        raise SourceFailed(f"the server's Content-Range makes no sense: {header!r}")
    return int(found[1]), None if found[2] == "*" else int(found[2])


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            chunk = response.read(CHUNK_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise Interrupted(f"the connection broke ({error})") from error
        if not chunk:
            return
        yield chunk
