"""A camera learns at which hours of the week who comes, and says who comes at an hour at which
nobody does."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Cause, Custom, Kind, Observation
from appliance.camera.seeing.following import Followed
from appliance.camera.seeing.pooling import Flow
from appliance.camera.usual.hours import DAY_HOURS, HOUR_S, WEEK_HOURS, Hours
from appliance.camera.usual.learned import pack, unpack
from appliance.camera.usual.normality import DOUBT, LEAST, Normality
from appliance.camera.usual.sentences import reason

AN_HOUR = 14
"""People who come by day."""
DAY = frozenset(range(7, 22))
ALWAYS = frozenset(range(DAY_HOURS))
NIGHT_HOUR = 3
NOON = 12
HERE = Box(0.4, 0.4, 0.05, 0.1)
STILL = np.zeros((24, 36), np.float32)
NO_MOTION = np.zeros((24, 36, 2), np.float32)


@dataclass
class Camera:
    """One that sees nothing but passers-by; its clock goes on by whole hours, from a Monday's
    first."""

    normality: Normality = field(default_factory=Normality)
    passed_hours: int = 0
    forward_hours: int = 0
    """By how much the household's clocks were put forward."""

    @property
    def hour(self) -> int:
        return (self.passed_hours + self.forward_hours) % WEEK_HOURS

    def sees(self, kind: Kind = Kind.PERSON, looks: int = 2) -> Observation | None:
        """Somebody passes; what is told of the hour."""
        there = passer(self.passed_hours * HOUR_S, kind, looks)
        found = self.normality.observe(self.flow(0.1), [there], (), self.hour)
        told = next((each for each in found if self.is_told(each)), None)
        there.unusual = told is not None
        self.normality.learn(self.flow(0.1), found, there.unusual, self.hour)
        self.normality.learn_pass(there, self.hour)
        return told

    def is_told(self, observation: Observation) -> bool:
        return observation.cause is Cause.HOUR and self.normality.relative(observation) >= 1.0

    def flow(self, step_s: float) -> Flow:
        time_s = self.passed_hours * HOUR_S
        return Flow(time_s, step_s, NO_MOTION, STILL, True, None, False)

    def wait(self) -> None:
        self.normality.learn(self.flow(HOUR_S), (), False, self.hour)
        self.passed_hours += 1

    def wait_until(self, hour: int) -> None:
        """The next time that it is that hour of the day."""
        self.wait()
        while self.hour % DAY_HOURS != hour:
            self.wait()

    def lives(self, days: int, kind: Kind = Kind.PERSON) -> list[Observation]:
        """Days with people in the hours that the sun calls day, whatever the clocks say. What is
        told of the hour of one of them; the others come with him."""
        told = []
        for _ in range(days * DAY_HOURS):
            if self.passed_hours % DAY_HOURS in DAY:
                told.append(self.sees(kind))
                for _ in range(AN_HOUR - 1):
                    self.normality.hours.learn_visit(self.hour, kind, 1.0)
            self.wait()
        return [each for each in told if each is not None]


def passer(time_s: float, kind: Kind, looks: int) -> Followed:
    """Went across half of the picture; so many looks said what it is."""
    path = [(x / 10, HERE.foot[1]) for x in range(1, 5)]
    votes: dict[Kind, int] = {} if kind is Kind.OTHER else {kind: looks}
    return Followed(
        1, HERE, time_s - 3, time_s, (0.1, 0.0), 1.5, (0.1, 0.5), kind, looks, votes, path
    )


def sentence(told: Observation | None) -> str:
    assert told is not None
    return reason(told, 0.0, ()).sentence


def hours_of(weeks: int, an_hour: Callable[[int], float], watched: frozenset[int]) -> Hours:
    """Weeks with so many people at an hour of the day, as far as that hour was watched."""
    found = Hours()
    for hour in range(weeks * WEEK_HOURS):
        if hour % DAY_HOURS in watched:
            found.watch(hour % WEEK_HOURS, HOUR_S)
            if an_hour(hour % DAY_HOURS):
                found.learn_visit(hour % WEEK_HOURS, Kind.PERSON, an_hour(hour % DAY_HOURS))
    return found


def by_day(hour: int) -> float:
    return AN_HOUR if hour in DAY else 0


def times_rarer(hours: Hours, hour: int) -> float:
    """Of people; 1 where nothing is said."""
    customs = hours.customs()
    return 1.0 if customs is None else customs.times_rarer(hour, Kind.PERSON)


@pytest.fixture(scope="module")
def _four_weeks() -> Camera:
    camera = Camera()
    assert camera.lives(28) == []
    return camera


