"""People: all of them, one of them, and what the household says of them."""

import sqlite3
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from appliance.albums import queries
from appliance.albums.queries import Counts, Face, Person, Photo
from appliance.bus.messages.albums import (
    AssignFace,
    ForgetPerson,
    MergePeople,
    NamePerson,
    RemoveFace,
    SeparatePeople,
    SetGrouping,
)
from appliance.bus.topics import (
    ASSIGN_FACE,
    FORGET_PERSON,
    MERGE_PEOPLE,
    NAME_PERSON,
    REMOVE_FACE,
    SEPARATE_PEOPLE,
    SET_GROUPING,
)
from appliance.service.errors import DatabaseMissing
from appliance.web import formatting
from appliance.web.parts import parts_of
from appliance.web.views.common import (
    carry_out,
    identifier,
    identifier_field,
    leave,
    local_path,
    next_path,
    outcome,
    page_offset,
    show,
    text_field,
)
from appliance.web.views.home import Asked

PAGE = 60
SEARCH_LIMIT = 60
FACES = 48
NAME_LIMIT = 100


@dataclass(frozen=True)
class Crowd:
    """A page of people."""

    counts: Counts
    people: list[Person]
    more: bool


def _crowd(reader: sqlite3.Connection, searched: str, offset: int) -> Crowd:
    if searched:
        return Crowd(
            queries.counts(reader), queries.find_people(reader, searched, SEARCH_LIMIT), more=False
        )
    people = queries.people(reader, PAGE + 1, offset)
    return Crowd(queries.counts(reader), people[:PAGE], len(people) > PAGE)


async def people(request: Request) -> Response:
    parts = parts_of(request)
    searched = request.query_params.get("q", "").strip()[:NAME_LIMIT]
    offset = page_offset(request)
    try:
        crowd = await parts.library.read(_crowd, searched, offset)
    except DatabaseMissing:
        crowd = Crowd(Counts(0, 0, 0, 0, 0, 0, grouping=False), [], more=False)
    return show(
        request,
        "people.html",
        "/people",
        counts=crowd.counts,
        people=crowd.people,
        searched=searched,
        more=f"/people?offset={offset + PAGE}" if crowd.more else None,
        offset=offset,
    )


@dataclass(frozen=True)
class Portrait:
    person: Person
    photos: list[Photo]
    faces: list[Face]
    asked: Asked | None
    names: list[str]


def _portrait(reader: sqlite3.Connection, wanted: int, offset: int) -> Portrait | None:
    person = queries.person(reader, wanted)
    if person is None:
        return None
    pairs = (Asked("same", s.person, s.other) for s in queries.suggestions(reader, 200))
    return Portrait(
        person,
        queries.photos_of_person(reader, person.id, PAGE + 1, offset),
        queries.faces_of_person(reader, person.id, FACES),
        next((a for a in pairs if a.other and person.id in (a.person.id, a.other.id)), None),
        [other.name for other in queries.people(reader, 300) if other.name],
    )


async def person(request: Request) -> Response:
    parts = parts_of(request)
    wanted, offset = identifier(request), page_offset(request)
    portrait = await parts.library.read(_portrait, wanted, offset)
    if portrait is None:
        return show(request, "gone.html", "/people", 404, what="person")
    if portrait.person.id != wanted:  # merged since: the address goes on working
        return leave(f"/people/{portrait.person.id}")
    return show(
        request,
        "person.html",
        "/people",
        person=portrait.person,
        photos=portrait.photos[:PAGE],
        more=f"/people/{wanted}?offset={offset + PAGE}" if len(portrait.photos) > PAGE else None,
        faces=[face for face in portrait.faces if face.crop],
        asked=portrait.asked,
        names=portrait.names,
        photo_label=lambda photo: formatting.moment(parts.texts, photo.taken_at, parts.today()),
    )


async def name(request: Request) -> Response:
    """Names a person; a name that somebody has already is first asked about."""
    parts = parts_of(request)
    wanted = identifier(request)
    given = await text_field(request, "name", NAME_LIMIT)
    path = await next_path(request, f"/people/{wanted}")
    same = await parts.library.read(_named, given) if given else None
    if same is not None and same.id != wanted and not await text_field(request, "another"):
        return leave(f"/people/{wanted}/same/{same.id}")
    return await carry_out(
        request,
        NAME_PERSON,
        NamePerson(person=wanted, name=given or None),
        path,
        "done.named" if given else "done.unnamed",
        name=given,
    )


