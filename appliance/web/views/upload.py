"""Bringing photos in: many files, each with its progress; a plain form without JavaScript."""

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from appliance.web.errors import UploadRefused
from appliance.web.flash import Said
from appliance.web.multipart import Receiver
from appliance.web.parts import Parts, parts_of
from appliance.web.uploads import Spool
from appliance.web.views.common import leave, show

ACCEPTED = ".jpg,.jpeg,.png,.webp,.heic,.heif,.avif,.gif,.tif,.tiff,.bmp"


def _spool(parts: Parts) -> Spool:
    settings = parts.settings
    return Spool(parts.paths.uploads, settings.upload_limit_mb, settings.upload_reserve_mb)


async def page(request: Request) -> Response:
    settings = parts_of(request).settings
    return show(
        request, "upload.html", "/upload", accepted=ACCEPTED, limit_mb=settings.upload_limit_mb
    )


async def form(request: Request) -> Response:
    """Files of the plain form."""
    parts = parts_of(request)
    t = parts.texts
    receiver = Receiver(_spool(parts), request.headers.get("content-type", ""))
    try:
        async with request.app.state.uploads:
            count = await receiver.receive(request.stream())
    except UploadRefused as error:
        said = Said(text=t(error.text, **error.values), failed=True)
        return leave("/upload", said)
    except ClientDisconnect:
        return Response(status_code=400)
    if not count:
        return leave("/upload", Said(text=t("upload.none"), failed=True))
    return leave("/photos", Said(text=t("done.uploaded", count=count)))


class Answer(msgspec.Struct, frozen=True):
    """What the script of the page shows beside the file."""

    message: str


async def file(request: Request) -> Response:
    """One file as the body of the request, its name in the address."""
    parts = parts_of(request)
    name = request.query_params.get("name", "")[:1000]
    announced = request.headers.get("content-length", "")
    size_bytes = int(announced) if announced.isascii() and announced.isdigit() else None
    try:
        async with request.app.state.uploads:
            await _spool(parts).take(name, request.stream(), size_bytes)
    except UploadRefused as error:
        return _answer(error.status, parts.texts(error.text, **error.values))
    except ClientDisconnect:
        return Response(status_code=400)
    return _answer(201, parts.texts("upload.taken"))


def _answer(status: int, message: str) -> Response:
    return Response(
        msgspec.json.encode(Answer(message)),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
