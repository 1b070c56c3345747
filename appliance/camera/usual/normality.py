"""What is normal before one camera, and how far something is from it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Cause, Kind, Observation
from appliance.camera.seeing.following import Followed
from appliance.camera.seeing.motion import Cells
from appliance.camera.seeing.pooling import SIDE_SHARE, Flow
from appliance.camera.seeing.standing import Standing
from appliance.camera.usual.hours import Customs, Hours
from appliance.camera.usual.judgements import Judgements
from appliance.camera.usual.places import Floats, Places, share_of_way
from appliance.camera.usual.tails import Peak, Tail

DAY_S = 24 * 3600.0
REFRESH_S = 10.0
"""So often what is usual is worked out anew from what was learned."""
DOUBT = 0.1
"""What is unusual is learned with this weight: only what comes again and again becomes usual."""
FEET = 4
"""Of a path, the last that say where somebody goes."""
FEWEST_STEPS = 3
"""Of a path, before anything is said of its direction."""
CERTAIN = 9.0
"""Of what the household wants to be told: a score of 0.9."""
RARE = math.log(20)
"""What one in twenty does is not unusual, however regular the rest are."""
TELLING = (
    Cause.TOLD,
    Cause.KIND,
    Cause.STAY,
    Cause.LEFT,
    Cause.TAKEN,
    Cause.DIRECTION,
    Cause.PLACE,
    Cause.HOUR,
    Cause.SIZE,
    Cause.SPEED,
)
"""Of what is unusual in several respects, the first of these is told: what is large or strange
often is fast, too."""
RATIOS = frozenset({Cause.SPEED, Cause.SIZE})
"""Their scores are values as multiples of the usual."""
SHARES = frozenset({Cause.DIRECTION, Cause.KIND, Cause.PLACE, Cause.HOUR})
"""Their values are shares, their scores the negative logarithms."""
LONELY = math.log(12)
"""Where, or when, a twelfth passes of those who pass otherwise is no unusual place or hour."""
NAMELESS = 0.95
"""Of a floor: so strange at most are the place and the way of what has no kind yet."""
STANDING = frozenset({Cause.STAY, Cause.LEFT, Cause.TAKEN})
SETTLING_S = 180.0
"""Nothing is unusual in the first minutes: few of those who come every day have come by then."""
LEAST = {
    Cause.SPEED: 1.0,
    Cause.SIZE: 2.0,
    Cause.DIRECTION: RARE,
    Cause.KIND: RARE,
    Cause.PLACE: LONELY,
    Cause.HOUR: LONELY,
    Cause.STAY: 1.0,
    Cause.LEFT: 1.0,
    Cause.TAKEN: 1.0,
    Cause.TOLD: 1.0,
}
"""Scores below it are usual whatever the tail says."""


@dataclass
class Normality:
    """One camera's."""

    places: Places = field(default_factory=Places)
    hours: Hours = field(default_factory=Hours)
    tails: dict[Cause, Tail] = field(default_factory=lambda: {cause: Tail() for cause in Cause})
    judgements: Judgements = field(default_factory=Judgements)
    false_alarms_per_day: float = 1.0
    _maps: "_Maps | None" = None

    def observe(
        self,
        flow: Flow,
        followed: Sequence[Followed],
        standing: Sequence[Standing] = (),
        hour: int | None = None,
    ) -> list[Observation]:
        """The farthest from the usual in each respect. `hour` is that of the week; while it is
        unknown, nobody comes at an unusual one."""
        if not flow.known:
            return []
        maps = self._current(flow)
        found = [self._speed(flow, followed, maps)]
        for each in followed:
            if not (each.travels and each.solid and each.seen_s == flow.time_s):
                continue
            if self.judgements.is_told(each.kind, *each.box.foot):
                found.append(_observation(Cause.TOLD, each, 1.0, 1.0, CERTAIN))
            if not self.judgements.is_normal(each.kind, *each.box.foot):
                found += [
                    _place(each, maps),
                    _size(each, maps),
                    _direction(each, maps),
                    self._kind(each),
                    _hour(each, hour, maps),
                ]
        for thing in standing:
            if not self.judgements.is_normal(thing.kind, *thing.box.foot):
                found.append(_stay(thing, maps))
        worst: dict[Cause, Observation] = {}
        for one in found:
            if one and (one.cause not in worst or one.score > worst[one.cause].score):
                worst[one.cause] = one
        return list(worst.values())

    @property
    def watched_s(self) -> float:
        """How long what is usual has been learned."""
        return max(tail.watched_s for tail in self.tails.values())

    def relative(self, observation: Observation) -> float:
        """Its score as a multiple of what the household's rate of false alarms allows."""
        period_s = DAY_S / self.false_alarms_per_day
        if observation.cause is Cause.TOLD:
            return observation.score
        tail = self.tails[observation.cause]
        level = tail.level(period_s)
        if observation.cause in STANDING and not math.isfinite(level):
            # That nothing ever stood there is what was learned.
            level = LEAST[observation.cause]
        if self.watched_s < SETTLING_S:
            level = math.inf
        return observation.score / max(level, LEAST[observation.cause])

    def learn(
        self,
        flow: Flow,
        observations: Sequence[Observation],
        unusual: bool,
        hour: int | None = None,
    ) -> None:
        """Takes one picture for usual, or with `DOUBT`. Nothing is learned of an hour of the week
        that is unknown."""
        if not flow.known:
            return
        if hour is not None:
            self.hours.watch(hour, flow.step_s)
        for tail in self.tails.values():
            tail.watch(flow.step_s)
        if not unusual:
            for each in observations:
                if each.cause is Cause.TOLD:
                    continue
                peak = Peak(flow.time_s, each.kind, each.box, each.value, each.score)
                self.tails[each.cause].add(peak)
        self.places.learn_speeds(flow.speed, flow.step_s * (DOUBT if unusual else 1.0))
        if self._maps is None or not 0 <= flow.time_s - self._maps.time_s < REFRESH_S:
            self._maps = None
            self.places.fade(REFRESH_S)
            self._rescore(self._current(flow))

    def learn_pass(self, followed: Followed, hour: int | None = None) -> None:
        """Takes somebody who is gone for usual, or with `DOUBT`. `hour`, of the week, is when he
        was seen last."""
        ways = followed.ways()
        weight = DOUBT if followed.unusual else 1.0
        if followed.travels and ways:
            self.places.learn_pass(ways, followed.size, followed.pace, followed.kind, weight)
        if followed.travels and followed.surely and hour is not None:
            self.hours.learn_visit(hour, followed.kind, weight)

    def _rescore(self, maps: "_Maps") -> None:
        """What was seen when little was known is judged by what is known now; as for its place,
        by all but itself."""
        rows, columns = maps.strangeness.shape
        strange = self.places.strangeness(rows, columns, without=1.0)
        feet = self.places.strangeness_of_feet(without=1.0)
        scores: dict[Cause, Callable[[Peak], float]] = {
            Cause.SPEED: lambda peak: peak.value / _at(maps.speeds, *peak.box.centre),
            Cause.SIZE: lambda peak: peak.value / _at(maps.sizes, *peak.box.foot),
            Cause.PLACE: lambda peak: max(_mean(strange, peak.box), _at(feet, *peak.box.foot)),
            **{
                cause: lambda peak: peak.value / _at(maps.stays, *peak.box.foot)
                for cause in STANDING
            },
        }
        for cause, score in scores.items():
            tail = self.tails[cause]
            tail.replace([replace(peak, score=score(peak)) for peak in tail.peaks])

    def learn_stay(self, standing: Standing) -> None:
        """Takes what stood there and is gone for usual, or with `DOUBT`."""
        weight = DOUBT if standing.unusual else 1.0
        self.places.learn_stay(*standing.box.foot, standing.seconds, weight)

    def is_odd(self, followed: Followed, hour: int | None = None) -> bool:
        """Whether it is where hardly anybody goes, or goes as hardly anybody does there, or of a
        kind that is rare there or at that hour of the week."""
        if self._maps and followed.straight:
            if _strangeness(followed, self._maps) >= LONELY:
                return True
            if _rarity_of_way(followed, self._maps) >= RARE:
                return True
        if followed.kind is Kind.OTHER:
            return False
        if self._maps and _rarity(followed, hour, self._maps) >= LONELY:
            return True
        return -math.log(self.places.share_of_kind(followed.kind, *followed.box.foot)) >= RARE

    def _current(self, flow: Flow) -> "_Maps":
        shape = flow.speed.shape
        if self._maps is None or self._maps.speeds.shape != shape:
            self._maps = _Maps(
                flow.time_s,
                self.places.usual_speeds(*shape),
                self.places.strangeness(*shape),
                self.places.strangeness_of_feet(),
                self.places.kinds_known,
                self.places.usual_sizes(),
                self.places.shares_of_directions(),
                self.places.usual_stays(),
                self.hours.customs(),
            )
        return self._maps

    def _speed(self, flow: Flow, followed: Sequence[Followed], maps: "_Maps") -> Observation | None:
        ratios = flow.speed / maps.speeds
        rows, columns = ratios.shape
        side = SIDE_SHARE * rows / columns
        while True:
            row, column = divmod(int(ratios.argmax()), columns)
            if ratios[row, column] <= 0:
                return None
            x, y = (column + 0.5) / columns, (row + 0.5) / rows
            there = [each for each in followed if _near(x, y, each)]
            nearest = max(there, key=lambda each: each.speed, default=None)
            foot = nearest.box.foot if nearest else (x, y)
            if not self.judgements.is_normal(nearest.kind if nearest else Kind.OTHER, *foot):
                break
            around = nearest.box if nearest else Box(x - side, y - SIDE_SHARE, 2 * side, 0.2)
            ratios[_cells(around, rows, columns)] = 0
            ratios[row, column] = 0
        return Observation(
            cause=Cause.SPEED,
            kind=nearest.kind if nearest else Kind.OTHER,
            box=Box(x - side / 2, y - SIDE_SHARE / 2, side, SIDE_SHARE),
            value=float(flow.speed[row, column]),
            usual=float(maps.speeds[row, column]),
            score=float(ratios[row, column]),
            identifier=nearest.identifier if nearest else None,
        )

    def _kind(self, each: Followed) -> Observation | None:
        if not each.surely:
            return None
        share = self.places.share_of_kind(each.kind, *each.box.foot)
        found = _observation(Cause.KIND, each, share, 1.0, -math.log(share))
        return replace(found, among=self.places.commonest_kind(*each.box.foot))


