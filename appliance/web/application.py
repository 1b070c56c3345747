"""The application: every address of the page, behind the guard."""

import asyncio
import logging
import sqlite3

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from appliance.service.errors import ServiceError
from appliance.service.log import describe
from appliance.service.repair import is_damage
from appliance.web import files
from appliance.web.errors import FootageUnreadable
from appliance.web.events import LIMIT
from appliance.web.guard import Guard
from appliance.web.parts import Parts, parts_of
from appliance.web.sessions import AttemptLimit
from appliance.web.views import (
    activity,
    box,
    camera,
    cameras,
    home,
    login,
    people,
    photos,
    pictures,
    playback,
    recordings,
    sighting,
    upload,
    vocabulary,
    voice,
)
from appliance.web.views import settings as settings_views
from appliance.web.views.common import show

GZIP_BYTES = 2000
UPLOADS = 8
"""Files that come in at a time, since each takes memory; more wait for their turn."""
UNCOMPRESSED = (
    *DEFAULT_EXCLUDED_CONTENT_TYPES,
    "image/*",
    "audio/*",
    "video/*",
    "application/octet-stream",
)

logger = logging.getLogger(__name__)

ROUTES = [
    Route("/", home.home),
    Route("/more", home.more),
    Route("/notice", home.notice),
    Route("/photos", photos.timeline),
    Route("/photos/blocks", photos.blocks),
    Route("/photos/day/{day}", photos.day),
    Route("/photos/{id:int}", photos.photo),
    Route("/photos/{id:int}/thumbnail", pictures.thumbnail),
    Route("/photos/{id:int}/preview", pictures.preview),
    Route("/photos/{id:int}/original", pictures.original),
    Route("/photos/{id:int}/faces/{face:int}/crop", pictures.crop),
    Route("/people", people.people),
    Route("/people/{id:int}", people.person),
    Route("/people/{id:int}/cover", pictures.cover),
    Route("/people/{id:int}/name", people.name, methods=["POST"]),
    Route("/people/{id:int}/merge", people.choose),
    Route("/people/{id:int}/merge", people.merge, methods=["POST"]),
    Route("/people/{id:int}/same/{other:int}", people.same),
    Route("/people/{id:int}/separate", people.separate, methods=["POST"]),
    Route("/people/{id:int}/forget", people.confirm_forget),
    Route("/people/{id:int}/forget", people.forget, methods=["POST"]),
    Route("/faces/{id:int}/remove", people.remove_face, methods=["POST"]),
    Route("/faces/{id:int}/assign", people.assign_face, methods=["POST"]),
    Route("/grouping/stop", people.confirm_stop),
    Route("/grouping", people.grouping, methods=["POST"]),
    Route("/upload", upload.page),
    Route("/upload", upload.form, methods=["POST"]),
    Route("/upload/file", upload.file, methods=["POST"]),
    Route("/cameras", cameras.page),
    Route("/cameras/{key}", camera.page),
    Route("/cameras/{key}/picture", cameras.picture),
    Route("/cameras/{key}/armed", cameras.arm, methods=["POST"]),
    Route("/cameras/{key}/recordings", playback.page),
    Route("/cameras/{key}/recordings/pieces", playback.pieces),
    Route("/cameras/{key}/recordings/{start}.mp4", playback.film),
    Route("/cameras/{key}/events/{id}", sighting.page),
    Route("/cameras/{key}/events/{id}/snapshot", sighting.snapshot),
    Route("/cameras/{key}/events/{id}/clip", sighting.clip),
    Route("/cameras/{key}/events/{id}/judgement", sighting.judge, methods=["POST"]),
    Route("/cameras/{key}/events/{id}/judgement/undo", sighting.take_back, methods=["POST"]),
    Route("/voice", voice.page),
    Route("/voice/say", voice.say, methods=["POST"]),
    Route("/voice/mute", voice.mute, methods=["POST"]),
    Route("/voice/listen", voice.listen, methods=["POST"]),
    Route("/voice/vocabulary", vocabulary.page),
    Route("/voice/recordings", recordings.page),
    Route("/voice/recordings/delete", recordings.confirm_delete_all),
    Route("/voice/recordings/delete", recordings.delete_all, methods=["POST"]),
    Route("/voice/recordings/{id}/sound", recordings.sound),
    Route("/voice/recordings/{id}/delete", recordings.confirm_delete),
    Route("/voice/recordings/{id}/delete", recordings.delete, methods=["POST"]),
    Route("/activity", activity.activity),
    Route("/undo", activity.undo, methods=["POST"]),
    Route("/quarantine", activity.quarantine),
    Route("/quarantine/{id:int}/retry", activity.retry, methods=["POST"]),
    Route("/quarantine/{id:int}/discard", activity.confirm_discard),
    Route("/quarantine/{id:int}/discard", activity.discard, methods=["POST"]),
    Route("/health", box.health),
    Route("/models", box.models),
    Route("/settings", settings_views.page),
    Route("/settings/password", settings_views.set_password, methods=["POST"]),
    Route("/settings/{section}", settings_views.save, methods=["POST"]),
    Route("/login", login.page),
    Route("/login", login.log_in, methods=["POST"]),
    Route("/logout", login.log_out, methods=["POST"]),
]


