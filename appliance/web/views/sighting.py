"""One event of a camera: its picture and film, why it was told, what the household says of it."""

import sqlite3
from dataclasses import dataclass

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from appliance.bus.messages.camera import JudgeEvent
from appliance.bus.topics import JUDGE_EVENT
from appliance.camera import queries
from appliance.camera.queries import Event
from appliance.web import files
from appliance.web.parts import parts_of
from appliance.web.views.common import leave, next_path, outcome, show, text_field
from appliance.web.views.sightings import rows_of
from appliance.web.views.strip import LEAD_MS

CUTTING_MS = 5 * 60_000
"""Within this time after an event its film may still come."""
VERDICTS = {"normal": "done.is_normal", "always": "done.tell_always"}


@dataclass(frozen=True)
class Seen:
    event: Event
    newer: str | None
    older: str | None
    known: bool
    """Whether its camera is still set up."""


def _look(reader: sqlite3.Connection, identifier: str, camera: str) -> Seen | None:
    event = queries.find_event(reader, identifier)
    if event is None or event.camera != camera:
        return None
    known = any(one.key == camera for one in queries.cameras(reader))
    return Seen(event, *queries.neighbours(reader, event), known)


async def _find(request: Request) -> Seen | None:
    identifier, camera = (str(request.path_params[name]) for name in ("id", "key"))
    return await parts_of(request).footage.read(_look, None, identifier[:40], camera[:60])


async def page(request: Request) -> Response:
    parts = parts_of(request)
    seen = await _find(request)
    if seen is None:
        return show(request, "gone.html", "/cameras", 404, what="sighting")
    event, now = seen.event, parts.clock.now()
    shown = (await rows_of(parts, [event]))[0]
    fresh = now is not None and now.timestamp() * 1000 - event.end_ms < CUTTING_MS
    camera = f"/cameras/{event.camera}"
    return show(
        request,
        "sighting.html",
        "/cameras",
        row=shown,
        event=event,
        camera=camera,
        newer=f"{camera}/events/{seen.newer}" if seen.newer else "",
        older=f"{camera}/events/{seen.older}" if seen.older else "",
        around=f"{camera}/recordings?at={event.start_ms - LEAD_MS}"
        if seen.known and shown.day
        else "",
        pending=not event.clip and (event.open or fresh),
        score=f"{event.score:.2f}",
    )


async def judge(request: Request) -> Response:
    """ "This is normal", "always tell me"; can be taken back."""
    seen = await _found(request)
    verdict = await text_field(request, "verdict")
    path = f"/cameras/{seen.event.camera}/events/{seen.event.id}"
    to = await next_path(request, path)
    if verdict == "normal":
        message = JudgeEvent(id=seen.event.id, verdict="normal")
    elif verdict == "always":
        message = JudgeEvent(id=seen.event.id, verdict="always")
    else:
        raise HTTPException(400)
    said = await outcome(request, JUDGE_EVENT, message, VERDICTS[verdict])
    if not said.failed:
        said = msgspec.structs.replace(said, back=f"{path}/judgement/undo")
    return leave(to, said)


async def take_back(request: Request) -> Response:
    seen = await _found(request)
    path = f"/cameras/{seen.event.camera}/events/{seen.event.id}"
    to = await next_path(request, path)
    message = JudgeEvent(id=seen.event.id, verdict="none")
    return leave(to, await outcome(request, JUDGE_EVENT, message, "done.undone"))


async def _found(request: Request) -> Seen:
    """Raises HTTPException 404."""
    seen = await _find(request)
    if seen is None:
        raise HTTPException(404)
    return seen


async def snapshot(request: Request) -> Response:
    """The picture of its most unusual moment; another one may come while it goes on."""
    event = (await _found(request)).event
    path = parts_of(request).paths.camera / event.snapshot
    if not event.snapshot:
        raise HTTPException(404)
    return await files.send_whole(request, path, files.ASK_AGAIN)


async def clip(request: Request) -> Response:
    """Its film; in parts if the browser asks so, to jump to a moment of it."""
    event = (await _found(request)).event
    path = parts_of(request).paths.camera / event.clip
    if not event.clip:
        raise HTTPException(404)
    name = f"{event.camera} {event.id}.mp4" if "save" in request.query_params else None
    return await files.send(request, path, files.ASK_AGAIN, filename=name)
