"""What is usual: tails of scores, places, the household's word, and all of it as bytes."""

import math
import zlib

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.camera.box import Box
from appliance.camera.errors import LearnedDamaged
from appliance.camera.seeing.assessment import Cause, Kind, Observation
from appliance.camera.seeing.following import Followed
from appliance.camera.seeing.motion import MOVING
from appliance.camera.seeing.pooling import Flow
from appliance.camera.usual.hours import VISITORS, WEEK_HOURS, Hours
from appliance.camera.usual.judgements import Judgements
from appliance.camera.usual.learned import MAGIC, OLDER, pack, unpack
from appliance.camera.usual.normality import LEAST, SETTLING_S, Normality
from appliance.camera.usual.places import (
    COLUMNS,
    ROWS,
    Places,
    neighbourhood,
    neighbours,
    share_of_way,
)
from appliance.camera.usual.tails import EXTRAPOLATION, FEWEST_PEAKS, PEAKS_LIMIT, Peak, Tail

DAY_S = 86400.0
HERE = Box(0.4, 0.4, 0.1, 0.2)
EAST = 0.0
FINITE = st.floats(-1e6, 1e6)
FRACTIONS = st.floats(0, 1)
BOXES = st.builds(Box, FRACTIONS, FRACTIONS, FRACTIONS, FRACTIONS)
PASSING = (0.1, 0.2, Kind.PERSON, 1.0)
"""Size, pace, kind and weight."""
KINDS = st.sampled_from(list(Kind))


def tail(scores: list[float], step_s: float = 10.0) -> Tail:
    found = Tail()
    for number, score in enumerate(scores):
        found.watch(step_s)
        found.add(Peak(number * step_s, Kind.OTHER, HERE, score, score))
    found.close()
    return found


def still(step_s: float) -> Flow:
    """Nothing moves for so long."""
    field = np.zeros((ROWS, COLUMNS, 2), np.float32)
    return Flow(1.0, step_s, field, field[..., 0].copy(), True, None, False)


def test_nothing_is_unusual_before_enough_was_seen() -> None:
    assert tail([1.0] * (FEWEST_PEAKS - 1)).level(DAY_S) == math.inf
    assert tail([1.0] * FEWEST_PEAKS).level(DAY_S) < math.inf


def test_rarer_false_alarms_need_a_higher_score() -> None:
    scores = np.random.default_rng(1).gumbel(1.0, 0.1, 500).tolist()
    levels = [tail(scores).level(period_s) for period_s in (600.0, 1800.0, 5000.0)]
    assert levels == sorted(levels)
    assert levels[0] < levels[-1]


def test_the_level_is_passed_as_often_as_was_asked_for() -> None:
    """Once in 50 stretches, on scores that were not learned."""
    generator = np.random.default_rng(2)
    level = tail(generator.gumbel(1.0, 0.1, 400).tolist()).level(50 * 10.0)
    passed = float((generator.gumbel(1.0, 0.1, 100_000) > level).mean())
    assert passed == pytest.approx(1 / 50, rel=0.5)


def test_a_tail_is_not_drawn_out_far_beyond_what_was_watched() -> None:
    found = tail(np.random.default_rng(3).gumbel(1.0, 0.1, 100).tolist())
    assert found.level(EXTRAPOLATION * 1000.0) == pytest.approx(found.level(365 * DAY_S))


@settings(deadline=None)
@given(st.lists(st.floats(0, 10), min_size=1, max_size=2500))
def test_memory_is_bounded_and_the_highest_is_kept(scores: list[float]) -> None:
    found = tail(scores)
    assert len(found.peaks) <= PEAKS_LIMIT
    assert found.highest() == max(scores)


def test_the_nearest_usual_examples_come_first() -> None:
    found = Tail()
    for number in range(5):
        box = Box(number / 10, 0.5, 0.1, 0.1)
        found.add(Peak(number * 10.0, Kind.PERSON, box, 1.0, 1.0))
    found.close()
    nearest = found.nearest(Box(0.31, 0.5, 0.1, 0.1), 2)
    assert [round(each.box.x, 1) for each in nearest] == [0.3, 0.4]


