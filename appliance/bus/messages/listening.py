"""Voice's ear: whether it hears, and when it opened."""

from typing import Literal

from appliance.bus.messages.base import Message


class ListeningState(Message, frozen=True, kw_only=True):
    """How the microphone is; retained."""

    microphone: Literal["none", "opening", "capturing", "muted", "failed", "ended"]
    """`none`: commands are only typed. `failed`: the health says why. `ended`: a recording was
    heard to its end."""
    muted: bool
    listening: bool
    """Whether what is said now is understood."""
    wake_word: str
    """As in the settings; `none` when only a push opens the ear."""


class EarEvent(Message, frozen=True, kw_only=True):
    """Something that was heard, without what it was; an event."""

    event_type: Literal["woken", "pushed", "understood", "not_understood", "nothing_said"]


class SetMuted(Message, frozen=True, kw_only=True):
    """Stop capturing at the device, or start again; remembered over restarts."""

    muted: bool


class OpenEar(Message, frozen=True, kw_only=True):
    """Listen to one command, as if the wake word had been said (push-to-talk)."""
