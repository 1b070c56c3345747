"""The training log: what voice keeps of what is said, to be listened to and deleted."""

from dataclasses import dataclass

import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from appliance.bus.messages.training import DeleteRecordings
from appliance.bus.topics import DELETE_RECORDINGS
from appliance.voice import queries
from appliance.voice.queries import Recording
from appliance.web import files, formatting
from appliance.web.parts import Parts, parts_of
from appliance.web.views.common import leave, outcome, show
from appliance.web.views.voice import CONDITIONS

PAGE = 50
UNKNOWN_KIND = ("circle-help", "warn")


@dataclass(frozen=True)
class Row:
    """A recording as it is shown."""

    recording: Recording
    heard: str
    """'' when nothing could be made of it."""
    reply: str
    icon: str
    condition: str
    at: str
    length: str


async def page(request: Request) -> Response:
    parts = parts_of(request)
    before = request.query_params.get("before", "")[:100]
    folder = parts.paths.voice
    found = await anyio.to_thread.run_sync(
        lambda: queries.recordings(folder, limit=PAGE + 1, before=before)
    )
    kept = await anyio.to_thread.run_sync(queries.count, folder)
    training = parts.conversation.training
    return show(
        request,
        "recordings.html",
        "/voice",
        enabled=training.enabled if training else None,
        rows=[_row(parts, recording) for recording in found[:PAGE]],
        before=before,
        more=f"/voice/recordings?before={found[PAGE - 1].id}" if len(found) > PAGE else None,
        count=kept.recordings,
        size=formatting.size(parts.texts, kept.size_bytes),
    )


def _row(parts: Parts, recording: Recording) -> Row:
    t = parts.texts
    icon, condition = CONDITIONS.get(recording.kind, UNKNOWN_KIND)
    return Row(
        recording,
        formatting.settled(recording.text),
        formatting.settled(recording.reply),
        icon,
        condition,
        _when(parts, recording.at),
        t("voice.seconds", seconds=f"{recording.length_s:.1f}"),
    )


def _when(parts: Parts, at: str) -> str:
    """'' while unknown, also from a damaged file."""
    try:
        return formatting.wall(parts.texts, at, parts.today()) if at else ""
    except (ValueError, OverflowError):
        return ""


async def sound(request: Request) -> Response:
    """The recording; in parts if the browser asks so. Never kept by it: it may be deleted."""
    parts = parts_of(request)
    recording = await _find(request)
    return await files.send(request, parts.paths.voice / recording.file, files.NEVER)


async def _find(request: Request) -> Recording:
    """Raises HTTPException 404."""
    wanted = str(request.path_params["id"])
    folder = parts_of(request).paths.voice
    recording = await anyio.to_thread.run_sync(queries.find, folder, wanted)
    if recording is None:
        raise HTTPException(404)
    return recording


async def confirm_delete(request: Request) -> Response:
    """Deleting is final, so it is asked for once."""
    row = _row(parts_of(request), await _find(request))
    return show(request, "delete_recordings.html", "/voice", row=row, count=1)


async def delete(request: Request) -> Response:
    recording = await _find(request)
    message = DeleteRecordings(ids=[recording.id])
    said = await outcome(request, DELETE_RECORDINGS, message, "done.recording_deleted")
    return leave("/voice/recordings", said)


async def confirm_delete_all(request: Request) -> Response:
    parts = parts_of(request)
    kept = await anyio.to_thread.run_sync(queries.count, parts.paths.voice)
    if not kept.recordings:
        return leave("/voice/recordings")
    return show(request, "delete_recordings.html", "/voice", row=None, count=kept.recordings)


async def delete_all(request: Request) -> Response:
    said = await outcome(
        request, DELETE_RECORDINGS, DeleteRecordings(ids=None), "done.recordings_deleted"
    )
    return leave("/voice/recordings", said)
