"""One camera's pictures in, assessments out: motion, objects and normality put together."""

import copy
import math
from collections import deque
from dataclasses import dataclass, replace

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import (
    Assessment,
    Cause,
    Kind,
    Observation,
    Present,
    Reason,
    Track,
)
from appliance.camera.seeing.following import Followed, Follower
from appliance.camera.seeing.lookout import Lookout
from appliance.camera.seeing.motion import MotionReader
from appliance.camera.seeing.objects import Looker
from appliance.camera.seeing.pooling import Flow, Pooling
from appliance.camera.seeing.standing import Scene
from appliance.camera.streams.pictures import Picture
from appliance.camera.usual.drawing import draw
from appliance.camera.usual.hours import HourOf, unknown_hour
from appliance.camera.usual.learned import pack
from appliance.camera.usual.normality import RATIOS, SHARES, TELLING, Normality
from appliance.camera.usual.sentences import reason

SMOOTHING_S = 0.9
"""Scores are averaged over it: what is really unusual lasts longer than a step."""
EXAMPLES = 3
SAME_S = 2.0
"""What is fast again so soon is the same thing."""


@dataclass(frozen=True, eq=False)
class _Moment:
    """What is known of one picture before its score is smoothed."""

    flow: Flow
    observations: list[Observation]
    """One of a cause."""
    tracks: tuple[Track, ...]
    present: tuple[Present, ...]
    hour: int | None
    """Of the week; None while it is unknown."""


