"""What cameras saw, as rows: for the views of cameras and for Home."""

import datetime as dt
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from appliance.albums import queries as albums
from appliance.camera.queries import NOBODY, Event, person_of
from appliance.service.errors import ServiceError
from appliance.web import formatting
from appliance.web.parts import Parts
from appliance.web.tables import hide_in

KINDS = {
    "person": "user", "vehicle": "car", "bicycle": "bike", "animal": "paw-print", "other": "shapes",
}  # fmt: skip
"""Of what was seen, with their icons."""
CAUSES = {
    "speed": "gauge", "direction": "signpost", "kind": "shapes", "place": "map-pin",
    "hour": "clock", "size": "maximize-2", "stay": "hourglass", "left": "package-plus",
    "taken": "package-minus", "told": "bell-ring",
}  # fmt: skip
UNKNOWN_ICON = "eye"
LATEST_MS = 253_402_214_400_000
"""The last day that a calendar knows."""


@dataclass(frozen=True)
class Row:
    """An event as it is shown."""

    event: Event
    sentence: str
    camera: str
    """Its name."""
    day: str
    """ISO; '' while the time was unknown."""
    clock: str
    """`14:05`; '' as above."""
    when: str
    """Day and time in words."""
    kind: str
    cause: str
    icon: str
    length: str
    who: str
    """'' when nobody was recognised or asked about."""

    @property
    def path(self) -> str:
        return f"/cameras/{self.event.camera}/events/{self.event.id}"

    @property
    def picture(self) -> str:
        """The address of its snapshot; '' while there is none."""
        return f"{self.path}/snapshot" if self.event.snapshot else ""


async def rows_of(parts: Parts, events: Sequence[Event]) -> list[Row]:
    """With the names of those who were recognised, as they are in albums now."""
    wanted = {person for event in events if (person := person_of(event)) is not None}
    names: Mapping[int, str] = {}
    if wanted:
        try:
            names = await parts.library.read(_names, frozenset(wanted))
        except (ServiceError, sqlite3.Error):
            names = {}  # what was seen is worth more than who it was
    return [row(parts, event, names) for event in events]


def _names(reader: sqlite3.Connection, wanted: frozenset[int]) -> dict[int, str]:
    found = {one: albums.person(reader, one) for one in wanted}
    return {one: person.name for one, person in found.items() if person and person.name}


def row(parts: Parts, event: Event, names: Mapping[int, str]) -> Row:
    """`names` by the ids of people in albums."""
    t, begun = parts.texts, local(event.start_ms)
    iso = begun.isoformat() if begun else None
    length_s = max(0, event.end_ms - event.start_ms) / 1000
    return Row(
        event,
        formatting.settled(hide_in(event.sentence)) or t("camera.something"),
        formatting.settled(event.camera_name) or event.camera,
        iso[:10] if iso else "",
        iso[11:16] if iso else "",
        formatting.moment(t, iso, parts.today()),
        t(f"camera.kind.{event.kind}") if event.kind in KINDS else "",
        t(f"camera.cause.{event.cause}") if event.cause in CAUSES else "",
        CAUSES.get(event.cause, UNKNOWN_ICON),
        formatting.length(t, length_s) if begun else "",
        _who(parts, event, names),
    )


def _who(parts: Parts, event: Event, names: Mapping[int, str]) -> str:
    if event.who == NOBODY:
        return parts.texts("camera.stranger")
    person = person_of(event)
    if person is None:
        return ""
    return formatting.settled(names.get(person, "")) or parts.texts("camera.known")


@dataclass(frozen=True)
class Section:
    """The rows of a day."""

    label: str
    rows: list[Row]


def by_day(parts: Parts, rows: Sequence[Row]) -> list[Section]:
    t, today = parts.texts, parts.today()
    return [
        Section(formatting.day(t, day or None, today), list(found))
        for day, found in groupby(rows, lambda one: one.day)
    ]


def local(at_ms: int) -> dt.datetime | None:
    """Where the box stands; None for 0, which says that the time was unknown."""
    if not 0 < at_ms < LATEST_MS:
        return None
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).astimezone()


def bounds_ms(day: dt.date) -> tuple[int, int]:
    """The day's beginning and end where the box stands, ms since 1970; 23 to 25 hours apart."""
    begin = dt.datetime.combine(day, dt.time()).astimezone()
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time()).astimezone()
    return round(begin.timestamp() * 1000), round(end.timestamp() * 1000)
