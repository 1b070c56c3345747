"""From what is seen, many times a second, to events that open, change and close, each with one id.

Opening and closing have two thresholds and a pause between (hysteresis), so that a score that
trembles is one event.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from appliance.camera.box import Box
from appliance.camera.events.way import Way, lengthen

OPEN_SCORE = 0.5
"""`Assessment.score` from which something is unusual."""
HOLD_SCORE = 0.4
"""What keeps an event open."""
QUIET_S = 5.0
"""How long nothing may be unusual before an event is over."""
LONGEST_S = 120.0
"""Then it is over, and what goes on opens no other one until it has been quiet once."""
UPDATE_EVERY_S = 2.0
BETTER = 0.05
"""By how much a score must rise to be told."""

Phase = Literal["open", "update", "close"]


@dataclass(frozen=True)
class Sighting:
    """What was seen at one moment."""

    at_s: float
    """On a monotonic clock."""
    score: float
    kind: str = ""
    cause: str = ""
    sentence: str = ""
    place: Box | None = None


@dataclass(frozen=True)
class Event:
    """Something unusual. What it says is of its most unusual moment, but for its way."""

    id: str
    start_s: float
    """Monotonic."""
    last_s: float
    """When something was unusual last."""
    score: float
    kind: str
    cause: str
    sentence: str
    place: Box | None
    way: Way = ()
    """Where it was all the time."""


@dataclass(frozen=True)
class Change:
    phase: Phase
    event: Event


def new_id() -> str:
    """16 hexadecimal digits, by chance."""
    return secrets.token_hex(8)


class Tracker:
    """The events of one camera, one at a time."""

    def __init__(self, name_event: Callable[[], str] = new_id) -> None:
        self._name_event = name_event
        self._told_s = 0.0
        self._told: Event | None = None
        """As it was told last."""
        self._exhausted = False
        """An event was as long as one may be, and it has not been quiet since."""
        self._quiet_since_s: float | None = None
        self.event: Event | None = None
        """The open one."""

    def see(self, sighting: Sighting) -> list[Change]:
        """Takes the next moment, in order."""
        changes = self.tick(sighting.at_s)
        if sighting.score >= HOLD_SCORE:
            self._quiet_since_s = None
        elif self._quiet_since_s is None:
            self._quiet_since_s = sighting.at_s
        if self.event is None:
            return changes + self._open(sighting)
        return changes + self._go_on(self.event, sighting)

    def tick(self, now_s: float) -> list[Change]:
        """Closes what is over, also when nothing is seen any more."""
        if self._quiet_since_s is not None and now_s - self._quiet_since_s >= QUIET_S:
            self._exhausted = False
        event = self.event
        if event is None:
            return []
        if now_s - event.start_s >= LONGEST_S:
            self._exhausted = True
            return self.close()
        return self.close() if now_s - event.last_s >= QUIET_S else []

    def close(self) -> list[Change]:
        """Ends the open event, whatever is seen."""
        event, self.event, self._told = self.event, None, None
        return [] if event is None else [Change("close", event)]

    def _open(self, seen: Sighting) -> list[Change]:
        if seen.score < OPEN_SCORE or self._exhausted:
            return []
        self.event = Event(
            self._name_event(),
            seen.at_s,
            seen.at_s,
            seen.score,
            seen.kind,
            seen.cause,
            seen.sentence,
            seen.place,
            () if seen.place is None else (seen.place,),
        )
        return self._tell("open", self.event, seen.at_s)

    def _go_on(self, event: Event, seen: Sighting) -> list[Change]:
        if seen.score >= HOLD_SCORE:
            event = replace(event, last_s=max(event.last_s, seen.at_s))
            if seen.place is not None:
                event = replace(event, way=lengthen(event.way, seen.place))
        if seen.score > event.score:
            event = replace(
                event,
                score=seen.score,
                kind=seen.kind or event.kind,
                cause=seen.cause or event.cause,
                sentence=seen.sentence or event.sentence,
                place=seen.place or event.place,
            )
        self.event = event
        told = self._told
        if told is None or seen.at_s - self._told_s < UPDATE_EVERY_S:
            return []
        new = event.score >= told.score + BETTER or (event.cause, event.kind) != (
            told.cause,
            told.kind,
        )
        return self._tell("update", event, seen.at_s) if new else []

    def _tell(self, phase: Phase, event: Event, now_s: float) -> list[Change]:
        self._told, self._told_s = event, now_s
        return [Change(phase, event)]