class Watcher:
    """Implements `analysis.Analysis`."""

    def __init__(
        self,
        normality: Normality,
        looker: Looker | None = None,
        *,
        learning: bool = True,
        hour_of: HourOf = unknown_hour,
    ) -> None:
        """Without a looker no kinds are known. `learning` off leaves what is known as it is."""
        self._looker = looker
        self._normality = normality
        self._learning = learning
        self._hour_of = hour_of
        self._motion = MotionReader()
        self._pooling = Pooling()
        self._follower = Follower()
        self._scene = Scene()
        self._lookout = Lookout()
        self._gone: list[Followed] = []
        self._fast_s = -1e9
        self._fast_kinds: dict[Kind, int] = {}
        self._moments: deque[_Moment] = deque()
        self._next = 0

    def fork(self, *, learning: bool) -> "Watcher":
        """Another one that knows the same, for other pictures of the same camera."""
        normality = copy.deepcopy(self._normality)
        other = Watcher(normality, self._looker, learning=learning, hour_of=self._hour_of)
        other._scene = copy.deepcopy(self._scene)
        return other

    def add(self, picture: Picture) -> list[Assessment]:
        found: list[Assessment] = []
        motion = self._motion.read(picture)
        for flow in self._pooling.add(motion):
            found += self._take(flow)
        if self._moments:
            self._stand(picture, self._moments[-1].flow, motion.relit)
            self._look(picture)
        return found

    def finish(self) -> list[Assessment]:
        found: list[Assessment] = []
        for flow in self._pooling.finish():
            found += self._take(flow)
        return found + self._flush()

    def accept(self, kind: Kind, box: Box) -> int:
        return self._normality.judgements.add("normal", kind, box)

    def watch(self, kind: Kind, box: Box) -> int:
        return self._normality.judgements.add("tell", kind, box)

    def take_back(self, number: int) -> None:
        self._normality.judgements.take_back(number)

    def state(self) -> bytes:
        return pack(self._normality)

    def drawing(self) -> bytes:
        return draw(self._normality.places)

    def _take(self, flow: Flow) -> list[Assessment]:
        found = self._flush() if flow.fresh else []
        followed, gone = self._follower.follow(flow)
        for each in followed:
            each.solid = self._scene.is_solid(each.box)
        self._gone += gone
        if flow.fresh:
            self._lookout.resume(flow.time_s)
        else:
            self._lookout.follow(flow.time_s, followed, gone)
        if self._learning:
            for each in gone:
                self._normality.learn_pass(each, self._hour_of(each.seen_s))
        hour = self._hour_of(flow.time_s)
        observations = self._normality.observe(flow, followed, self._scene.standing, hour)
        tracks = tuple(each.track() for each in followed)
        present = self._lookout.present(flow.time_s)
        self._moments.append(_Moment(flow, observations, tracks, present, hour))
        next_s = flow.time_s + flow.step_s
        while self._next < len(self._moments) and (
            self._moments[self._next].flow.time_s + SMOOTHING_S / 2 < next_s
        ):
            found.append(self._assess())
        return found

    def _stand(self, picture: Picture, flow: Flow, unsettled: bool) -> None:
        gone, self._gone = self._gone, []
        for each in self._scene.add(picture, flow, gone, unsettled):
            if self._learning:
                self._normality.learn_stay(each)
        for thing in self._scene.standing:
            thing.present = self._lookout.kind_at(thing.box, picture.time_s)

    def _look(self, picture: Picture) -> None:
        if self._looker is None:
            return
        latest = self._moments[-1]
        worst = max(latest.observations, key=self._normality.relative, default=None)
        candidate = worst if worst and self._normality.relative(worst) >= 1.0 else None
        if self._looker.look_at_standing(picture, self._scene.standing, self._follower.followed):
            return
        followed = self._follower.followed

        def odd(each: Followed) -> bool:
            return self._normality.is_odd(each, latest.hour)

        if not self._looker.look(picture, followed, candidate, odd):
            self._looker.look_out(picture, self._lookout, followed)

    def _flush(self) -> list[Assessment]:
        found = [self._assess() for _ in range(len(self._moments) - self._next)]
        self._moments.clear()
        self._next = 0
        return found

    def _assess(self) -> Assessment:
        middle = self._moments[self._next]
        while self._moments[0].flow.time_s < middle.flow.time_s - SMOOTHING_S / 2:
            self._moments.popleft()
            self._next -= 1
        self._next += 1
        near = [
            each
            for each in self._moments
            if each.flow.known and each.flow.time_s <= middle.flow.time_s + SMOOTHING_S / 2
        ]
        smoothed = [_average(cause, near, middle) for cause in Cause] if near else []
        observations = [each for each in smoothed if each is not None]
        relative = {each.cause: self._normality.relative(each) for each in observations}
        highest = max(relative.values(), default=0.0)
        unusual = highest >= 1.0
        told = [each for each in observations if relative[each.cause] >= 1.0]
        shown = min(told, key=lambda each: TELLING.index(each.cause), default=None)
        if self._learning:
            self._normality.learn(middle.flow, observations, unusual, middle.hour)
        for each in told:
            self._mark(each)
        if shown and shown.cause is Cause.SPEED:
            shown = replace(shown, kind=self._kind(middle.flow.time_s, shown.kind))
        return Assessment(
            time_s=middle.flow.time_s,
            score=highest / (1.0 + highest),
            moving=bool(middle.tracks),
            box=shown.box if shown else None,
            kind=shown.kind if shown else None,
            reason=self._reason(shown) if shown else None,
            tracks=middle.tracks,
            present=middle.present,
            fastest=sum(float(each.flow.speed.max()) for each in near) / max(1, len(near)),
        )

    def _kind(self, time_s: float, kind: Kind) -> Kind:
        """What the fast thing was mostly said to be since something became unusual: in a crowd it
        is not always told from its neighbours."""
        if not 0 <= time_s - self._fast_s <= SAME_S:
            self._fast_kinds.clear()
        self._fast_s = time_s
        if kind is not Kind.OTHER:
            weight = 1 if kind is Kind.PERSON else 2
            self._fast_kinds[kind] = self._fast_kinds.get(kind, 0) + weight
        kinds = self._fast_kinds
        return max(kinds, key=lambda each: kinds[each], default=Kind.OTHER)

    def _mark(self, unusual: Observation) -> None:
        """What is unusual is learned with doubt when it is gone."""
        for each in self._follower.followed:
            each.unusual |= each.identifier == unusual.identifier
        for thing in self._scene.standing:
            thing.unusual |= thing.box == unusual.box

    def _reason(self, observation: Observation) -> Reason:
        tail = self._normality.tails[observation.cause]
        return reason(observation, tail.highest(), tail.nearest(observation.box, EXAMPLES))


def _average(cause: Cause, near: list[_Moment], middle: _Moment) -> Observation | None:
    """What is seen in the middle, or else the worst near it, with the average of the scores."""
    found = [each for moment in near for each in moment.observations if each.cause is cause]
    if not found:
        return None
    own = [each for each in middle.observations if each.cause is cause]
    shown = own[0] if own else max(found, key=lambda each: each.score)
    score = sum(each.score for each in found) / len(near)
    if cause in RATIOS and math.isfinite(shown.usual):  # it is not before anything was learned
        return replace(shown, score=score, value=score * shown.usual)
    if cause in SHARES:
        return replace(shown, score=score, value=math.exp(-score))
    return replace(shown, score=score)