def _named(reader: sqlite3.Connection, name: str) -> Person | None:
    """Who has this name, case and accents aside."""
    found = queries.find_people(reader, name, SEARCH_LIMIT)
    wanted = queries.fold(name)
    return next((one for one in found if one.name and queries.fold(one.name) == wanted), None)


def _pair(reader: sqlite3.Connection, first: int, second: int) -> tuple[Person, Person] | None:
    one, other = queries.person(reader, first), queries.person(reader, second)
    return (one, other) if one and other else None


async def same(request: Request) -> Response:
    """There is an Anna already: is this the same Anna?"""
    pair = await parts_of(request).library.read(
        _pair, identifier(request), identifier(request, "other")
    )
    if pair is None:
        return show(request, "gone.html", "/people", 404, what="person")
    return show(request, "same.html", "/people", person=pair[0], other=pair[1])


def _choice(
    reader: sqlite3.Connection, wanted: int, searched: str, offset: int
) -> tuple[Person, Crowd] | None:
    person = queries.person(reader, wanted)
    return (person, _crowd(reader, searched, offset)) if person else None


async def choose(request: Request) -> Response:
    """Who is this the same as? The page to pick from, before a merge."""
    searched = request.query_params.get("q", "").strip()[:NAME_LIMIT]
    offset = page_offset(request)
    found = await parts_of(request).library.read(_choice, identifier(request), searched, offset)
    if found is None:
        return show(request, "gone.html", "/people", 404, what="person")
    person, crowd = found
    return show(
        request,
        "choose.html",
        "/people",
        person=person,
        people=[other for other in crowd.people if other.id != person.id],
        picked=searched,
        more=f"/people/{person.id}/merge?offset={offset + PAGE}" if crowd.more else None,
    )


async def merge(request: Request) -> Response:
    wanted, other = identifier(request), await identifier_field(request, "other")
    path = await next_path(request, f"/people/{wanted}")
    message = MergePeople(person=wanted, other=other)
    return await carry_out(request, MERGE_PEOPLE, message, path, "done.merged")


async def separate(request: Request) -> Response:
    wanted, other = identifier(request), await identifier_field(request, "other")
    path = await next_path(request, f"/people/{wanted}")
    message = SeparatePeople(person=wanted, other=other)
    return await carry_out(request, SEPARATE_PEOPLE, message, path, "done.separated")


async def confirm_forget(request: Request) -> Response:
    """The one thing that cannot be undone is asked for on a page of its own."""
    person = await parts_of(request).library.read(queries.person, identifier(request))
    if person is None:
        return show(request, "gone.html", "/people", 404, what="person")
    return show(request, "forget.html", "/people", person=person)


async def forget(request: Request) -> Response:
    wanted = identifier(request)
    said = await outcome(request, FORGET_PERSON, ForgetPerson(person=wanted), "done.forgotten")
    return leave(f"/people/{wanted}" if said.failed else "/people", said)


async def remove_face(request: Request) -> Response:
    message = RemoveFace(face=identifier(request))
    path = await next_path(request, "/people")
    return await carry_out(request, REMOVE_FACE, message, path, "done.removed")


async def assign_face(request: Request) -> Response:
    """Gives a face to the person of that name, or to a new one."""
    given = await text_field(request, "name", NAME_LIMIT)
    if not given:
        raise HTTPException(400)
    known = await parts_of(request).library.read(_named, given)
    face = identifier(request)
    message = (
        AssignFace(face=face, person=known.id)
        if known
        else AssignFace(face=face, person=None, name=given)
    )
    path = await next_path(request, "/people")
    return await carry_out(request, ASSIGN_FACE, message, path, "done.assigned", name=given)


async def confirm_stop(request: Request) -> Response:
    """Taking the agreement back deletes what was learned, so it is asked for once."""
    return show(request, "stop.html", "/settings")


async def grouping(request: Request) -> Response:
    """The household agrees to faces being grouped, or takes that back."""
    agreed = await text_field(request, "agreed") == "yes"
    path = local_path(await text_field(request, "next", 500), "/people")
    done = "done.agreed" if agreed else "done.disagreed"
    return await carry_out(request, SET_GROUPING, SetGrouping(agreed=agreed), path, done)
