"""What the room and a child process say to each other: frames of MessagePack over a socket.

A child parses what strangers send, so its reports are checked like any stranger's: sizes have
limits, and texts that people see are made of what the room itself knows.
"""

import struct
from typing import Annotated, Literal

import msgspec

from appliance.camera.events.way import WAY_LIMIT

FRAME_LIMIT_BYTES = 4 << 20
HEADER = struct.Struct(">I")
FORKED = struct.Struct(">I?")
"""What the process that forks children answers: the child's process id, and whether it has the
object detector."""
JPEG_LIMIT_BYTES = 1 << 20
STATE_LIMIT_BYTES = 3 << 20

Fraction = Annotated[float, msgspec.Meta(ge=-1, le=2)]
Jpeg = Annotated[bytes, msgspec.Meta(max_length=JPEG_LIMIT_BYTES)]
Word = Annotated[str, msgspec.Meta(max_length=40)]
Sentence = Annotated[str, msgspec.Meta(max_length=400)]
Role = Literal["record", "watch"]


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A rectangle in fractions of the picture."""

    x: Fraction
    y: Fraction
    width: Fraction
    height: Fraction


class Start(msgspec.Struct, tag=True, frozen=True):
    """The first message to a child."""

    url: str
    roles: tuple[Role, ...]
    folder: str
    """Where recordings go."""
    reserve_bytes: int
    """Recording pauses while the disk has less than that."""
    piece_s: float
    false_alarms_per_day: float
    learned: bytes
    """What the camera has learned; empty at first."""


class Judge(msgspec.Struct, tag=True, frozen=True):
    """The household's word on a thing along its way."""

    reference: str
    """Comes back with the numbers."""
    verdict: Literal["normal", "always"]
    kind: Word
    places: tuple[Place, ...]


class TakeBack(msgspec.Struct, tag=True, frozen=True):
    numbers: tuple[int, ...]


class TakePicture(msgspec.Struct, tag=True, frozen=True):
    """Send the picture as it is now."""


class Stop(msgspec.Struct, tag=True, frozen=True):
    """Finish what is recorded, say what was learned, and end."""


class Opened(msgspec.Struct, tag=True, frozen=True):
    """The stream is there."""

    width: Annotated[int, msgspec.Meta(ge=0, le=32_768)]
    height: Annotated[int, msgspec.Meta(ge=0, le=32_768)]
    codec: Word


class Alive(msgspec.Struct, tag=True, frozen=True):
    """Once a second while packets come."""

    packets: int
    """Since the stream was opened."""
    repaired: int
    """Timestamps that had to be."""
    recording: bool
    paused: Word
    """Why recording pauses; empty while it does not."""
    frozen: bool
    """The picture has not changed in the least for long."""


class Wrote(msgspec.Struct, tag=True, frozen=True):
    """A piece of the recording is finished."""

    size_bytes: Annotated[int, msgspec.Meta(ge=0)]


class Seen(msgspec.Struct, tag=True, frozen=True):
    """What was seen; several pictures' most unusual, a few a second."""

    at_s: float
    """On the monotonic clock of the box."""
    score: Annotated[float, msgspec.Meta(ge=0, le=1)]
    moving: bool
    kinds: Annotated[tuple[Word, ...], msgspec.Meta(max_length=16)]
    """Of all that moves, and of those who are there though they do not move."""
    kind: Word
    """Of the cause; empty when nothing is unusual."""
    place: Place | None
    cause: Word
    sentence: Sentence


class Snapshot(msgspec.Struct, tag=True, frozen=True):
    """The picture of what was reported, the cause marked."""

    at_s: float
    jpeg: Jpeg


class Live(msgspec.Struct, tag=True, frozen=True):
    """The picture as it is now."""

    jpeg: Jpeg


class Learned(msgspec.Struct, tag=True, frozen=True):
    """What the camera has learned, to be kept."""

    state: Annotated[bytes, msgspec.Meta(max_length=STATE_LIMIT_BYTES)]
    drawing: Annotated[bytes, msgspec.Meta(max_length=STATE_LIMIT_BYTES)]
    """JSON, for a page to draw; empty where there is none."""


class Judged(msgspec.Struct, tag=True, frozen=True):
    reference: Annotated[str, msgspec.Meta(max_length=80)]
    numbers: Annotated[tuple[int, ...], msgspec.Meta(max_length=WAY_LIMIT)]
    """For `TakeBack`, one a place."""


class Lost(msgspec.Struct, tag=True, frozen=True):
    """The child's last message: its stream is no more."""

    reason: Sentence


Order = Start | Judge | TakeBack | TakePicture | Stop
Report = Opened | Alive | Wrote | Seen | Snapshot | Live | Learned | Judged | Lost


def frame(message: Order | Report) -> bytes:
    body = msgspec.msgpack.encode(message)
    return HEADER.pack(len(body)) + body
