"""What happened: what the household said (with undo), what came in, what could not be read."""

import sqlite3
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from appliance.albums import queries
from appliance.albums.queries import Entry, Photo, Quarantined
from appliance.bus.messages.albums import DiscardQuarantined, RetryQuarantined, UndoEntry
from appliance.bus.topics import DISCARD_QUARANTINED, RETRY_QUARANTINED, UNDO
from appliance.service.errors import DatabaseMissing
from appliance.web import formatting
from appliance.web.parts import Parts, parts_of
from appliance.web.views.common import (
    carry_out,
    identifier,
    identifier_field,
    next_path,
    show,
)

ENTRIES = 100
RECENT = 12
ICONS = {
    "name": "pencil",
    "merge": "merge",
    "separate": "x",
    "remove_face": "user-x",
    "assign_face": "user-plus",
    "forget": "trash-2",
    "agree": "scan-face",
    "disagree": "shield-check",
}


@dataclass(frozen=True)
class Line:
    """An entry of the journal as it is shown."""

    entry: Entry
    icon: str
    text: str
    at: str
    person: int | None
    """Who it links to; None when nobody is left to link to."""


@dataclass(frozen=True)
class History:
    entries: list[Entry]
    names: dict[int, str | None]
    """Names, as they are now, of the people who still exist."""
    photos: list[Photo]
    quarantined: int


def _history(reader: sqlite3.Connection) -> History:
    entries = queries.journal(reader, ENTRIES)
    names: dict[int, str | None] = {}
    for wanted in {person for entry in entries for person in entry.people}:
        person = queries.person(reader, wanted)
        if person is not None:
            names[wanted] = person.name
    return History(
        entries,
        names,
        queries.recent_photos(reader, RECENT),
        queries.counts(reader).quarantined,
    )


async def activity(request: Request) -> Response:
    parts = parts_of(request)
    try:
        history = await parts.library.read(_history)
    except DatabaseMissing:
        history = History([], {}, [], 0)
    return show(
        request,
        "activity.html",
        "/activity",
        lines=[_line(parts, entry, history.names) for entry in history.entries],
        photos=history.photos,
        quarantined=history.quarantined,
        photo_label=lambda photo: formatting.moment(parts.texts, photo.taken_at, parts.today()),
        came_in=formatting.ago(
            parts.texts, history.photos[0].imported_at or None, parts.clock.now()
        )
        if history.photos and history.photos[0].imported_at
        else "",
    )


def _line(parts: Parts, entry: Entry, names: dict[int, str | None]) -> Line:
    t = parts.texts
    known = [names[person] for person in entry.people if names.get(person)]
    name = entry.name or next(iter(known), None)
    key = f"journal.{entry.action}"
    if name and f"{key}_named" in t:
        text = t(f"{key}_named", name=name)
    else:
        text = t(key if key in t else "journal.other")
    return Line(
        entry,
        ICONS.get(entry.action, "info"),
        text,
        formatting.ago(t, entry.at, parts.clock.now()) if entry.at else "",
        next((person for person in entry.people if person in names), None),
    )


async def undo(request: Request) -> Response:
    message = UndoEntry(entry=await identifier_field(request, "entry"))
    path = await next_path(request, "/activity")
    return await carry_out(request, UNDO, message, path, "done.undone")


async def quarantine(request: Request) -> Response:
    parts = parts_of(request)
    items: list[Quarantined]
    try:
        items = await parts.library.read(queries.quarantined)
    except DatabaseMissing:
        items = []
    t, now = parts.texts, parts.clock.now()
    shown = [(item, formatting.ago(t, item.at, now) if item.at else "") for item in items]
    return show(request, "quarantine.html", "/activity", items=shown)


async def retry(request: Request) -> Response:
    message = RetryQuarantined(item=identifier(request))
    return await carry_out(request, RETRY_QUARANTINED, message, "/quarantine", "done.retried")


async def confirm_discard(request: Request) -> Response:
    """Deleting a file is final, so it is asked for once."""
    wanted = identifier(request)
    items = await parts_of(request).library.read(queries.quarantined)
    item = next((item for item in items if item.id == wanted), None)
    if item is None:
        raise HTTPException(404)
    return show(request, "discard.html", "/activity", item=item)


async def discard(request: Request) -> Response:
    message = DiscardQuarantined(item=identifier(request))
    return await carry_out(request, DISCARD_QUARANTINED, message, "/quarantine", "done.discarded")