def build(parts: Parts) -> Starlette:
    """The whole page; `parts` is all that it depends on."""
    application = Starlette(
        routes=[
            *ROUTES,
            Route("/events", _events),
            Route("/healthz", _probe),
            Route("/static/{name}", files.static),
        ],
        middleware=[
            Middleware(Guard, parts=parts),
            Middleware(
                GZipMiddleware,
                minimum_size=GZIP_BYTES,
                compresslevel=5,
                exclude_content_types=UNCOMPRESSED,
            ),
        ],
        exception_handlers={
            HTTPException: _refused,
            ServiceError: _unavailable,
            sqlite3.DatabaseError: _unreadable,
            FootageUnreadable: _footage,
            ClientDisconnect: _left,
            500: _failed,
        },
    )
    application.state.parts = parts
    application.state.attempts = AttemptLimit(parts.clock)
    application.state.uploads = asyncio.Semaphore(UPLOADS)
    return application


async def _events(request: Request) -> Response:
    hub = parts_of(request).hub
    if hub.followers >= LIMIT:
        return PlainTextResponse("", 503, {"Retry-After": "30"})
    return StreamingResponse(
        hub.follow(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _probe(_request: Request) -> Response:
    """For supervision and tests; says nothing about the household."""
    return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})


def _error(
    request: Request, status: int, title: str, text: str, mend: str = "", bare: bool = False
) -> Response:
    if bare or not request.headers.get("accept", "").startswith("text/html"):
        return PlainTextResponse(text, status)
    return show(request, "error.html", "", status, title=title, text=text, mend=mend)


async def _refused(request: Request, error: Exception) -> Response:
    t = parts_of(request).texts
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:
        return _error(request, 404, "error.not_found", t("error.not_found_text"))
    if status == 405:
        return PlainTextResponse(t("error.request_text"), 405)
    return _error(request, status, "error.request", t("error.request_text"))


async def _unavailable(request: Request, error: Exception) -> Response:
    """The library is not there yet, or of another version."""
    mend = error.mend if isinstance(error, ServiceError) else ""
    return _error(request, 503, "error.library", str(error), mend)


async def _unreadable(request: Request, error: Exception) -> Response:
    logger.warning("library unreadable", extra={"error": type(error).__name__})
    t = parts_of(request).texts
    if isinstance(error, sqlite3.Error) and is_damage(error):
        return _error(
            request, 503, "error.library", t("error.library_damaged"), "appliance restart albums"
        )
    return _error(request, 503, "error.library", t("error.library_text"), "appliance status")


async def _footage(request: Request, error: Exception) -> Response:
    mend = error.mend if isinstance(error, FootageUnreadable) else ""
    logger.warning("events unreadable", extra={"error": type(error.__cause__).__name__})
    return _error(request, 503, "error.footage", str(error), mend)


async def _left(_request: Request, _error: Exception) -> Response:
    """The browser went away, or stopped, in the middle of a request."""
    return Response(status_code=400)


async def _failed(request: Request, error: Exception) -> Response:
    logger.error("view failed", extra=describe(error))
    t = parts_of(request).texts
    return _error(request, 500, "error.failed", t("error.failed_text"), "appliance status")
