"""What the views share: rendering with the state of the box, forms, answers of the services."""

from dataclasses import dataclass
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from appliance.bus.errors import BusError, NoAnswer, Refused
from appliance.bus.messages.base import Done, Message
from appliance.bus.topics import Question
from appliance.web import flash
from appliance.web.flash import Said
from appliance.web.parts import Parts, parts_of
from appliance.web.texts import Texts, Value

Q = TypeVar("Q", bound=Message)
A = TypeVar("A", bound=Message)

MAXIMUM_IDENTIFIER = 2**63 - 1


@dataclass(frozen=True)
class Notice:
    """What stands above every view while the box cannot do all it should."""

    text: str
    kind: str


def notice(parts: Parts) -> Notice | None:
    if not parts.status.connected:
        return Notice("notice.disconnected", "bad")
    conditions = {service.name: service.condition for service in parts.status.services()}
    if conditions["albums"] == "offline":
        return Notice("notice.albums_away", "bad")
    if conditions["albums"] == "failed":
        return Notice("notice.albums_failed", "bad")
    return None


def show(
    request: Request, template: str, here: str = "", status: int = 200, **values: object
) -> Response:
    """A view in the frame of the page; `here` is its place in the navigation."""
    parts = parts_of(request)
    return parts.renderer.page(
        request,
        template,
        {
            "here": here,
            "box": parts.status.worst(),
            "notice": notice(parts),
            "logged_in": parts.password.is_set,
            "version": parts.hub.version,
            **values,
        },
        status,
    )


def identifier(request: Request, name: str = "id") -> int:
    """An id of the path. Raises HTTPException 404 for one that no database can hold."""
    value = int(request.path_params[name])
    if not 1 <= value <= MAXIMUM_IDENTIFIER:
        raise HTTPException(404)
    return value


def page_offset(request: Request) -> int:
    """Where in a long list the page begins (`?offset=`); 0 for what is no such number."""
    text = request.query_params.get("offset", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


async def text_field(request: Request, name: str, limit: int = 200) -> str:
    """A field of the posted form without blanks around it; '' when it is missing.

    Raises HTTPException 400 when it is a file or longer than `limit`.
    """
    value = (await request.form(max_files=0, max_fields=100)).get(name, "")
    if not isinstance(value, str) or len(value) > limit:
        raise HTTPException(400)
    return value.strip()


async def identifier_field(request: Request, name: str) -> int:
    """Raises HTTPException 400 when it is no id."""
    value = await text_field(request, name)
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= MAXIMUM_IDENTIFIER:
        raise HTTPException(400)
    return int(value)


async def next_path(request: Request, default: str = "/") -> str:
    """Where the form wants to go on; only ever a path of this page."""
    return local_path(await text_field(request, "next", 500), default)


def local_path(path: str, default: str = "/") -> str:
    local = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if local and path.isprintable() else default


def leave(path: str, said: Said | None = None) -> Response:
    """Goes on to `path`, where `said` is shown."""
    response = RedirectResponse(path, 303)
    if said is not None:
        flash.write(response, said)
    return response


async def carry_out(
    request: Request,
    question: Question[Q, Done],
    message: Q,
    path: str,
    done: str,
    **values: Value,
) -> Response:
    """Asks a service for a change and goes on to `path`, where the outcome is said, with Undo if it
    has one."""
    return leave(path, await outcome(request, question, message, done, **values))


async def outcome(
    request: Request, question: Question[Q, Done], message: Q, done: str, **values: Value
) -> Said:
    parts = parts_of(request)
    try:
        answer = await parts.messenger.ask(question, message)
    except BusError as error:
        return excuse(parts.texts, question, error)
    return Said(text=parts.texts(done, **values), entry=answer.entry)


def excuse(t: Texts, question: Question[Q, A], error: BusError, away: str = "failed.away") -> Said:
    """Why a service did not answer, in its own words if it has said so."""
    service = t(f"service.{question.answerer}")
    if isinstance(error, Refused):
        return Said(text=error.failure.message, mend=error.failure.mend, failed=True)
    if isinstance(error, NoAnswer):
        text = t("failed.no_answer", service=service)
        return Said(text=text, mend=t("failed.no_answer_mend"), failed=True)
    return Said(text=t(away, service=service), mend=t("failed.away_mend"), failed=True)
