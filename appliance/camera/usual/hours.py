"""At which hours of the week who comes before one camera.

Of each hour of the week it is known how long it was watched and how many visitors of each kind
came: visits at an hour are taken for a Poisson process. People's days resemble each other, and
nobody is on time to the minute: an hour is judged together with the same hour of other days and
the hours beside it. What is compared is the highest rate of visits that what was seen at an hour
still allows with the rate at which the kind usually comes: an hour that was hardly watched allows
any rate, so it is unknown and not empty.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from appliance.camera.seeing.assessment import Custom, Kind
from appliance.camera.usual.counts import highest_mean
from appliance.camera.usual.places import HALF_LIFE_S

Doubles = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
HourOf = Callable[[float], int | None]
"""The hour of the week, 0-167, at a picture's time; the first of Monday is 0. None while the time
of day is unknown."""

DAYS, DAY_HOURS = 7, 24
WEEK_HOURS = DAYS * DAY_HOURS
HOUR_S = 3600.0
VISITORS = tuple(kind for kind in Kind if kind is not Kind.OTHER)
"""Insects, leaves and shadows, which have no kind, keep no hours."""
OTHER_DAYS = 0.75
"""How much the same hour of each other day counts: in four weeks an hour of the week comes four
times, too seldom to be sure of anything. Not quite as much as its own."""
BESIDE = 0.5
"""How much the hour before and the hour after count: a clock that is put forward or somebody who is
late moves visits by one."""
WEEK_S = WEEK_HOURS * HOUR_S
ENOUGH_S = HALF_LIFE_S / math.log(2) * (1 - 0.5 ** (WEEK_S / HALF_LIFE_S))
"""What a week of watching comes to, faded as it passes; before, all days may be like no other."""
SEVERAL_S = 3 * HOUR_S
"""So long each hour of the day was watched before anything is said of one: most days have been
seen whole."""
REGULAR_DAYS = 4
"""Who came on so many of the last seven days, comes usually."""
NOBODY = 0.05
"""Less than so many visitors are nobody: half of what somebody leaves who was told (learned with a
tenth of the weight), so he is spoken of for one half-life."""


def unknown_hour(_: float) -> int | None:
    """Of recordings, and where there is no clock: no hours are learned nor judged."""
    return None


def _of_week() -> Doubles:
    return np.zeros(WEEK_HOURS)


def _of_visitors() -> Doubles:
    return np.zeros((WEEK_HOURS, len(VISITORS)))


@dataclass(eq=False)
class Hours:
    """Of one camera. Faded while it watches, with the half-life of its places."""

    watched_s: Doubles = field(default_factory=_of_week)
    visits: Doubles = field(default_factory=_of_visitors)
    """By hour of the week and kind, in the order of VISITORS."""
    lately: Marks = field(default_factory=lambda: np.zeros((WEEK_HOURS, len(VISITORS)), np.bool_))
    """Whether somebody came when that hour of the week was watched last."""
    current: int | None = None
    """The hour of the week that was watched last of all."""

    def watch(self, hour: int, seconds: float) -> None:
        """That an hour of the week was watched for so long."""
        if hour != self.current:
            self.lately[hour] = False
            self.current = hour
        kept = 0.5 ** (seconds / HALF_LIFE_S)
        self.watched_s *= kept
        self.visits *= kept
        self.watched_s[hour] += seconds

    def learn_visit(self, hour: int, kind: Kind, weight: float) -> None:
        """That somebody came at an hour of the week."""
        if kind in VISITORS:
            self.visits[hour, VISITORS.index(kind)] += weight
            self.lately[hour, VISITORS.index(kind)] = True

    def customs(self) -> "Customs | None":
        """None while too little was watched to say anything."""
        by_day = self.watched_s.reshape(DAYS, DAY_HOURS).sum(0)
        if self.watched_s.sum() < ENOUGH_S or by_day.min() < SEVERAL_S:
            return None
        watched_hours = _mix(self.watched_s[:, None]) / HOUR_S
        visits = _mix(self.visits)
        usual_per_hour = _usual_rates(visits / watched_hours, self.visits)
        times = usual_per_hour / (highest_mean(visits) / watched_hours)
        lately = self.lately.astype(np.float64)
        days = (_by_day(_beside(lately, 1.0)) > 0).sum(0)
        # Somebody who comes every night is told with a tenth of the weight and stays rare for
        # months among many by day, but he is usual.
        times[np.tile(days >= REGULAR_DAYS, (DAYS, 1))] = 1.0
        regular = _by_day(lately).any(1).sum(0) >= REGULAR_DAYS
        nobody = np.tile(_by_day(_beside(self.visits, 1.0)).sum(0) < NOBODY, (DAYS, 1))
        return Customs(np.where(regular, np.maximum(times, 1.0), 1.0), usual_per_hour, nobody)


@dataclass(frozen=True, eq=False)
class Customs:
    """What was worked out from the visits, at a time. By hour of the week and kind, in the order of
    VISITORS."""

    times: Doubles
    """How many times rarer a visit is than at the usual hours, at least; 1 and more. 1, too, of
    kinds that do not come on most days."""
    usual_per_hour: Doubles
    """Visits of each kind at the hours at which it usually comes."""
    nobody: Marks
    """Nobody came at that hour of any day as far back as is remembered."""

    def times_rarer(self, hour: int, kind: Kind) -> float:
        """Raises ValueError for OTHER, which keeps no hours."""
        return float(self.times[hour, VISITORS.index(kind)])

    def custom(self, hour: int, kind: Kind) -> Custom:
        """Raises ValueError for OTHER, which keeps no hours."""
        index = VISITORS.index(kind)
        return Custom(
            hour % DAY_HOURS, bool(self.nobody[hour, index]), float(self.usual_per_hour[index])
        )


def _usual_rates(rates: Doubles, visits: Doubles) -> Doubles:
    """Of each kind the rate at the hour at which the median visitor comes: one crowded evening
    makes no custom."""
    usual = np.zeros(len(VISITORS))
    for index in range(len(VISITORS)):
        order = rates[:, index].argsort()
        reached = visits[order, index].cumsum()
        usual[index] = rates[order[np.searchsorted(reached, reached[-1] / 2)], index]
    return usual


def _mix(values: Doubles) -> Doubles:
    """Of each hour of the week, with the same hour of other days and the hours beside it."""
    near = _by_day(_beside(values, BESIDE))
    mixed = OTHER_DAYS * near.sum(0) + (1 - OTHER_DAYS) * near
    return np.asarray(mixed.reshape(values.shape), np.float64)


def _beside(values: Doubles, weight: float) -> Doubles:
    """Of each hour, with the one before and the one after."""
    beside = np.roll(values, 1, 0) + np.roll(values, -1, 0)
    return np.asarray(values + weight * beside, np.float64)


def _by_day(values: Doubles) -> Doubles:
    """An axis of days and one of their hours in place of that of the week's."""
    return values.reshape(DAYS, DAY_HOURS, *values.shape[1:])
