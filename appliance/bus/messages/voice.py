"""Voice: sentences that somebody types or speaks, and what came of them."""

from typing import Annotated, ClassVar, Literal

import msgspec

from appliance.bus.messages.base import Message

ReplyKind = Literal["done", "answered", "asked", "refused", "late", "not_understood", "noted"]
Stage = Literal["waited", "decoded", "understood", "sent"]
Presence = Literal["available", "unavailable", "unknown"]
Score = Annotated[float, msgspec.Meta(le=0)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class Say(Message, frozen=True, kw_only=True):
    """Carry out a sentence as if it had been spoken."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class Reply(Message, frozen=True, kw_only=True):
    """The answer to `Say`."""

    kind: ReplyKind
    """`asked`: the next sentence is the answer. `noted`: a sentence of the household's own file
    that no device is concerned by. `late`: it waited too long and was dropped."""
    text: str
    """A sentence for people."""
    intent: str = ""
    """As Home Assistant names it; empty when the sentence was not understood."""


class CommandEvent(Message, frozen=True, kw_only=True):
    """A sentence that was said or typed, and what came of it; an event, so that nothing that was
    said lies on the broker."""

    event_type: ReplyKind
    id: str
    """Random: the same event may come twice around a loss of the connection."""
    source: Literal["spoken", "typed"]
    text: str
    """The words that were understood. Of speech that was not, the nearest sentence; empty when
    none is near."""
    reply: str
    """A sentence for people."""
    intent: str = ""
    """As Home Assistant names it; empty when the sentence was not understood."""
    slots: dict[str, str] = {}
    """What the sentence named, in people's words."""
    answers: list[str] = []
    """Sentences that answer what was `asked`, for whoever would rather choose than speak."""
    score: Score | None = None
    """The recogniser's, as `Hypothesis.score`: 0 is perfect. None when typed."""
    timings_ms: dict[Stage, Milliseconds] = {}
    """Of the stages that are known. `waited`: silence before the sentence counted as over.
    `decoded`: recognition that remained then. `understood`: from words to intent. `sent`: until
    the broker had the commands."""


class TimerEvent(Message, frozen=True, kw_only=True):
    """A timer has ended; an event."""

    event_type: Literal["ended", "missed"]
    """`missed`: while the service did not run."""
    length_s: Annotated[float, msgspec.Meta(gt=0)]
    """As it was set."""
    text: str
    """What is said, a sentence for people."""


class AskVocabulary(Message, frozen=True, kw_only=True):
    """What can be said in this house now?"""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """Sentences of one intent, with names of this house."""

    intent: str
    sentences: list[str]


class KnownDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device that can be commanded or asked about."""

    name: str
    area: str = ""
    """Empty while its room is not known."""
    domain: str
    """`light`, `lock`, ..., as in Home Assistant."""
    presence: Presence


class Vocabulary(Message, frozen=True, kw_only=True):
    """The answer to `AskVocabulary`. Lists end where the message would become too large."""

    SIZE_LIMIT_BYTES: ClassVar[int] = 1_000_000
    """Some 10,000 devices."""

    examples: list[Example]
    devices: list[KnownDevice]
    device_count: Count
    """Of all devices, listed or not."""
    unknown: list[str] = []
    """Names that cannot be spoken, only typed."""
    unknown_count: Count = 0
    states: dict[Literal["spoken", "typed", "answers"], Count]
    """How large each grammar is."""
