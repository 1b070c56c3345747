"""Voice: sentences that somebody types or speaks, and what came of them."""

from typing import Annotated, Literal

import msgspec

from appliance.bus.messages.base import Message

ReplyKind = Literal["done", "answered", "asked", "refused", "late", "not_understood", "noted"]


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
