"""Home: the box at a glance, and one question at a time."""

import sqlite3
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from appliance.albums import queries
from appliance.albums.queries import Counts, Person, Photo
from appliance.service.errors import DatabaseMissing
from appliance.web import formatting
from appliance.web.errors import FootageUnreadable
from appliance.web.parts import Parts, parts_of
from appliance.web.status import Import
from appliance.web.views import cameras, ear, voice
from appliance.web.views.common import show

RECENT_PHOTOS = 9
PEOPLE = 14
EVENTS = 6
SEARCHED_PEOPLE = 300
"""Named people come first; among this many the question looks for somebody without a name."""


@dataclass(frozen=True)
class Asked:
    """The one question of the moment."""

    kind: Literal["same", "who"]
    person: Person
    other: Person | None = None

    @property
    def key(self) -> str:
        """What `skip` names it by."""
        return f"{self.person.id}-{self.other.id}" if self.other else str(self.person.id)


@dataclass(frozen=True)
class Glance:
    counts: Counts
    photos: list[Photo]
    people: list[Person]
    asked: Asked | None
    names: list[str]


NOTHING = Glance(Counts(0, 0, 0, 0, 0, 0, grouping=False), [], [], None, [])


def look(reader: sqlite3.Connection, skipped: frozenset[str]) -> Glance:
    people = queries.people(reader, SEARCHED_PEOPLE)
    return Glance(
        queries.counts(reader),
        queries.recent_photos(reader, RECENT_PHOTOS),
        people[:PEOPLE],
        _question(reader, people, skipped),
        [person.name for person in people if person.name],
    )


def _question(
    reader: sqlite3.Connection, people: list[Person], skipped: frozenset[str]
) -> Asked | None:
    """ "Same person?" first, since its answer makes the next "Who is this?" worth more."""
    for suggestion in queries.suggestions(reader, 20):
        asked = Asked("same", suggestion.person, suggestion.other)
        if asked.key not in skipped and suggestion.person.cover and suggestion.other.cover:
            return asked
    for person in people:
        asked = Asked("who", person)
        if not person.name and person.cover and asked.key not in skipped:
            return asked
    return None


async def home(request: Request) -> Response:
    parts = parts_of(request)
    skipped = frozenset(request.query_params.get("skip", "")[:300].split(","))
    try:
        glance = await parts.library.read(look, skipped)
    except DatabaseMissing:
        glance = NOTHING
    try:
        seen = await cameras.at_home(parts)
    except FootageUnreadable:
        seen = None
    return show(
        request,
        "home.html",
        "/",
        glance=glance,
        seen=seen,
        skip=_skip_more(request, glance.asked),
        ear=ear.look(parts),
        last=voice.last_done(parts),
        services=parts.status.services(),
        memory_mb=sum(s.health.pss_mb for s in parts.status.services() if s.health),
        events=[_event(parts, one) for one in list(parts.status.imports)[:EVENTS]],
        photo_label=lambda photo: formatting.moment(parts.texts, photo.taken_at, parts.today()),
    )


def _skip_more(request: Request, asked: Asked | None) -> str:
    """The address of Home without the question that stands there."""
    if asked is None:
        return "/"
    before = [part for part in request.query_params.get("skip", "")[:300].split(",") if part]
    return f"/?skip={','.join([*before, asked.key])}"


@dataclass(frozen=True)
class Event:
    """A line of the recent events."""

    icon: str
    kind: str
    text: str
    at: str
    path: str | None


def _event(parts: Parts, one: Import) -> Event:
    t, event = parts.texts, one.event
    at = formatting.ago(t, one.at.isoformat(), parts.clock.now()) if one.at else ""
    if event.event_type == "quarantined":
        return Event("triangle-alert", "warn", t("event.quarantined"), at, "/quarantine")
    path = f"/photos/{event.photo}" if event.photo else None
    if event.event_type == "duplicate":
        return Event("copy", "", t("event.duplicate"), at, path)
    people = len(event.people)
    text = t("event.imported_people", count=people) if people else t("event.imported")
    return Event("image", "good", text, at, path)


async def more(request: Request) -> Response:
    """What a phone's bar of navigation has no room for."""
    return show(request, "more.html", "/more")


async def notice(request: Request) -> Response:
    """The state of the box, read again when a service comes or goes."""
    return show(request, "notice_fragment.html")