@pytest.fixture
def camera(_four_weeks: Camera) -> Camera:
    """Has seen four weeks of people by day; it is the beginning of a Monday."""
    return copy.deepcopy(_four_weeks)


def test_somebody_at_night_is_told_where_people_come_by_day(camera: Camera) -> None:
    camera.wait_until(NIGHT_HOUR)
    assert sentence(camera.sees()) == (
        "A person between 3:00 and 4:00 at night: nobody comes at that hour, "
        "14 an hour come at the usual ones."
    )


def test_by_day_nobody_is_told(camera: Camera) -> None:
    assert camera.lives(7) == []


def test_in_the_first_week_nobody_is_told() -> None:
    camera = Camera()
    for _ in range(7):
        camera.wait_until(NIGHT_HOUR)
        assert camera.sees() is None
        camera.lives(1)


def test_after_a_fortnight_somebody_at_night_is_told_where_many_come_by_day() -> None:
    camera = Camera()
    camera.lives(14)
    camera.wait_until(NIGHT_HOUR)
    assert camera.sees()


def test_who_comes_every_night_is_usual_after_four_nights(camera: Camera) -> None:
    told = []
    for _ in range(8):
        camera.wait_until(NIGHT_HOUR)
        told.append(camera.sees() is not None)
    assert told == [True] * 4 + [False] * 4


def test_many_tracks_in_one_night_make_no_habit(camera: Camera) -> None:
    camera.wait_until(NIGHT_HOUR)
    assert all(camera.sees() for _ in range(6))
    camera.lives(1)
    camera.wait_until(NIGHT_HOUR)
    assert camera.sees()


def test_one_who_was_told_is_remembered(camera: Camera) -> None:
    camera.wait_until(NIGHT_HOUR)
    camera.sees()
    camera.wait_until(NIGHT_HOUR)
    assert "hardly anybody comes at that hour" in sentence(camera.sees())


def test_one_who_was_told_is_learned_with_doubt(camera: Camera) -> None:
    camera.wait_until(NIGHT_HOUR)
    camera.sees()
    assert camera.normality.hours.visits[NIGHT_HOUR].sum() == pytest.approx(DOUBT)


def test_one_who_was_told_raises_no_threshold(camera: Camera) -> None:
    camera.wait_until(NIGHT_HOUR)
    camera.sees()
    assert camera.normality.tails[Cause.HOUR].highest() < LEAST[Cause.HOUR]


@pytest.mark.parametrize("forward_hours", [1, -1])
def test_clocks_put_forward_or_back_raise_nothing(camera: Camera, forward_hours: int) -> None:
    camera.forward_hours = forward_hours
    assert camera.lives(7) == []


def test_a_kind_that_hardly_comes_has_no_hours(camera: Camera) -> None:
    camera.wait_until(NOON)
    assert camera.sees(Kind.ANIMAL) is None
    camera.wait_until(NIGHT_HOUR)
    assert camera.sees(Kind.ANIMAL) is None


def test_each_kind_has_its_own_hours(camera: Camera) -> None:
    for hour in range(WEEK_HOURS):
        camera.normality.hours.learn_visit(hour, Kind.VEHICLE, 10.0)
    camera.wait_until(NIGHT_HOUR)
    assert camera.sees(Kind.VEHICLE) is None
    assert camera.sees(Kind.PERSON)


@pytest.mark.parametrize(("kind", "looks"), [(Kind.OTHER, 0), (Kind.PERSON, 1)])
def test_what_is_not_surely_somebody_is_no_visit(camera: Camera, kind: Kind, looks: int) -> None:
    camera.wait_until(NIGHT_HOUR)
    assert camera.sees(kind, looks) is None
    assert camera.normality.hours.visits[NIGHT_HOUR].sum() == 0


def test_what_may_be_somebody_is_looked_at_again_at_once(camera: Camera) -> None:
    camera.wait_until(NIGHT_HOUR)
    camera.normality.observe(camera.flow(0.1), [])
    maybe = passer(camera.passed_hours * HOUR_S, Kind.PERSON, 1)
    assert camera.normality.is_odd(maybe, NIGHT_HOUR)
    assert not camera.normality.is_odd(maybe, NOON)
    assert not camera.normality.is_odd(maybe)


def test_while_the_time_is_unknown_nothing_is_learned_or_told(camera: Camera) -> None:
    camera.wait_until(NIGHT_HOUR)
    somebody = passer(camera.passed_hours * HOUR_S, Kind.PERSON, 2)
    before = copy.deepcopy(camera.normality.hours)
    found = camera.normality.observe(camera.flow(0.1), [somebody])
    camera.normality.learn(camera.flow(0.1), found, unusual=False)
    camera.normality.learn_pass(somebody)
    assert Cause.HOUR not in {each.cause for each in found}
    assert np.array_equal(camera.normality.hours.visits, before.visits)
    assert np.array_equal(camera.normality.hours.watched_s, before.watched_s)


