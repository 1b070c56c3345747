"""The picture files: thumbnails, previews, originals, faces, covers."""

import sqlite3
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from appliance.albums import queries
from appliance.albums.queries import Photo
from appliance.bus.errors import BusError
from appliance.bus.messages.albums import MakePreview
from appliance.bus.topics import MAKE_PREVIEW
from appliance.web import files
from appliance.web.parts import Parts, parts_of
from appliance.web.views.common import identifier

PREVIEW_LIMIT_S = 8.0
"""A picture of 100 megapixels takes a small board some seconds."""


async def _photo(request: Request) -> Photo:
    photo = await parts_of(request).library.read(queries.photo, identifier(request))
    if photo is None:
        raise HTTPException(404)
    return photo


async def thumbnail(request: Request) -> Response:
    parts = parts_of(request)
    photo = await _photo(request)
    return await files.send(request, parts.paths.albums / photo.thumbnail, files.PRIVATE)


async def preview(request: Request) -> Response:
    """The screen-sized picture, made now if need be.

    While albums is away the original stands in where browsers can draw it, else the thumbnail;
    neither is kept by the browser, so that the preview comes when it can be made.
    """
    parts = parts_of(request)
    photo = await _photo(request)
    file = parts.paths.albums / photo.preview
    if file.is_file():
        return await files.send(request, file, files.PRIVATE)
    made = await _make(parts, photo)
    if made is not None:
        return await files.send(request, made, files.PRIVATE)
    original = parts.paths.library / photo.original
    if photo.format in files.SHOWN_BY_BROWSERS and original.is_file():
        return await files.send(request, original, files.NEVER)
    return await files.send(request, parts.paths.albums / photo.thumbnail, files.NEVER)


async def _make(parts: Parts, photo: Photo) -> Path | None:
    """None when albums cannot make it now."""
    if not parts.status.available("albums"):
        return None
    try:
        ready = await parts.messenger.ask(
            MAKE_PREVIEW, MakePreview(photo=photo.id), PREVIEW_LIMIT_S
        )
    except BusError:
        return None
    path = parts.paths.albums / ready.file
    return path if path.is_file() and path.is_relative_to(parts.paths.albums) else None


async def original(request: Request) -> Response:
    """The file as it came in, to be saved under the name that it had."""
    parts = parts_of(request)
    photo = await _photo(request)
    path = parts.paths.library / photo.original
    return await files.send(request, path, files.PRIVATE, filename=Path(photo.name).name)


def _crop(reader: sqlite3.Connection, photo: int, face: int) -> str | None:
    faces = queries.faces_of_photo(reader, photo)
    return next((one.crop for one in faces if one.id == face), None)


async def crop(request: Request) -> Response:
    parts = parts_of(request)
    found = await parts.library.read(_crop, identifier(request), identifier(request, "face"))
    if found is None:
        raise HTTPException(404)
    return await files.send(request, parts.paths.albums / found, files.ASK_AGAIN)


async def cover(request: Request) -> Response:
    parts = parts_of(request)
    person = await parts.library.read(queries.person, identifier(request))
    if person is None or person.cover is None:
        raise HTTPException(404)
    return await files.send(request, parts.paths.albums / person.cover, files.ASK_AGAIN)