def test_usual_speeds_differ_from_place_to_place() -> None:
    places = Places()
    speed = np.zeros((ROWS * 4, COLUMNS * 4), np.float32)
    speed[: ROWS * 2], speed[ROWS * 2 :] = 0.05, 0.4
    places.learn_speeds(speed, 600.0)
    usual = places.usual_speeds(*speed.shape)
    assert 0.04 < usual[4, 4] < 0.15
    assert 0.3 < usual[-4, 4] < 0.6


def test_where_little_was_seen_the_whole_picture_counts() -> None:
    places = Places()
    speed = np.zeros((ROWS, COLUMNS), np.float32)
    speed[:, :4] = 0.1
    places.learn_speeds(speed, 600.0)
    usual = places.usual_speeds(ROWS, COLUMNS)
    assert usual[8, 20] == pytest.approx(usual[8, 1], rel=0.2)


def test_a_place_where_nothing_moved_is_strange() -> None:
    places = Places()
    speed = np.zeros((ROWS, COLUMNS), np.float32)
    speed[8:12] = 0.1
    places.learn_speeds(speed, 600.0)
    strange = places.strangeness(ROWS, COLUMNS)
    assert strange[10].max() < 1
    assert strange[2].min() > 3


def test_whether_kinds_are_known_at_all_is_known() -> None:
    places = Places()
    places.learn_pass([(0.5, 0.5, EAST)], 0.1, 0.2, Kind.OTHER, 1.0)
    assert not places.kinds_known
    places.learn_pass([(0.5, 0.5, EAST)], 0.1, 0.2, Kind.ANIMAL, 1.0)
    assert places.kinds_known


def test_another_way_than_everybody_is_rare() -> None:
    places = Places()
    way = [(x / 20, 0.5, EAST) for x in range(20)]
    for _ in range(50):
        places.learn_pass(way, 0.1, 0.2, Kind.PERSON, 1.0)
    shares = places.shares_of_directions()
    assert share_of_way(shares, way, 0.2) > 0.9
    assert share_of_way(shares, [(x, y, math.pi) for x, y, _ in way], 0.2) < 0.02


EASTWARDS = [(x / 20, 0.5, EAST) for x in range(20)]
WESTWARDS = [(x, y, math.pi) for x, y, _ in EASTWARDS]


def pavement() -> Places:
    """People have walked both ways."""
    places = Places()
    for _ in range(50):
        places.learn_pass(EASTWARDS, 0.1, 0.15, Kind.PERSON, 1.0)
        places.learn_pass(WESTWARDS, 0.1, 0.15, Kind.PERSON, 1.0)
    return places


def test_vehicles_go_one_way_where_people_walk_both() -> None:
    places = pavement()
    for _ in range(50):
        places.learn_pass(EASTWARDS, 0.1, 0.4, Kind.VEHICLE, 1.0)
    shares = places.shares_of_directions()
    assert share_of_way(shares, WESTWARDS, 0.15) > 0.4
    assert share_of_way(shares, WESTWARDS, 0.4) < 0.05
    assert share_of_way(shares, EASTWARDS, 0.4) > 0.9


def test_who_is_as_fast_as_nobody_there_is_judged_by_all_who_pass() -> None:
    assert share_of_way(pavement().shares_of_directions(), WESTWARDS, 0.7) > 0.4


@pytest.mark.parametrize("place", [(0, 0), (7, 11), (ROWS - 1, COLUMNS - 2), (2, COLUMNS - 1)])
def test_one_place_has_the_neighbours_that_it_has_among_all(place: tuple[int, int]) -> None:
    histogram = np.random.default_rng(4).gamma(0.3, 1, (ROWS, COLUMNS, 5)).astype(np.float32)
    assert neighbours(histogram, *place) == pytest.approx(neighbourhood(histogram)[place], rel=1e-3)


