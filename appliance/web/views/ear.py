"""Whether the box listens, in words: for the view of voice and for Home."""

from dataclasses import dataclass
from typing import Literal

from appliance.bus.messages.listening import ListeningState
from appliance.bus.messages.service import Reason
from appliance.web.parts import Parts

Kind = Literal[
    "listening", "push", "open", "muted", "none", "opening", "failed", "deaf", "ended", "away",
    "unknown", "disconnected",
]  # fmt: skip
RULES = frozenset({"microphone", "recognition"})
"""Of voice's health: what keeps it from hearing."""
CONDITIONS: dict[Kind, str] = {
    "listening": "good", "push": "good", "open": "good", "muted": "warn", "failed": "bad",
    "deaf": "bad", "away": "bad", "disconnected": "bad",
}  # fmt: skip


@dataclass(frozen=True)
class Ear:
    """How it is, and what can be done with it."""

    kind: Kind
    condition: str
    """`good`, `warn`, `bad` or `idle`."""
    title: str
    text: str
    reasons: list[Reason]
    """What is wrong, each with its mend."""
    muted: bool = False
    can_mute: bool = False
    can_listen: bool = False
    can_say: bool = False


def look(parts: Parts) -> Ear:
    t, state = parts.texts, parts.conversation.listening
    here = parts.status.available("voice")
    kind, reasons = _kind(parts, state)
    word = wake_word(parts, state.wake_word) if state else ""
    return Ear(
        kind,
        CONDITIONS.get(kind, "idle"),
        t(f"voice.ear.{kind}", word=word),
        t(f"voice.ear_text.{kind}", word=word),
        reasons,
        muted=state is not None and state.muted,
        can_mute=here and state is not None and kind not in ("none", "ended"),
        can_listen=here and kind in ("listening", "push", "open"),
        can_say=here,
    )


def _kind(parts: Parts, state: ListeningState | None) -> tuple[Kind, list[Reason]]:
    service = next(one for one in parts.status.services() if one.name == "voice")
    if not parts.status.connected:
        return "disconnected", []
    if service.condition == "offline":
        return "away", []
    if state is None:
        return "unknown", []
    if state.muted:
        return "muted", []
    reasons = [reason for reason in service.reasons if reason.rule in RULES]
    if state.listening:
        if parts.conversation.is_open:
            return "open", []
        return ("push" if state.wake_word == "none" else "listening"), []
    if state.microphone == "failed":
        # a box without a microphone is not at fault, so its health gives no reason
        return ("failed" if reasons else "none"), reasons
    if state.microphone == "capturing" and reasons:
        return "deaf", reasons
    waiting: dict[str, Kind] = {"none": "none", "ended": "ended"}
    return waiting.get(state.microphone, "opening"), reasons


def wake_word(parts: Parts, name: str) -> str:
    key = f"voice.wake.{name}"
    return parts.texts(key) if key in parts.texts else name.replace("_", " ").capitalize()
