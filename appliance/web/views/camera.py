"""One camera: what it shows, its day, what it saw, what it has learned."""

import datetime as dt
import sqlite3
from dataclasses import dataclass
from urllib.parse import urlencode

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from appliance.camera import queries
from appliance.camera.queries import Event, Filter, Minute
from appliance.web.parts import parts_of
from appliance.web.views import eye
from appliance.web.views.cameras import find
from appliance.web.views.common import show
from appliance.web.views.learned import learned
from appliance.web.views.sightings import CAUSES, KINDS, bounds_ms, by_day, rows_of
from appliance.web.views.strip import strip

PAGE = 30
MARKS = 300
"""Events on the strip of a day."""
MAXIMUM_NUMBER = 2**63 - 1


@dataclass(frozen=True)
class Wanted:
    """What of a camera's events is to be seen."""

    kind: str
    cause: str
    day: dt.date | None
    before: int

    def query(self, **changed: str | int) -> str:
        """The address' question with something changed; '' leaves out."""
        values: dict[str, str | int] = {
            "day": self.day.isoformat() if self.day else "",
            "kind": self.kind,
            "cause": self.cause,
        }
        used = {name: value for name, value in (values | changed).items() if value}
        return f"?{urlencode(used)}" if used else ""

    @property
    def filtered(self) -> bool:
        return bool(self.kind or self.cause or self.day)


def wanted_of(request: Request) -> Wanted:
    """What is asked for; what is no such thing is left out."""
    asked = request.query_params
    kind, cause, before = asked.get("kind", ""), asked.get("cause", ""), asked.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 20 else 0
    return Wanted(
        kind if kind in KINDS else "",
        cause if cause in CAUSES else "",
        day_of(asked.get("day", "")),
        number if number <= MAXIMUM_NUMBER else 0,
    )


def day_of(text: str) -> dt.date | None:
    """Days that a clock of the box can show."""
    try:
        day = dt.date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if dt.date(1990, 1, 1) <= day <= dt.date(2200, 1, 1) else None


@dataclass(frozen=True)
class Seen:
    events: list[Event]
    """One more than a page, if there are more."""
    of_day: list[Event]
    minutes: list[Minute]


def _read(reader: sqlite3.Connection, key: str, wanted: Wanted, day: dt.date) -> Seen:
    begin_ms, end_ms = bounds_ms(day)
    from_ms, to_ms = bounds_ms(wanted.day) if wanted.day else (0, 0)
    chosen = Filter(camera=key, kind=wanted.kind, cause=wanted.cause, from_ms=from_ms, to_ms=to_ms)
    return Seen(
        queries.events(reader, chosen, limit=PAGE + 1, before=wanted.before),
        queries.events(reader, Filter(camera=key, from_ms=begin_ms, to_ms=end_ms), limit=MARKS),
        queries.minutes(reader, key, begin_ms, end_ms),
    )


async def page(request: Request) -> Response:
    parts = parts_of(request)
    camera = await find(request)
    wanted = wanted_of(request)
    day = wanted.day or parts.today()
    shown = day or dt.date(1990, 1, 1)
    seen = await parts.footage.read(_read, Seen([], [], []), camera.key, wanted, shown)
    arrays = await anyio.to_thread.run_sync(queries.learned, parts.paths.camera, camera.key)
    rows = await rows_of(parts, seen.events[:PAGE])
    more = wanted.query(before=rows[-1].event.number) if len(seen.events) > PAGE else ""
    of_day = await rows_of(parts, seen.of_day)
    return show(
        request,
        "camera.html",
        "/cameras",
        eye=eye.look(parts, camera),
        reasons=eye.reasons(parts, camera.name),
        wanted=wanted,
        sections=by_day(parts, rows),
        more=more,
        strip=strip(parts, shown, seen.minutes, of_day) if day else None,
        learned=learned(parts.texts, arrays),
        kinds=KINDS,
        causes=CAUSES,
    )