@pytest.mark.parametrize("cause", [Cause.DIRECTION, Cause.PLACE])
def test_a_way_and_a_place_are_unusual_only_for_what_has_a_kind(cause: Cause) -> None:
    normality = Normality()
    for _ in range(100):
        normality.places.learn_pass([(x / 20, 0.5, EAST) for x in range(20)], *PASSING)
    flow = still(1.0)
    flow.speed[ROWS // 2] = 0.2
    normality.places.learn_speeds(flow.speed, 600.0)

    def score(kind: Kind) -> float:
        path = [(0.8 - x / 10, 0.5 if cause is Cause.DIRECTION else 0.2) for x in range(6)]
        box = Box(0.25, path[-1][1] - 0.2, 0.1, 0.2)
        somebody = Followed(1, box, 0.0, 1.0, (-0.2, 0.0), 1.5, (0.8, 0.4), kind=kind, path=path)
        found = normality.observe(flow, [somebody])
        return next(each.score for each in found if each.cause is cause) / LEAST[cause]

    assert score(Kind.OTHER) < 1.0
    assert score(Kind.PERSON) > 1.0


def test_who_waits_at_a_door_hides_nobody_who_stands_elsewhere() -> None:
    """Their first waits were long for a place that nobody knew; judged now, they are usual."""
    normality, door = Normality(), Box(0.1, 0.3, 0.05, 0.2)
    for number in range(10):
        peak = Peak(number * 60.0, Kind.PERSON, door, 90.0, 90.0 / 20.0)
        normality.tails[Cause.STAY].peaks.append(peak)
        normality.places.learn_stay(*door.foot, 90.0, 1.0)
    normality.learn(still(SETTLING_S), [], unusual=False)
    elsewhere = Observation(Cause.STAY, Kind.PERSON, HERE, 60.0, 20.0, 3.0)
    assert normality.relative(elsewhere) > 1.0


def test_nothing_is_unusual_in_the_first_minutes() -> None:
    normality = Normality()
    seen = Observation(Cause.LEFT, Kind.OTHER, HERE, 60.0, 20.0, 3.0)
    normality.learn(still(SETTLING_S - 1), [], unusual=False)
    assert normality.relative(seen) == 0.0
    normality.learn(still(1.0), [], unusual=False)
    assert normality.relative(seen) == 3.0


def test_a_kind_that_never_came_is_rare_where_many_others_pass() -> None:
    places, way = Places(), [(x / 20, 0.5, EAST) for x in range(20)]
    for _ in range(200):
        places.learn_pass(way, *PASSING)
    assert places.share_of_kind(Kind.PERSON, 0.5, 0.5) > 0.9
    assert places.share_of_kind(Kind.VEHICLE, 0.5, 0.5) < 0.02
    assert places.commonest_kind(0.5, 0.5) is Kind.PERSON


def test_where_few_have_passed_no_kind_is_rare() -> None:
    places, way = Places(), [(x / 20, 0.5, EAST) for x in range(20)]
    for _ in range(20):
        places.learn_pass(way, *PASSING)
    assert places.share_of_kind(Kind.VEHICLE, 0.5, 0.5) > 0.05


def test_long_stays_are_usual_only_where_somebody_stays() -> None:
    places = Places()
    for _ in range(100):
        places.learn_pass([(0.1, 0.5, EAST), (0.9, 0.5, EAST)], 0.1, 0.2, Kind.PERSON, 1.0)
    for _ in range(20):
        places.learn_stay(0.9, 0.5, 900.0, 1.0)
    stays = places.usual_stays()
    assert stays[8, 2] < 60
    assert stays[8, 21] > 600


def test_what_is_not_seen_again_is_forgotten() -> None:
    places = Places()
    places.learn_speeds(np.full((ROWS, COLUMNS), 0.1, np.float32), 100.0)
    before = float(places.speeds.sum())
    places.fade(21 * DAY_S)
    assert float(places.speeds.sum()) == pytest.approx(before / 2, rel=1e-3)


@given(KINDS, BOXES)
def test_a_word_holds_at_its_place_until_it_is_taken_back(kind: Kind, box: Box) -> None:
    judgements = Judgements()
    number = judgements.add("normal", kind, box)
    assert judgements.is_normal(kind, *box.foot)
    judgements.take_back(number)
    assert not judgements.is_normal(kind, *box.foot)


def test_the_later_word_counts() -> None:
    judgements = Judgements()
    judgements.add("normal", Kind.OTHER, HERE)
    judgements.add("tell", Kind.BICYCLE, HERE)
    assert judgements.is_told(Kind.BICYCLE, *HERE.foot)
    assert judgements.is_normal(Kind.PERSON, *HERE.foot)


def test_a_word_does_not_hold_elsewhere_nor_for_other_kinds() -> None:
    judgements = Judgements()
    judgements.add("tell", Kind.BICYCLE, HERE)
    assert not judgements.is_told(Kind.BICYCLE, 0.9, 0.9)
    assert not judgements.is_told(Kind.PERSON, *HERE.foot)


def any_hours(generator: np.random.Generator) -> Hours:
    shape = (WEEK_HOURS, len(VISITORS))
    return Hours(
        generator.gamma(1, 3600, WEEK_HOURS),
        generator.gamma(0.1, 1, shape),
        generator.integers(2, size=shape).astype(bool),
        int(generator.integers(WEEK_HOURS)),
    )


def before_hours(normality: Normality) -> bytes:
    """As it was packed before hours were learned."""
    fields = msgspec.msgpack.decode(zlib.decompress(pack(normality)[len(MAGIC) :]))
    del fields["hours"], fields["tails"]["hour"]
    return OLDER[0] + zlib.compress(msgspec.msgpack.encode(fields))


PEAKS = st.builds(Peak, FINITE, KINDS, BOXES, FINITE, FINITE)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(list(Cause)), st.lists(PEAKS, max_size=8)),
    st.lists(st.tuples(st.sampled_from(["normal", "tell"]), KINDS, BOXES), max_size=5),
    st.integers(0, 2**32 - 1),
)
def test_what_was_learned_comes_back_as_it_was(
    peaks: dict[Cause, list[Peak]], words: list[tuple[str, Kind, Box]], seed: int
) -> None:
    normality = Normality()
    generator = np.random.default_rng(seed)
    for name in ("speeds", "sizes", "directions", "kinds", "stays"):
        histogram = getattr(normality.places, name)
        histogram += generator.gamma(0.1, 1, histogram.shape)
    hours = normality.hours = any_hours(generator)
    for cause, found in peaks.items():
        normality.tails[cause].peaks = found
        normality.tails[cause].watched_s = 100.0
    for verdict, kind, box in words:
        normality.judgements.add(verdict, kind, box)  # type: ignore[arg-type]
    again = unpack(pack(normality), 1.0)
    assert pack(again) == pack(normality)
    assert np.array_equal(again.places.kinds, normality.places.kinds)
    assert np.allclose(again.hours.watched_s, hours.watched_s)
    assert np.allclose(again.hours.visits, hours.visits)
    assert np.array_equal(again.hours.lately, hours.lately)
    assert again.hours.current == hours.current
    assert {cause: each.peaks for cause, each in again.tails.items() if each.peaks} == {
        cause: found for cause, found in peaks.items() if found
    }
    assert again.judgements.said == normality.judgements.said


