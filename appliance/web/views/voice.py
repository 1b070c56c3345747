"""Voice: whether it listens, a line to type, and what was heard, understood and done."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from appliance.bus.errors import BusError
from appliance.bus.messages.listening import OpenEar, SetMuted
from appliance.bus.messages.voice import CommandEvent, Reply, Say, TimerEvent
from appliance.bus.messages.voice import Stage as StageName
from appliance.bus.topics import OPEN_EAR, SAY, SET_MUTED
from appliance.web import formatting
from appliance.web.conversation import KEPT, Turn
from appliance.web.flash import Said
from appliance.web.parts import Parts, parts_of
from appliance.web.views import ear
from appliance.web.views.common import (
    excuse,
    leave,
    next_path,
    outcome,
    show,
    text_field,
)

SAY_LIMIT = 300
SAY_LIMIT_S = 8.0
"""Several devices behind a slow broker are answered for later than other questions."""
STAGES: tuple[StageName, ...] = ("waited", "decoded", "understood", "sent")
CONDITIONS = {
    "done": ("check", "good"), "answered": ("message-square", "good"),
    "noted": ("check", "good"), "asked": ("message-circle-question-mark", "ask"),
    "refused": ("circle-x", "warn"), "late": ("timer", "warn"),
    "not_understood": ("circle-help", "warn"),
}  # fmt: skip
"""Icon and colour of a reply by its kind."""
PLACES = ("name", "area", "floor")
PREFIX = re.compile(r"^(Hass|Appliance)")


@dataclass(frozen=True)
class Stage:
    """A part of the time that an answer took."""

    name: str
    ms: float

    @property
    def time(self) -> str:
        return milliseconds(self.ms)


def milliseconds(ms: float) -> str:
    return f"{ms:.0f}" if ms >= 10 else f"{ms:.1f}"


@dataclass(frozen=True)
class Line:
    """A turn as it is shown."""

    number: int
    at: str
    heard: str
    """'' when nothing could be made of it, or when a timer speaks."""
    reply: str
    icon: str
    condition: str
    source: str = ""
    """`spoken`, `typed`; '' of a timer."""
    intent: str = ""
    """In words; '' when it was not understood."""
    slots: tuple[tuple[str, str], ...] = ()
    """What the sentence named, by the name of the slot."""
    score: float | None = None
    stages: tuple[Stage, ...] = ()
    answers: tuple[str, ...] = ()
    """What can be answered now."""

    @property
    def about(self) -> str:
        """What the sentence is about: a device or a place."""
        return ", ".join(value for name, value in self.slots if name in PLACES)

    @property
    def total_ms(self) -> float:
        return sum(stage.ms for stage in self.stages)

    @property
    def time(self) -> str:
        return milliseconds(self.total_ms)


def lines(parts: Parts) -> list[Line]:
    """The newest first."""
    asked = parts.conversation.asked
    return [_line(parts, turn, asked) for turn in parts.conversation.turns]


def _line(parts: Parts, turn: Turn, asked: Turn | None) -> Line:
    event = turn.event
    at = formatting.wall(parts.texts, turn.at.isoformat(), parts.today()) if turn.at else ""
    if isinstance(event, TimerEvent):
        return Line(turn.number, at, "", formatting.settled(event.text), "bell", "good")
    icon, condition = CONDITIONS[event.event_type]
    return Line(
        turn.number,
        at,
        formatting.settled(event.text),
        formatting.settled(event.reply),
        icon,
        condition,
        source=event.source,
        intent=intent_words(parts, event.intent) if event.intent else "",
        slots=tuple(
            (name.replace("_", " "), formatting.settled(value))
            for name, value in event.slots.items()
        ),
        score=event.score,
        stages=_stages(event.timings_ms),
        answers=tuple(event.answers) if turn is asked else (),
    )


def _stages(timings_ms: Mapping[StageName, float]) -> tuple[Stage, ...]:
    return tuple(Stage(name, timings_ms[name]) for name in STAGES if name in timings_ms)


def intent_words(parts: Parts, intent: str) -> str:
    """`HassLightSet` as people say it; the name's own words for one of the household's."""
    name = intent_name(intent)
    key = f"voice.intent.{name}"
    if key in parts.texts:
        return parts.texts(key)
    return formatting.settled(name.replace("_", " ").capitalize())


def intent_name(intent: str) -> str:
    """`light_set` of `HassLightSet`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", PREFIX.sub("", intent)).lower()


def last_done(parts: Parts) -> Line | None:
    """The newest sentence and its reply, for Home."""
    newest = next((t for t in parts.conversation.turns if isinstance(t.event, CommandEvent)), None)
    return _line(parts, newest, parts.conversation.asked) if newest else None


async def page(request: Request) -> Response:
    return _page(request)


def _page(
    request: Request, status: int = 200, typed: str = "", problem: Said | None = None
) -> Response:
    parts = parts_of(request)
    training = parts.conversation.training
    return show(
        request,
        "voice.html",
        "/voice",
        status,
        ear=ear.look(parts),
        lines=lines(parts),
        kept=KEPT,
        typed=typed,
        problem=problem,
        limit=SAY_LIMIT,
        recordings=training is not None and (training.enabled or training.recordings > 0),
    )


async def say(request: Request) -> Response:
    """Carries out what was typed; what could not be sent stays in the line."""
    parts = parts_of(request)
    text = await text_field(request, "text", SAY_LIMIT)
    path = await next_path(request, "/voice")
    if not text:
        problem = Said(text=parts.texts("voice.say_nothing"), failed=True)
        return _page(request, _status(request, 422), problem=problem)
    before = parts.conversation.newest
    try:
        reply = await parts.messenger.ask(SAY, Say(text=text), SAY_LIMIT_S)
    except BusError as error:
        problem = excuse(parts.texts, SAY, error)
        return _page(request, _status(request, 503), text, problem)
    if await parts.conversation.until(lambda: parts.conversation.replied(before, reply.text)):
        return leave(path)
    return leave(path, _spoken(reply))


def _spoken(reply: Reply) -> Said:
    """The reply as a toast, while the conversation has not heard of it."""
    return Said(text=reply.text[:400], failed=reply.kind in ("refused", "late", "not_understood"))


def _status(request: Request, status: int) -> int:
    """htmx puts a form with its problem in place only from an answer that is none of an error."""
    return 200 if request.headers.get("hx-request") else status


async def mute(request: Request) -> Response:
    parts = parts_of(request)
    muted = await text_field(request, "muted") == "yes"
    path = await next_path(request, "/voice")
    said = await outcome(
        request, SET_MUTED, SetMuted(muted=muted), "done.muted" if muted else "done.unmuted"
    )
    if not said.failed:
        conversation = parts.conversation
        await conversation.until(
            lambda: conversation.listening is not None and conversation.listening.muted is muted
        )
    return leave(path, said)


async def listen(request: Request) -> Response:
    """Push-to-talk."""
    parts = parts_of(request)
    path = await next_path(request, "/voice")
    said = await outcome(request, OPEN_EAR, OpenEar(), "done.listening")
    if said.failed:
        return leave(path, said)
    await parts.conversation.until(lambda: parts.conversation.is_open)
    return leave(path)
