"""A camera's recordings of a day, to be played: the view, when there is something, the pieces."""

import datetime as dt
import re
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from appliance.camera import queries
from appliance.camera.queries import Event, Filter, Minute, Piece, Span
from appliance.web import files, formatting
from appliance.web.parts import Parts, parts_of
from appliance.web.views import eye
from appliance.web.views.camera import MARKS, day_of
from appliance.web.views.cameras import find
from appliance.web.views.common import show
from appliance.web.views.sightings import LATEST_MS, bounds_ms, local, rows_of
from appliance.web.views.strip import strip

RECENT_MS = 60_000
"""Of today, what is shown first is this long ago."""
FINISHED_MS = 15_000
"""A piece that was not written to for this long is whole: it is written each second, and a camera
that gives nothing for 8 s is given up."""
KEPT = "private, max-age=86400, immutable"
"""A finished piece never changes; deleted ones are forgotten by browsers within a day."""
CHUNK_BYTES = 64 * 1024
_START = re.compile(r"[0-9]{13}")
_CLOCK = re.compile(r"[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?")


@dataclass(frozen=True)
class Day:
    """A day that can be chosen."""

    iso: str
    label: str


@dataclass(frozen=True)
class Chosen:
    """What is to be played."""

    day: dt.date
    at_ms: int | None
    """From when on; None when only the day was chosen."""


async def page(request: Request) -> Response:
    parts = parts_of(request)
    camera = await find(request)
    folder = parts.paths.camera
    days = await anyio.to_thread.run_sync(queries.recorded_days, folder, camera.key)
    chosen = _chosen(request) or Chosen(_newest(parts, days), None)
    begin_ms, end_ms = bounds_ms(chosen.day)
    spans = await anyio.to_thread.run_sync(queries.recorded, folder, camera.key, begin_ms, end_ms)
    events, minutes = await parts.footage.read(_read, ([], []), camera.key, begin_ms, end_ms)
    listed = sorted({*days, chosen.day}, reverse=True)
    today = parts.today()
    return show(
        request,
        "playback.html",
        "/cameras",
        eye=eye.look(parts, camera),
        days=[
            Day(day.isoformat(), formatting.day(parts.texts, day.isoformat(), today))
            for day in listed
        ],
        chosen=chosen.day.isoformat(),
        before=_iso(max((day for day in days if day < chosen.day), default=None)),
        after=_iso(min((day for day in days if day > chosen.day), default=None)),
        at_ms=_begin(chosen, spans, is_today=chosen.day == today),
        at_clock=_clock(chosen.at_ms),
        plays=chosen.at_ms is not None,
        first=spans[0].start_ms if spans else None,
        ever=bool(days),
        strip=strip(parts, chosen.day, minutes, await rows_of(parts, events), spans),
    )


def _read(
    reader: sqlite3.Connection, key: str, begin_ms: int, end_ms: int
) -> tuple[list[Event], list[Minute]]:
    wanted = Filter(camera=key, from_ms=begin_ms, to_ms=end_ms)
    return (
        queries.events(reader, wanted, limit=MARKS),
        queries.minutes(reader, key, begin_ms, end_ms),
    )


def _chosen(request: Request) -> Chosen | None:
    """`?at=` in ms since 1970, or `?day=` with or without `&time=` where the box stands; None when
    it is no such thing."""
    asked = request.query_params
    at = local(int(asked["at"])) if _START.fullmatch(asked.get("at", "")) else None
    if at is not None:
        return Chosen(at.date(), int(asked["at"]))
    day, time = day_of(asked.get("day", "")), asked.get("time", "")
    if day is None:
        return None
    try:
        clock = dt.time.fromisoformat(time) if _CLOCK.fullmatch(time) else None
    except ValueError:  # 29 hours
        clock = None
    if clock is None:
        return Chosen(day, None)
    return Chosen(day, round(dt.datetime.combine(day, clock).astimezone().timestamp() * 1000))


def _newest(parts: Parts, days: Sequence[dt.date]) -> dt.date:
    return days[-1] if days else parts.today() or dt.date(1990, 1, 1)


def _begin(chosen: Chosen, spans: Sequence[Span], *, is_today: bool) -> int:
    """What is shown first, ms since 1970."""
    if chosen.at_ms is not None:
        return chosen.at_ms
    if not spans:
        return bounds_ms(chosen.day)[0]
    first_ms = max(spans[0].start_ms, bounds_ms(chosen.day)[0])
    return max(first_ms, spans[-1].end_ms - RECENT_MS) if is_today else first_ms


def _iso(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


def _clock(at_ms: int | None) -> str:
    moment = local(at_ms or 0)
    return f"{moment:%H:%M:%S}" if moment else ""


async def pieces(request: Request) -> Response:
    """Of a day (`?day=`): since when each piece is there, in ms after its beginning, and its
    length."""
    parts = parts_of(request)
    camera = await find(request)
    day = day_of(request.query_params.get("day", ""))
    if day is None:
        raise HTTPException(404)
    begin_ms, end_ms = bounds_ms(day)
    spans = await anyio.to_thread.run_sync(
        queries.recorded, parts.paths.camera, camera.key, begin_ms, end_ms
    )
    found = [[one.start_ms - begin_ms, one.end_ms - one.start_ms] for one in spans]
    return JSONResponse({"start": begin_ms, "pieces": found}, headers={"Cache-Control": "no-store"})


async def film(request: Request) -> Response:
    """A piece; while it is written, what is whole of it. No path comes from the request, only the
    digits of a time."""
    parts = parts_of(request)
    camera = await find(request)
    start = str(request.path_params["start"])
    if not _START.fullmatch(start) or int(start) > LATEST_MS:
        raise HTTPException(404)
    found = await anyio.to_thread.run_sync(_find, parts.paths.camera, camera.key, int(start))
    if found is None:
        raise HTTPException(404)
    piece, whole_bytes = found
    now = parts.clock.now()
    finished = now is not None and now.timestamp() * 1000 - piece.end_ms > FINISHED_MS
    cache = KEPT if finished else files.NEVER
    name = f"{camera.key} {local(piece.start_ms):%Y-%m-%d %H-%M-%S}.mp4"
    save = "save" in request.query_params
    if finished and whole_bytes == piece.size_bytes:
        return await files.send(request, piece.path, cache, filename=name if save else None)
    headers = {"Cache-Control": cache, "Content-Length": str(whole_bytes)}
    if save:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return StreamingResponse(
        _beginning(piece.path, whole_bytes), headers=headers, media_type="video/mp4"
    )


def _find(folder: Path, camera: str, start_ms: int) -> tuple[Piece, int] | None:
    piece = queries.find_recording(folder, camera, start_ms)
    try:
        return (piece, queries.playable_bytes(piece)) if piece else None
    except OSError:
        return None  # deleted meanwhile


async def _beginning(path: Path, size_bytes: int) -> AsyncIterator[bytes]:
    """So much of a file that may grow meanwhile."""
    async with await anyio.open_file(path, "rb") as file:
        while size_bytes > 0:
            chunk = await file.read(min(CHUNK_BYTES, size_bytes))
            if not chunk:
                return
            size_bytes -= len(chunk)
            yield chunk
