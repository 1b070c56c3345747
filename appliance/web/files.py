"""Files as responses: pictures by the ids of the database, static files by their names.

No path ever comes from a request. A browser that has a file is told so (ETag), and what may be
forgotten (faces) is asked for again each time.
"""

import hashlib
import os
from email.utils import formatdate
from pathlib import Path
from stat import S_ISREG

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from appliance.web.rendering import STATIC

IMMUTABLE = "public, max-age=31536000, immutable"
PRIVATE = "private, max-age=3600"
ASK_AGAIN = "private, no-cache"
NEVER = "no-store"

PICTURE_TYPES = {
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}
"""The machine's own table of types is not asked: it differs between machines."""

SOUND_TYPES = {".flac": "audio/flac", ".wav": "audio/wav"}
FILM_TYPES = {".mp4": "video/mp4"}
WHOLE_BYTES = 4_000_000
"""The largest file that is read before it is sent."""

STATIC_TYPES = PICTURE_TYPES | {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
"""Of the program's own files. A household's photo called `x.js` is none: it is never a script."""

SHOWN_BY_BROWSERS = frozenset({"jpeg", "png", "webp", "gif", "avif"})
"""Formats of originals that every browser draws."""


async def send(request: Request, path: Path, cache: str, filename: str | None = None) -> Response:
    """The file, or 304 when the browser has it. Raises HTTPException 404 when it is not there."""
    try:
        stat = await anyio.to_thread.run_sync(path.stat)
    except OSError:
        raise HTTPException(404) from None
    if not S_ISREG(stat.st_mode):
        raise HTTPException(404)
    etag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    headers = {
        "Cache-Control": cache,
        "ETag": etag,
        "Last-Modified": formatdate(stat.st_mtime, usegmt=True),
    }
    known = {tag.strip() for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in known and cache != NEVER:
        return Response(status_code=304, headers=headers)
    types = STATIC_TYPES if path.parent == STATIC else PICTURE_TYPES | SOUND_TYPES | FILM_TYPES
    media_type = types.get(path.suffix.lower(), "application/octet-stream")
    return FileResponse(
        path, headers=headers, media_type=media_type, filename=filename, stat_result=stat
    )


async def send_whole(request: Request, path: Path, cache: str) -> Response:
    """A small file that may be replaced meanwhile: what is sent is one or the other, whole.

    Raises HTTPException 404 when it is not there or too large.
    """
    try:
        data = await anyio.to_thread.run_sync(_read, path)
    except OSError:
        raise HTTPException(404) from None
    etag = f'"{hashlib.sha256(data).hexdigest()[:24]}"'
    headers = {"Cache-Control": cache, "ETag": etag}
    if etag == request.headers.get("if-none-match") and cache != NEVER:
        return Response(status_code=304, headers=headers)
    media_type = PICTURE_TYPES.get(path.suffix.lower(), "application/octet-stream")
    return Response(data, headers=headers, media_type=media_type)


def _read(path: Path) -> bytes:
    """Raises OSError, also for what is no file or too large."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if not S_ISREG(status.st_mode) or status.st_size > WHOLE_BYTES:
            raise OSError(path)
        return file.read()


async def static(request: Request) -> Response:
    """A file of the program; kept for ever by browsers, since its address holds its hash."""
    name = str(request.path_params["name"])
    if name not in _static_names():
        raise HTTPException(404)
    cache = IMMUTABLE if "v" in request.query_params else ASK_AGAIN
    return await send(request, STATIC / name, cache)


def _static_names() -> set[str]:
    return {path.name for path in STATIC.iterdir()}
