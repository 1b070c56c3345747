"""Voice's training log: recordings that the household keeps of what it says to the box."""

from typing import Annotated

import msgspec

from appliance.bus.messages.base import Message

RecordingId = Annotated[str, msgspec.Meta(pattern=r"^\d{8}-[0-9a-f]{8}$")]


class TrainingState(Message, frozen=True, kw_only=True):
    """What is kept; retained."""

    enabled: bool
    """Whether more is added."""
    recordings: Annotated[int, msgspec.Meta(ge=0)]
    """They stay when the log is switched off, until somebody deletes them or they are too old."""
    size_bytes: Annotated[int, msgspec.Meta(ge=0)]


class DeleteRecordings(Message, frozen=True, kw_only=True):
    """Delete recordings with what is known of them. Those that are not there count as deleted."""

    ids: Annotated[list[RecordingId], msgspec.Meta(max_length=1000)] | None
    """None deletes all."""
