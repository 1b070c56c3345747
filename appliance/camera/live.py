"""One camera as the room sees it: its streams, what is seen on them now, its open event."""

from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.camera.box import Box
from appliance.camera.children import protocol
from appliance.camera.children.feed import Feed
from appliance.camera.events.tracker import Change, Sighting, Tracker
from appliance.camera.settings import Camera
from appliance.camera.streams.address import kind_of

MOTION_S = 4.0
"""How long motion, and a person, are still said to be there after the last sign of them."""
MINUTE_MS = 60_000
STEP_LIMIT_S = 1.0
"""What the time between two sightings counts for at most."""
SNAPSHOT_REACH_S = 3.0
"""How far before an event's beginning a snapshot may be, to be its own."""

Minutes = dict[tuple[str, int], tuple[float, float, float]]
"""By camera and minute: the highest score, seconds of movement, seconds in which somebody was there
and nothing moved."""


@dataclass
class Live:
    """In the loop."""

    camera: Camera
    armed: bool
    clock: Callable[[], float]
    """Monotonic."""
    changed: Callable[[], None]
    happened: Callable[["Live", list[Change]], None]
    """Events of this camera opened, changed or closed."""
    pictured: Callable[["Live", str, bytes], None]
    """A snapshot of the event with that id."""
    heard: Callable[["Live", protocol.Report], None]
    """All that is for others: what was learned, judged, or shown."""
    feeds: list[Feed] = field(default_factory=list)
    tracker: Tracker = field(default_factory=Tracker)
    seen: protocol.Seen | None = None
    learned: bytes | None = None
    """What its process said last that it has learned; None before it said anything."""
    minutes: Minutes = field(default_factory=dict)
    """How lively each minute was since this was last taken away."""
    _moved_s: float = float("-inf")
    _person_s: float = float("-inf")
    _snapshot: protocol.Snapshot | None = None
    _told: tuple[bool, bool, bool] = (False, False, False)
    _minute: int | None = None
    """The minute of the day; None while the time is unknown."""

    @property
    def key(self) -> str:
        return self.camera.key

    @property
    def recorder(self) -> Feed:
        """The stream that is recorded."""
        return self.feeds[0]

    @property
    def watcher(self) -> Feed:
        """The stream that is watched; a device has one for both."""
        return self.feeds[-1]

    @property
    def online(self) -> bool:
        return all(feed.online for feed in self.feeds)

    @property
    def recording(self) -> bool:
        alive = self.recorder.alive
        return alive is not None and alive.recording

    @property
    def frozen(self) -> bool:
        alive = self.watcher.alive
        return alive is not None and alive.frozen

    @property
    def motion(self) -> bool:
        return self.clock() - self._moved_s < MOTION_S

    @property
    def person(self) -> bool:
        return self.clock() - self._person_s < MOTION_S

    def roles(self) -> list[tuple[str, tuple[protocol.Role, ...]]]:
        """An address and what its child does, a child each: recording apart from watching, but for
        a device, which can be opened once only and is no stranger."""
        camera = self.camera
        watched = camera.sub_url or camera.url
        if kind_of(camera.url) == "device" and watched == camera.url:
            return [(camera.url, ("watch", "record"))]
        return [(camera.url, ("record",)), (watched, ("watch",))]

    def arm(self, armed: bool) -> None:
        self.armed = armed
        if not armed:
            self._tell(self.tracker.close())
        self.changed()

    def hear(self, report: protocol.Report) -> None:
        """From any of its feeds."""
        if isinstance(report, protocol.Seen):
            self._see(report)
        elif isinstance(report, protocol.Snapshot):
            self._picture(report)
        else:
            self.heard(self, report)

    def tick(self, now_ms: int | None) -> None:
        """About once a second, whether anything is seen or not."""
        self._tell(self.tracker.tick(self.clock()))
        told = (self.motion, self.person, self.tracker.event is not None)
        if told != self._told:
            self._told = told
            self.changed()
        if now_ms is not None:
            self._minute = now_ms - now_ms % MINUTE_MS

    def _see(self, seen: protocol.Seen) -> None:
        before, self.seen = self.seen, seen
        now_s = self.clock()
        if seen.moving:
            self._moved_s = now_s
        if "person" in seen.kinds or seen.kind == "person":
            self._person_s = now_s
        self._count(before, seen)
        if self.armed:
            place = seen.place
            self._tell(
                self.tracker.see(
                    Sighting(
                        at_s=seen.at_s,
                        score=seen.score,
                        kind=seen.kind,
                        cause=seen.cause,
                        sentence=seen.sentence,
                        place=None
                        if place is None
                        else Box(place.x, place.y, place.width, place.height),
                    )
                )
            )

    def _count(self, before: protocol.Seen | None, seen: protocol.Seen) -> None:
        """Adds to how lively this minute is."""
        present = bool(seen.kinds) and not seen.moving
        if self._minute is None or not (seen.moving or present or seen.score > 0):
            return
        step_s = 0.0
        if before is not None:
            step_s = min(STEP_LIMIT_S, max(0.0, seen.at_s - before.at_s))
        key = (self.key, self._minute)
        score, moving_s, present_s = self.minutes.get(key, (0.0, 0.0, 0.0))
        if seen.moving and before is not None and before.moving:
            moving_s += step_s
        elif present:
            present_s += step_s
        self.minutes[key] = (max(score, seen.score), moving_s, present_s)

    def _picture(self, snapshot: protocol.Snapshot) -> None:
        self._snapshot = snapshot
        event = self.tracker.event
        if event is not None:
            self.pictured(self, event.id, snapshot.jpeg)

    def _tell(self, changes: list[Change]) -> None:
        if not changes:
            return
        self.happened(self, changes)
        for change in changes:
            snapshot = self._snapshot
            if change.phase == "open" and snapshot is not None:
                if change.event.start_s - snapshot.at_s < SNAPSHOT_REACH_S:
                    self.pictured(self, change.event.id, snapshot.jpeg)
                self._snapshot = None
        self.changed()