def test_what_the_household_calls_normal_is_not_told(camera: Camera) -> None:
    camera.wait_until(NIGHT_HOUR)
    number = camera.normality.judgements.add("normal", Kind.PERSON, HERE)
    assert camera.sees() is None
    camera.normality.judgements.take_back(number)
    camera.wait_until(NIGHT_HOUR)
    assert camera.sees()


def test_what_was_learned_of_hours_outlives_a_restart(camera: Camera) -> None:
    camera.normality = unpack(pack(camera.normality), 1.0)
    camera.wait_until(NIGHT_HOUR)
    assert camera.sees()


def test_where_people_come_round_the_clock_no_hour_is_unusual() -> None:
    hours = hours_of(4, lambda _: AN_HOUR, ALWAYS)
    assert max(times_rarer(hours, hour) for hour in range(WEEK_HOURS)) < 1.5


def test_where_one_comes_every_night_no_hour_is_unusual() -> None:
    hours = hours_of(4, lambda hour: by_day(hour) or hour == NIGHT_HOUR, ALWAYS)
    hours.watch(NIGHT_HOUR, HOUR_S)
    assert times_rarer(hours, NIGHT_HOUR) == 1.0


def test_an_hour_that_nobody_watched_is_unknown_and_not_empty() -> None:
    hours = hours_of(4, by_day, DAY)
    hours.watch(NIGHT_HOUR, HOUR_S)
    assert times_rarer(hours, NIGHT_HOUR) == 1.0


def test_the_longer_an_empty_hour_was_watched_the_surer_it_is() -> None:
    certain = [times_rarer(hours_of(weeks, by_day, ALWAYS), NIGHT_HOUR) for weeks in (1, 2, 4, 12)]
    assert certain == sorted(certain)
    assert certain[-1] > 3 * certain[0]


def test_an_hour_beside_a_busy_one_is_not_unusual() -> None:
    hours = hours_of(4, by_day, ALWAYS)
    assert times_rarer(hours, min(DAY) - 1) < 5


def test_a_free_sunday_is_not_unusual() -> None:
    """Other days count, too: who is at home on the wrong day is no stranger."""
    hours = hours_of(4, by_day, ALWAYS)
    sunday = slice(WEEK_HOURS - DAY_HOURS, WEEK_HOURS)
    hours.visits[sunday] = 0
    assert times_rarer(hours, WEEK_HOURS - NOON) < 5


def test_one_crowded_evening_is_no_custom() -> None:
    hours = hours_of(4, lambda hour: 0, ALWAYS)
    hours.learn_visit(20, Kind.PERSON, 200.0)
    assert times_rarer(hours, NIGHT_HOUR) == 1.0


def test_one_crowded_evening_does_not_change_the_custom() -> None:
    hours = hours_of(4, by_day, ALWAYS)
    before = times_rarer(hours, NIGHT_HOUR)
    hours.learn_visit(20, Kind.PERSON, 1000.0)
    assert times_rarer(hours, NIGHT_HOUR) == pytest.approx(before, rel=0.05)


def test_what_is_not_seen_again_is_forgotten() -> None:
    hours = hours_of(1, lambda hour: 0, ALWAYS)
    hours.learn_visit(NOON, Kind.PERSON, 1.0)
    for hour in range(3 * WEEK_HOURS):
        hours.watch(hour % WEEK_HOURS, HOUR_S)
    assert hours.visits.sum() == pytest.approx(0.5, rel=1e-3)


def test_shadows_and_insects_keep_no_hours() -> None:
    hours = Hours()
    hours.learn_visit(NOON, Kind.OTHER, 1.0)
    assert hours.visits.sum() == 0


@pytest.mark.parametrize(
    ("kind", "custom", "expected"),
    [
        (
            Kind.VEHICLE,
            Custom(23, nobody=True, usual_per_hour=30.4),
            "A vehicle between 23:00 and 0:00 at night: no vehicle comes at that hour, "
            "30 an hour come at the usual ones.",
        ),
        (
            Kind.ANIMAL,
            Custom(12, nobody=False, usual_per_hour=1.2),
            "An animal between 12:00 and 13:00: hardly any animal comes at that hour, "
            "one an hour comes at the usual ones.",
        ),
    ],
)
def test_the_sentence_says_the_hour_and_the_custom(
    kind: Kind, custom: Custom, expected: str
) -> None:
    assert sentence(Observation(Cause.HOUR, kind, HERE, 0.01, 1.0, 4.6, custom=custom)) == expected
