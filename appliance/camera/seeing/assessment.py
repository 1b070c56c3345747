"""What is said of a picture: what moves, how unusual it is, and why."""

from dataclasses import dataclass
from enum import StrEnum

from appliance.camera.box import Box


class Kind(StrEnum):
    """Of what moves."""

    PERSON = "person"
    VEHICLE = "vehicle"
    BICYCLE = "bicycle"
    ANIMAL = "animal"
    OTHER = "other"
    """Something whose kind is not known, or not known yet."""


class Cause(StrEnum):
    """In which respect something is unusual."""

    SPEED = "speed"
    """Faster than what moves there."""
    DIRECTION = "direction"
    """Another way than everybody there."""
    KIND = "kind"
    """A kind that does not come there."""
    PLACE = "place"
    """Where nothing moves otherwise."""
    HOUR = "hour"
    """At an hour at which such do not come."""
    SIZE = "size"
    """Bigger than what moves there."""
    STAY = "stay"
    """Stands where others pass."""
    LEFT = "left"
    """Something stands there that was not there before."""
    TAKEN = "taken"
    """Something that always stood there is gone."""
    TOLD = "told"
    """The household wants to be told always."""


@dataclass(frozen=True)
class Custom:
    """How things of a kind come at an hour, and otherwise."""

    hour: int
    """Of the day, 0-23."""
    nobody: bool
    """None came at that hour as far back as is remembered; else hardly any."""
    usual_per_hour: float
    """How many come at the usual hours."""


@dataclass(frozen=True)
class Observation:
    """How far something is from the usual in one respect."""

    cause: Cause
    kind: Kind
    box: Box
    value: float
    """What was measured, in the unit of the cause."""
    usual: float
    """What is usual there, in that unit; the tail says by how much it is exceeded."""
    score: float
    """The distance from the usual; what it is compared with is the tail of the cause's scores."""
    identifier: int | None = None
    """Of what is followed there."""
    among: Kind = Kind.OTHER
    """The kind that most of those who pass there are of; OTHER when none is known."""
    custom: Custom | None = None
    """Of what comes at an unusual hour."""


@dataclass(frozen=True)
class Example:
    """Something usual, to compare with."""

    time_s: float
    kind: Kind
    box: Box
    value: float
    """In the unit of the reason's own value."""


@dataclass(frozen=True)
class Reason:
    """Why something is unusual."""

    cause: Cause
    kind: Kind
    value: float
    """What was seen; of a speed, picture heights a second; of a stay, seconds; else a ratio."""
    usual: float
    """What is usual there at most, in the same unit."""
    ratio: float
    """How many times the usual."""
    sentence: str
    """In English, for people."""
    examples: tuple[Example, ...] = ()
    """The nearest usual ones, the nearest first."""


@dataclass(frozen=True)
class Track:
    """Something that moves, or moved a moment ago, followed from picture to picture."""

    identifier: int
    kind: Kind
    box: Box
    speed: float
    """Picture heights a second."""
    direction: float
    """Radians; 0 is to the right, pi/2 is down."""
    since_s: float
    """When it was seen first."""


@dataclass(frozen=True)
class Present:
    """A person or an animal that is there though it does not move."""

    kind: Kind
    box: Box
    since_s: float
    """When it stopped there, or was found first."""
    seen_s: float
    """When the detector found it last."""


@dataclass(frozen=True)
class Assessment:
    """Of one picture, given at most `analysis.LOOK_AHEAD_S` after it."""

    time_s: float
    """Of the picture."""
    score: float
    """0-1; from 0.5 on it is unusual at the rate of false alarms that the household sets."""
    moving: bool
    """Something moves, or a moment ago moved."""
    box: Box | None
    """The cause; None when nothing is unusual."""
    kind: Kind | None
    reason: Reason | None
    """Of what is most unusual; None while the score is below 0.5."""
    tracks: tuple[Track, ...] = ()
    present: tuple[Present, ...] = ()
    fastest: float = 0.0
    """What motion alone says, nothing learned: the highest speed of about half a person, in picture
    heights a second, averaged like the score."""

    @property
    def unusual(self) -> bool:
        return self.score >= 0.5