def test_what_was_learned_before_hours_were_is_kept() -> None:
    normality = Normality()
    normality.places.learn_pass([(0.5, 0.5, EAST)], 0.1, 0.2, Kind.PERSON, 1.0)
    normality.hours.learn_visit(3, Kind.PERSON, 1.0)
    again = unpack(before_hours(normality), 1.0)
    assert np.array_equal(again.places.kinds, normality.places.kinds)
    assert again.hours.visits.sum() == 0


def test_hours_that_are_no_counts_are_damage() -> None:
    normality = Normality()
    normality.hours.visits[3] = -1.0
    with pytest.raises(LearnedDamaged):
        unpack(pack(normality), 1.0)


@settings(deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_rubbish_is_never_taken_for_something_learned(data: bytes, begins_right: bool) -> None:
    data = MAGIC + data if begins_right else b"x" + data
    with pytest.raises(LearnedDamaged):
        unpack(data, 1.0)


@settings(deadline=None)
@given(st.data())
def test_a_damaged_byte_is_noticed(data: st.DataObject) -> None:
    packed = bytearray(pack(Normality()))
    index = data.draw(st.integers(len(MAGIC), len(packed) - 1))
    packed[index] ^= data.draw(st.integers(1, 255))
    try:
        again = unpack(bytes(packed), 1.0)
    except LearnedDamaged:
        return
    # The header of the packed stream has bits that mean nothing.
    assert pack(again) == pack(Normality())


def test_nothing_learned_is_no_damage() -> None:
    assert unpack(b"", 2.0).false_alarms_per_day == 2.0
    assert MOVING > 0