@dataclass(frozen=True, eq=False)
class _Maps:
    """What was worked out from places and hours, at a time."""

    time_s: float
    speeds: Cells
    strangeness: Cells
    feet: Floats
    kinds_known: bool
    sizes: Floats
    directions: Floats
    stays: Floats
    customs: Customs | None
    """None while too little was watched."""


def _place(each: Followed, maps: _Maps) -> Observation | None:
    """Of what has no kind, where kinds are known, nothing is unusual: shadows of clouds, insects
    and leaves come anywhere."""
    if not each.straight:
        return None
    there = _strangeness(each, maps)
    if maps.kinds_known and each.kind is Kind.OTHER:
        there = min(there, NAMELESS * LONELY)
    return _observation(Cause.PLACE, each, math.exp(-there), 1.0, there)


def _strangeness(each: Followed, maps: _Maps) -> float:
    feet = [_at(maps.feet, *foot) for foot in each.path[-FEET:]]
    return max(_mean(maps.strangeness, each.box), sum(feet) / max(1, len(feet)))


def _direction(each: Followed, maps: _Maps) -> Observation:
    rare = _rarity_of_way(each, maps)
    if maps.kinds_known and each.kind is Kind.OTHER:
        rare = min(rare, NAMELESS * RARE)
    return _observation(Cause.DIRECTION, each, math.exp(-rare), 1.0, rare)


