"""Cameras: how each one is, and what is unusual in front of it."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import msgspec

from appliance.bus.messages.base import Message

CameraKey = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{1,40}$")]
"""The camera's name as topics spell it."""
EventId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}$")]
MovingKind = Literal["", "person", "vehicle", "bicycle", "animal", "other"]
Verdict = Literal["normal", "always"]
Score = Annotated[float, msgspec.Meta(ge=0, le=1)]
Fraction = Annotated[float, msgspec.Meta(ge=-1, le=2)]


class CameraState(Message, frozen=True, kw_only=True):
    """How a camera is; retained, one a camera. Says nothing of who was seen."""

    camera: CameraKey
    name: str
    """What the household calls it."""
    online: bool
    """Whether its pictures come."""
    recording: bool
    """Whether what it shows is kept."""
    armed: bool
    """Whether it tells what is unusual."""
    motion: bool
    """Something moves, or did a few seconds ago."""
    person: bool
    """A person is among what moves, or is there and sits or stands still; or was a few seconds
    ago."""
    anomaly: bool
    """Something is unusual now."""
    sentence: str = ""
    """Why, while something is."""
    problem: str = ""
    """What is wrong with it, a sentence; empty while nothing is."""


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A rectangle, in fractions of the picture's width and height."""

    x: Fraction
    y: Fraction
    width: Fraction
    height: Fraction


class CameraEvent(Message, frozen=True, kw_only=True):
    """Something unusual begins, changes, is over; then its clip is there. An event: the database
    keeps it."""

    event_type: Literal["open", "update", "close", "clip"]
    id: EventId
    """One for all that is said of it."""
    camera: CameraKey
    name: str
    at: str
    """When it began, ISO 8601 in UTC; empty while the time is unknown."""
    length_s: Annotated[float, msgspec.Meta(ge=0)]
    """So far."""
    score: Score
    """0.5 to 1: of its most unusual moment."""
    kind: MovingKind
    """Empty when it is not known."""
    cause: str
    """In which respect it is unusual: `speed`, `direction`, `place`, `kind`, ..."""
    sentence: str
    """Why, for people."""
    place: Area | None = None
    face: Literal["", "known", "unknown"] = ""
    """Whether the face is that of somebody in the family's albums; the name stays on the page."""
    snapshot: bool = False
    """Whether there is one."""
    clip: bool = False


@dataclass(frozen=True)
class Picture:
    """A JPEG, as it is: not JSON. What Home Assistant shows of a camera; an event, so that no
    picture lies on the broker."""

    SIZE_LIMIT_BYTES: ClassVar[int] = 1_000_000

    jpeg: bytes
    camera: str = field(default="", compare=False)
    """Whose it is; not on the wire, where the topic says it."""


class ArmCamera(Message, frozen=True, kw_only=True):
    """Tell what is unusual in front of a camera, or do not; remembered over restarts. It is
    recorded and learns all the same."""

    camera: CameraKey
    armed: bool


class JudgeEvent(Message, frozen=True, kw_only=True):
    """The household's word on an event. It changes what the camera holds for usual at once, for
    that kind of thing at that place."""

    id: EventId
    verdict: Literal["normal", "always", "none"]
    """`none` takes back what was said before."""


class TakeSnapshot(Message, frozen=True, kw_only=True):
    """What does a camera show now?"""

    camera: CameraKey


class SnapshotTaken(Message, frozen=True, kw_only=True):
    """The answer to `TakeSnapshot`."""

    file: str
    """A JPEG in the runtime folder of the camera room, overwritten by the next one."""
