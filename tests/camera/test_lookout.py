"""When and where the detector looks for those who are there though nobody moves."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Kind
from appliance.camera.seeing.following import Followed, Velocity
from appliance.camera.seeing.lookout import GAP_LIMIT_S, PAUSE_S, PRESENCES_LIMIT, ROUND_S, Lookout
from appliance.camera.seeing.presence import (
    MISSES,
    REMEMBERED_S,
    RENEW_LIMIT_S,
    STILL_LIMIT_S,
    Living,
)

ASPECT = 16 / 9
BENCH = Box(0.5, 0.5, 0.05, 0.2)
AWAY = Box(0.7, 0.5, 0.05, 0.2)
STEP_S = 0.5


def stopped(
    box: Box,
    seen_s: float,
    *,
    kind: Kind = Kind.PERSON,
    velocity: Velocity = (0.01, 0.0),
    origin: tuple[float, float] = (0.3, 0.05),
) -> Followed:
    """Who came from above in ten seconds."""
    return Followed(int(10 * seen_s), box, seen_s - 10, seen_s, velocity, ASPECT, origin, kind)


@dataclass
class Yard:
    """A camera in steps of half a second, and who there is to be found."""

    living: list[Living] = field(default_factory=list)
    lookout: Lookout = field(default_factory=Lookout)
    time_s: float = 0.0
    looks: list[tuple[float, Box, bool]] = field(default_factory=list)
    """When, where, and whether at everything."""

    def go_on(self, seconds: float, *followed: Followed) -> None:
        end_s = self.time_s + seconds
        while self.time_s < end_s:
            self.time_s += STEP_S
            self.lookout.follow(self.time_s, followed, ())
            look = self.lookout.next_look(self.time_s, ASPECT, followed)
            if look is not None:
                crop = look.crop
                seen = [
                    each
                    for each in self.living
                    if crop.x <= each.box.centre[0] <= crop.x + crop.width
                    and crop.y <= each.box.centre[1] <= crop.y + crop.height
                ]
                self.looks.append((self.time_s, crop, look.presence is None))
                self.lookout.take(look, self.time_s, seen, followed)

    def stop(self, each: Followed) -> None:
        self.lookout.follow(self.time_s, (), [each])

    @property
    def present(self) -> list[Box]:
        return [each.box for each in self.lookout.present(self.time_s)]

    def aimed(self, since_s: float = 0.0) -> list[float]:
        """When places were looked at."""
        return [at_s for at_s, _, everything in self.looks if not everything and at_s >= since_s]


def somebody_on_the_bench() -> Yard:
    yard = Yard([Living(Kind.PERSON, BENCH)])
    yard.go_on(10)
    yard.stop(stopped(BENCH, yard.time_s))
    yard.go_on(5)
    assert yard.present == [BENCH]
    return yard


def test_where_somebody_stopped_is_looked_at_within_seconds() -> None:
    yard = Yard([Living(Kind.PERSON, BENCH)])
    yard.go_on(10)
    yard.stop(stopped(BENCH, 10.0))
    yard.go_on(PAUSE_S)
    (at_s,) = yard.aimed()
    assert at_s <= 10 + PAUSE_S
    assert yard.present == [BENCH]


def test_where_nobody_is_found_is_looked_at_three_times() -> None:
    yard = Yard()
    yard.go_on(10)
    yard.stop(stopped(BENCH, 10.0))
    yard.go_on(120)
    assert len(yard.aimed()) == MISSES
    assert yard.present == []


@pytest.mark.parametrize(
    ("box", "velocity"),
    [
        (Box(0.0, 0.5, 0.04, 0.2), (-0.1, 0.0)),
        (Box(0.96, 0.5, 0.04, 0.2), (0.1, 0.0)),
        (Box(0.5, 0.0, 0.04, 0.2), (0.0, -0.1)),
        (Box(0.5, 0.8, 0.04, 0.2), (0.0, 0.1)),
        (Box(0.85, 0.5, 0.04, 0.2), (0.2, 0.0)),
    ],
    ids=["left", "right", "top", "bottom", "soon"],
)
def test_whoever_leaves_the_picture_is_not_looked_for(box: Box, velocity: Velocity) -> None:
    yard = Yard()
    yard.go_on(10)
    yard.stop(stopped(box, 10.0, velocity=velocity))
    yard.go_on(20)
    assert yard.aimed() == []


@pytest.mark.parametrize("kind", [Kind.VEHICLE, Kind.BICYCLE])
def test_things_that_stop_are_not_looked_for(kind: Kind) -> None:
    yard = Yard()
    yard.go_on(10)
    yard.stop(stopped(BENCH, 10.0, kind=kind))
    yard.go_on(20)
    assert yard.aimed() == []


def test_whoever_had_no_kind_on_the_way_is_found_where_they_stop() -> None:
    yard = Yard([Living(Kind.ANIMAL, BENCH)])
    yard.go_on(10)
    yard.stop(stopped(BENCH, 10.0, kind=Kind.OTHER))
    yard.go_on(5)
    assert yard.present == [BENCH]


def test_a_quiet_camera_is_looked_at_twice_a_minute_a_tile_at_a_time() -> None:
    yard = Yard()
    yard.go_on(10 * ROUND_S)
    assert len(yard.looks) == 10
    assert len({crop for _, crop, _ in yard.looks}) == 2


def test_looks_are_bounded_whoever_stops() -> None:
    yard = Yard()
    for number in range(100):
        yard.stop(stopped(Box(number % 10 / 12 + 0.05, 0.4, 0.05, 0.2), yard.time_s))
        yard.go_on(1.0)
    times = [at_s for at_s, _, _ in yard.looks]
    assert min(b - a for a, b in pairwise(times)) >= PAUSE_S


def test_everything_is_looked_at_however_many_are_present() -> None:
    yard = Yard()
    for number in range(PRESENCES_LIMIT):
        box = Box(0.05 + number % 8 / 9, 0.2 + number // 8 * 0.4, 0.05, 0.2)
        yard.living.append(Living(Kind.PERSON, box))
        yard.stop(stopped(box, yard.time_s))
        yard.go_on(4)
    began_s = yard.time_s
    yard.go_on(10 * ROUND_S)
    assert len(yard.present) == PRESENCES_LIMIT
    rounds = [at_s for at_s, _, everything in yard.looks if everything and at_s >= began_s]
    assert len(rounds) >= 8


def test_whoever_stays_is_looked_at_less_and_less_often() -> None:
    left = Box(0.2, 0.5, 0.05, 0.2)  # in one tile only
    yard = Yard([Living(Kind.PERSON, left)])
    yard.stop(stopped(left, 0.0))
    yard.go_on(600)
    assert len(yard.aimed()) - len(yard.aimed(since_s=60)) >= 3
    assert len(yard.aimed(since_s=480)) <= 120 / RENEW_LIMIT_S
    assert yard.present == [left]


def test_two_looks_that_miss_somebody_end_nothing() -> None:
    yard = somebody_on_the_bench()
    there, yard.living = yard.living, []
    count = len(yard.aimed())
    while len(yard.aimed()) < count + MISSES - 1:
        yard.go_on(STEP_S)
    assert yard.present == [BENCH]
    yard.living = there
    yard.go_on(60)
    assert yard.present == [BENCH]


def test_whoever_goes_away_is_gone_at_the_next_look() -> None:
    yard = somebody_on_the_bench()
    yard.living = []
    going = stopped(AWAY, yard.time_s + 2, origin=BENCH.centre, velocity=(0.1, 0.0))
    going.since_s = yard.time_s
    yard.go_on(PAUSE_S, going)
    assert yard.present == []
    asked = len(yard.aimed())
    yard.go_on(60)
    assert yard.present == []
    assert len(yard.aimed()) == asked


def test_whoever_passes_is_looked_past() -> None:
    """A place is not judged by who walks before it."""
    yard = somebody_on_the_bench()
    yard.living = []
    looked = len(yard.aimed())
    passing = stopped(BENCH, yard.time_s + 20, velocity=(0.0, 0.0))
    yard.go_on(20, passing)
    assert len(yard.aimed()) == looked
    assert yard.present == [BENCH]


def test_whoever_walks_on_is_no_presence() -> None:
    yard = Yard([Living(Kind.PERSON, BENCH)])
    yard.go_on(60, stopped(BENCH, 60.0, velocity=(0.0, 0.0)))
    assert yard.present == []


def test_what_does_not_stir_for_half_an_hour_is_not_told_until_it_does() -> None:
    yard = somebody_on_the_bench()
    yard.go_on(STILL_LIMIT_S - 30)
    assert yard.present == [BENCH]
    yard.go_on(60)
    assert yard.present == []
    yard.stop(stopped(BENCH, yard.time_s, origin=BENCH.centre, kind=Kind.OTHER))
    yard.go_on(5)
    assert yard.present == [BENCH]


def test_what_was_there_before_is_untold_again_when_somebody_goes_from_before_it() -> None:
    """Somebody rests before the hedge that looks like a person, and goes: it still does."""
    yard = Yard([Living(Kind.PERSON, BENCH)])
    yard.go_on(120)
    assert yard.present == []
    yard.stop(stopped(BENCH, yard.time_s))
    yard.go_on(10)
    assert yard.present == [BENCH]
    going = stopped(AWAY, yard.time_s + 2, origin=BENCH.centre, velocity=(0.1, 0.0))
    going.since_s = yard.time_s
    yard.go_on(5, going)
    yard.go_on(300)
    assert yard.present == []


def test_whoever_was_overlooked_is_found_by_a_look_at_everything_and_told() -> None:
    yard = Yard()
    yard.go_on(10)
    yard.stop(stopped(BENCH, 10.0))
    yard.go_on(15)
    yard.living = [Living(Kind.PERSON, BENCH)]
    yard.go_on(2 * ROUND_S + PAUSE_S)
    assert yard.present == [BENCH]


def test_a_place_is_forgotten_where_nobody_is_found_any_more() -> None:
    yard = Yard()
    yard.go_on(10)
    yard.stop(stopped(BENCH, 10.0))
    yard.go_on(REMEMBERED_S + 20)
    yard.living = [Living(Kind.PERSON, BENCH)]
    yard.go_on(3 * ROUND_S)
    assert yard.present == []


def test_somebody_who_is_cut_off_by_the_look_at_another_keeps_their_place() -> None:
    yard = somebody_on_the_bench()
    yard.stop(stopped(Box(0.4, 0.5, 0.05, 0.2), yard.time_s))
    yard.living.append(Living(Kind.PERSON, Box(0.5, 0.5, 0.01, 0.2), cut=True))
    yard.living.pop(0)
    yard.go_on(PAUSE_S)
    assert BENCH in yard.present


@pytest.mark.parametrize(("gap_s", "there"), [(5.0, True), (GAP_LIMIT_S + 1, False), (-5.0, False)])
def test_a_short_gap_in_the_stream_ends_no_presence(gap_s: float, there: bool) -> None:
    yard = somebody_on_the_bench()
    yard.time_s += gap_s
    yard.lookout.resume(yard.time_s)
    assert bool(yard.present) is there