def _rarity_of_way(each: Followed, maps: _Maps) -> float:
    """The negative logarithm of how many of those as fast go its way; 0 after few steps."""
    ways = each.ways()
    if len(ways) < FEWEST_STEPS:
        return 0.0
    return -math.log(share_of_way(maps.directions, ways, each.pace))


def _hour(each: Followed, hour: int | None, maps: _Maps) -> Observation | None:
    if hour is None or maps.customs is None or not each.surely:
        return None
    rarity = _rarity(each, hour, maps)
    found = _observation(Cause.HOUR, each, math.exp(-rarity), 1.0, rarity)
    return replace(found, custom=maps.customs.custom(hour, each.kind))


def _rarity(each: Followed, hour: int | None, maps: _Maps) -> float:
    """Of a thing of a known kind at that hour of the week; 0 where nothing is known."""
    if hour is None or maps.customs is None:
        return 0.0
    return math.log(maps.customs.times_rarer(hour, each.kind))


def _stay(thing: Standing, maps: _Maps) -> Observation:
    usual = _at(maps.stays, *thing.box.foot)
    return Observation(
        thing.cause, thing.kind, thing.box, thing.seconds, usual, thing.seconds / usual
    )


def _size(each: Followed, maps: _Maps) -> Observation:
    usual = _at(maps.sizes, *each.box.foot)
    return _observation(Cause.SIZE, each, each.size, usual, each.size / usual)


def _observation(
    cause: Cause, each: Followed, value: float, usual: float, score: float
) -> Observation:
    return Observation(cause, each.kind, each.box, value, usual, score, each.identifier)


def _at(values: npt.NDArray[np.float32], x: float, y: float) -> float:
    rows, columns = values.shape
    row, column = min(rows - 1, max(0, int(y * rows))), min(columns - 1, max(0, int(x * columns)))
    return float(values[row, column])


def _mean(values: npt.NDArray[np.float32], box: Box) -> float:
    part = values[_cells(box, *values.shape)]
    return float(part.sum()) / part.size if part.size else 0.0


def _cells(box: Box, rows: int, columns: int) -> tuple[slice, slice]:
    """Those that a box touches."""
    top, left = int(max(0.0, box.y) * rows), int(max(0.0, box.x) * columns)
    bottom, right = math.ceil((box.y + box.height) * rows), math.ceil((box.x + box.width) * columns)
    return slice(top, bottom), slice(left, right)


def _near(x: float, y: float, each: Followed) -> bool:
    """Whether a speed that was averaged over a square there is that of a thing."""
    box, margin = each.box, SIDE_SHARE / 2
    across = margin / each.aspect
    return (
        box.x - across <= x <= box.x + box.width + across
        and box.y - margin <= y <= box.y + box.height + margin
    )
