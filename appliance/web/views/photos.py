"""The timeline and the single photo."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from appliance.albums import queries
from appliance.albums.queries import Day, Face, Person, Photo
from appliance.service.errors import DatabaseMissing
from appliance.web import formatting
from appliance.web.parts import Parts, parts_of
from appliance.web.views.common import identifier, page_offset, show

BLOCK = 120
"""Photos of a block: full rows with 3, 4, 6 and 8 columns."""
FIRST_PHOTOS = 60
"""So many stand in the page itself; the others come when they are scrolled to."""
BLOCKS_A_REQUEST = 60
NO_DAY = "none"
"""Names the section of photos without a day in addresses."""


@dataclass(slots=True)
class Block:
    """A part of a day, of known height."""

    day: str | None
    offset: int
    count: int
    photos: list[Photo] = field(default_factory=list)
    """Empty until it is asked for."""

    @property
    def key(self) -> str:
        return f"{self.day or NO_DAY}:{self.offset}"


@dataclass(frozen=True, slots=True)
class Section:
    """A day with its blocks."""

    day: str | None
    count: int
    blocks: list[Block]


@dataclass(frozen=True, slots=True)
class Month:
    """`2024-07`; None for photos without a day."""

    month: str | None
    sections: list[Section]

    @property
    def count(self) -> int:
        return sum(section.count for section in self.sections)


def months(days: Iterable[Day]) -> list[Month]:
    """The timeline's skeleton, newest first."""

    def month(section: Section) -> str | None:
        return section.day[:7] if section.day else None

    sections = [
        Section(
            day.day,
            day.photos,
            [
                Block(day.day, offset, min(BLOCK, day.photos - offset))
                for offset in range(0, day.photos, BLOCK)
            ],
        )
        for day in days
    ]
    return [Month(name, list(found)) for name, found in groupby(sections, month)]


def _timeline(reader: sqlite3.Connection) -> list[Month]:
    """The skeleton, its first blocks filled."""
    timeline = months(queries.days(reader))
    room = FIRST_PHOTOS
    for block in (b for m in timeline for s in m.sections for b in s.blocks):
        if room <= 0:
            break
        block.photos = queries.photos_of_day(reader, block.day, block.count, block.offset)
        room -= block.count
    return timeline


async def timeline(request: Request) -> Response:
    parts = parts_of(request)
    try:
        found = await parts.library.read(_timeline)
    except DatabaseMissing:
        found = []
    years = sorted({month.month[:4] for month in found if month.month}, reverse=True)
    return show(
        request,
        "timeline.html",
        "/photos",
        months=found,
        years=years,
        total=sum(month.count for month in found),
        **_labels(parts),
    )


def _labels(parts: Parts) -> dict[str, Any]:
    t, today = parts.texts, parts.today()

    def month_label(month: str | None, wide: bool) -> str:
        if month is None:
            return t("photos.no_day" if wide else "date.unknown_short")
        family = "date.month" if wide else "date.month_short"
        name = t(f"{family}.{formatting.MONTHS[int(month[5:7]) - 1]}")
        return t("date.month_of_year", month=name, year=month[:4])

    def day_label(day: str | None, wide: bool) -> str:
        if wide:
            return formatting.day(t, day, today)
        return formatting.day_of_month(t, day) if day else t("date.unknown")

    return {
        "month_label": month_label,
        "day_label": day_label,
        "photo_label": lambda photo: formatting.moment(t, photo.taken_at, today),
    }


async def blocks(request: Request) -> Response:
    """The photos of the blocks that came into sight: `?block=2024-07-31:0&block=...`."""
    parts = parts_of(request)
    wanted = [
        _parse_block(text) for text in request.query_params.getlist("block")[:BLOCKS_A_REQUEST]
    ]

    def fill(reader: sqlite3.Connection) -> list[Block]:
        for block in wanted:
            block.photos = queries.photos_of_day(reader, block.day, BLOCK, block.offset)
        return wanted

    filled = await parts.library.read(fill)
    text = parts.renderer.fragment("blocks.html", {"blocks": filled, **_labels(parts)})
    return HTMLResponse(text, headers={"Cache-Control": "no-store"})


def _parse_block(text: str) -> Block:
    day, _, offset = text.partition(":")
    if len(day) > 10 or not offset.isascii() or not offset.isdigit() or len(offset) > 9:
        raise HTTPException(400)
    return Block(None if day == NO_DAY else day, int(offset), BLOCK)


async def day(request: Request) -> Response:
    """One day on a page of its own; what a browser without JavaScript gets the photos from."""
    parts = parts_of(request)
    name = str(request.path_params["day"])
    wanted = None if name == NO_DAY else name[:10]
    offset = page_offset(request)
    photos = await parts.library.read(queries.photos_of_day, wanted, BLOCK + 1, offset)
    if not photos:
        raise HTTPException(404)
    return show(
        request,
        "day.html",
        "/photos",
        title=formatting.day(parts.texts, wanted, parts.today()),
        photos=photos[:BLOCK],
        more=f"/photos/day/{name}?offset={offset + BLOCK}" if len(photos) > BLOCK else None,
        back=f"/photos#d{name}",
        **_labels(parts),
    )


@dataclass(frozen=True)
class Shown:
    """What the view of one photo needs."""

    photo: Photo
    faces: list[Face]
    newer: int | None
    older: int | None
    names: list[Person]


def _look(reader: sqlite3.Connection, wanted: int) -> Shown | None:
    photo = queries.photo(reader, wanted)
    if photo is None:
        return None
    newer, older = queries.neighbours(reader, wanted)
    named = [person for person in queries.people(reader, 300) if person.name]
    return Shown(photo, queries.faces_of_photo(reader, wanted), newer, older, named)


async def photo(request: Request) -> Response:
    parts = parts_of(request)
    shown = await parts.library.read(_look, identifier(request))
    if shown is None:
        return show(request, "gone.html", "/photos", 404, what="photo")
    t, one = parts.texts, shown.photo
    day = one.taken_at[:10] if one.taken_at else NO_DAY
    grouping = bool(parts.status.albums and parts.status.albums.grouping) or bool(shown.faces)
    return show(
        request,
        "photo.html",
        "/photos",
        shown=shown,
        photo=one,
        back=f"/photos#d{day}",
        taken=formatting.moment(t, one.taken_at, parts.today()),
        size=formatting.size(t, one.size_bytes),
        megapixels=f"{one.width * one.height / 1e6:.1f}",
        grouping=grouping,
    )
