"""A camera learns what is usual in minutes and says what is not, and why."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest

from appliance.camera.box import Box
from appliance.camera.seeing.assessment import Assessment, Cause, Kind
from appliance.camera.seeing.objects import Looker
from appliance.camera.streams.decoding import read_file
from appliance.camera.usual.analysis import LOOK_AHEAD_S, Analysis
from appliance.camera.usual.hours import DAY_HOURS, HOUR_S, WEEK_HOURS, Hours
from appliance.camera.usual.learned import pack, unpack
from appliance.camera.usual.normality import Normality
from appliance.camera.usual.watcher import Watcher
from appliance.models.tasks.face_detection import Box as FoundBox
from appliance.models.tasks.face_detection import Image
from appliance.models.tasks.object_detection import Thing as Found
from tests.camera.scenes import WIDTH, Place, Thing, encode, paint, walker, walkers

LEARNED_S = 200
"""Longer than the first minutes, in which nothing is unusual."""
NOON, NIGHT = 12, 3
"""Hours of a Monday."""
BENCH = Thing(lambda _: (60, 70), width=20, height=20, seed=21)
"""Has stood there always."""
WHOLE = Box(0, 0, 1, 1)


def see(watcher: Analysis, path: Path, pictures: Iterable[np.ndarray]) -> list[Assessment]:
    found: list[Assessment] = []
    for picture in read_file(encode(path, iter(pictures))):
        found += watcher.add(picture)
    return found + watcher.finish()


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Watcher:
    """Has seen people cross from left to right."""
    watcher = Watcher(Normality())
    path = tmp_path_factory.mktemp("films") / "usual.mp4"
    see(watcher, path, paint(LEARNED_S, [BENCH, *walkers(LEARNED_S)]))
    return watcher


def watch(
    learned: Watcher, folder: Path, seconds: float, things: Sequence[Thing], pause_s: float = 9
) -> list[Assessment]:
    """The usual life goes on, and these things with it."""
    life = [*walkers(seconds, seed=6, pause_s=pause_s), *things]
    return see(learned.fork(learning=True), folder / "film.mp4", paint(seconds, life))


def causes(assessments: list[Assessment]) -> set[Cause]:
    return {each.reason.cause for each in assessments if each.reason}


def arrive(begin_s: float, x: float, y: float) -> Thing:
    """Walks in from the left and stops there."""

    def at(time_s: float) -> Place:
        way = (time_s - begin_s) * 34
        if way < 0:
            return None
        return (way, y) if way < x else (x + 0.5 * math.sin(3 * time_s), y)

    return Thing(at, seed=5)


class EverybodyIsAPerson:
    """A detector that sees somebody wherever it looks."""

    name = "everybody"

    def find(self, image: Image) -> list[Found]:
        rows, columns = image.shape[:2]
        return [Found("Person", FoundBox(0, 0, columns, rows), 0.9)]


def four_weeks_by_day() -> Hours:
    """People come from seven to ten."""
    hours = Hours()
    for hour in range(4 * WEEK_HOURS):
        hours.watch(hour % WEEK_HOURS, HOUR_S)
        if 7 <= hour % DAY_HOURS < 22:
            hours.learn_visit(hour % WEEK_HOURS, Kind.PERSON, 14.0)
    return hours


def lie(begin_s: float, x: float, y: float) -> Thing:
    """Something that is put down."""
    return Thing(lambda t: (x, y) if t > begin_s else None, width=14, height=12, seed=11)


def test_usual_life_raises_no_alarm(learned: Watcher, tmp_path: Path) -> None:
    assessments = watch(learned, tmp_path, 60, [BENCH], pause_s=7)
    assert max(each.score for each in assessments) < 0.5
    assert any(each.moving for each in assessments)


def test_every_picture_is_assessed_once_and_soon(learned: Watcher, tmp_path: Path) -> None:
    watcher, lags, times = learned.fork(learning=True), [], []
    for picture in read_file(encode(tmp_path / "film.mp4", paint(6, [BENCH, *walkers(6)]))):
        for each in watcher.add(picture):
            lags.append(picture.time_s - each.time_s)
            times.append(each.time_s)
    times += [each.time_s for each in watcher.finish()]
    assert times == sorted(set(times))
    assert len(times) == 60
    assert max(lags) <= LOOK_AHEAD_S


def test_somebody_who_runs_is_faster_than_anything_seen(learned: Watcher, tmp_path: Path) -> None:
    assessments = watch(learned, tmp_path, 14, [BENCH, walker(5, 130, 110, seed=3)])
    assert causes(assessments) == {Cause.SPEED}
    worst = max(assessments, key=lambda each: each.score)
    assert worst.reason is not None
    assert 1.2 < worst.reason.ratio < 5
    assert "faster than anything seen here" in worst.reason.sentence
    assert len(worst.reason.examples) == 3


def test_the_cause_is_where_the_runner_is(learned: Watcher, tmp_path: Path) -> None:
    assessments = watch(learned, tmp_path, 14, [BENCH, walker(5, 130, 110, seed=3)])
    worst = max(assessments, key=lambda each: each.score)
    assert worst.box is not None
    assert worst.box.centre[0] * WIDTH == pytest.approx((worst.time_s - 5) * 110, abs=35)


def test_somebody_goes_the_other_way(learned: Watcher, tmp_path: Path) -> None:
    against = walker(5, 135, 34, back=True, seed=3)
    assert Cause.DIRECTION in causes(watch(learned, tmp_path, 18, [BENCH, against]))


def test_somebody_goes_where_nothing_moves(learned: Watcher, tmp_path: Path) -> None:
    assessments = watch(learned, tmp_path, 18, [BENCH, walker(5, 30, 34, seed=3)])
    assert causes(assessments) == {Cause.PLACE}


def test_something_is_bigger_than_what_passes(learned: Watcher, tmp_path: Path) -> None:
    def at(time_s: float) -> Place:
        return (time_s * 32 - 80, 80) if time_s < 12 else None

    big = Thing(at, width=90, height=90, seed=4)
    assert Cause.SIZE in causes(watch(learned, tmp_path, 14, [BENCH, big]))


def test_somebody_stands_where_people_pass(learned: Watcher, tmp_path: Path) -> None:
    assessments = watch(learned, tmp_path, 45, [BENCH, arrive(3, 150, 135)], pause_s=14)
    assert Cause.STAY in causes(assessments)
    first = next(each for each in assessments if each.unusual)
    assert 18 <= first.time_s - (3 + 150 / 34) <= 30


def test_something_is_left_behind(learned: Watcher, tmp_path: Path) -> None:
    carrier = walker(2, 135, 34, seed=9)
    bag = lie(2 + 200 / 34, 190, 156)
    found = causes(watch(learned, tmp_path, 40, [BENCH, carrier, bag], pause_s=14))
    assert Cause.LEFT in found


def test_something_is_taken_away(learned: Watcher, tmp_path: Path) -> None:
    bench = Thing(lambda t: (60, 70) if t < 5 else None, width=20, height=20, seed=21)
    assert causes(watch(learned, tmp_path, 32, [bench], pause_s=14)) == {Cause.TAKEN}


def test_somebody_comes_at_an_hour_at_which_nobody_comes(learned: Watcher, tmp_path: Path) -> None:
    hour = NOON
    normality = unpack(learned.state(), 1.0)
    normality.hours = four_weeks_by_day()
    watcher = Watcher(normality, Looker(EverybodyIsAPerson()), hour_of=lambda _: hour)
    by_day = see(watcher, tmp_path / "day.mp4", paint(75, [BENCH, *walkers(75, pause_s=9)]))
    hour = NIGHT
    at_night = see(watcher, tmp_path / "night.mp4", paint(14, [BENCH, walker(2, 130, 34, seed=3)]))
    assert causes(by_day) == set()
    assert causes(at_night) == {Cause.HOUR}


def test_light_shake_and_noise_raise_no_alarm(learned: Watcher, tmp_path: Path) -> None:
    def shift(time_s: float) -> tuple[int, int]:
        return (round(3 * math.sin(9 * time_s)), round(2 * math.cos(11 * time_s)))

    for number, film in enumerate(
        [
            paint(14, [BENCH, *walkers(14, 6)], light=lambda t: 0.55 if 5 < t < 10 else 1.0),
            paint(14, [BENCH, *walkers(14, 6)], shift=lambda t: shift(t) if 5 < t < 9 else (0, 0)),
            paint(14, [BENCH, *walkers(14, 6)], noise=9),
        ]
    ):
        watcher = learned.fork(learning=True)
        assessments = see(watcher, tmp_path / f"{number}.mp4", film)
        assert max(each.score for each in assessments) < 0.5


def test_who_passes_when_the_light_changes_leaves_no_ghost(
    learned: Watcher, tmp_path: Path
) -> None:
    watcher = learned.fork(learning=True)
    life = [BENCH, walker(3, 130, 34, seed=3), walker(5, 145, 34, seed=4)]
    film = encode(tmp_path / "film.mp4", paint(30, life, light=lambda t: 1.0 if t < 8 else 0.5))
    for picture in read_file(film):
        watcher.add(picture)
        if picture.time_s > 9:
            assert watcher._scene.standing == []


def test_a_scene_begins_when_the_exposure_has_settled(learned: Watcher, tmp_path: Path) -> None:
    def exposure(time_s: float) -> float:
        """Falls at once, and comes back in eight seconds."""
        return 1.0 if time_s < 5 else min(1.0, 0.4 + 0.6 * (time_s - 5) / 8)

    watcher = learned.fork(learning=True)
    for picture in read_file(encode(tmp_path / "film.mp4", paint(30, [BENCH], light=exposure))):
        watcher.add(picture)
        if picture.time_s > 6:
            assert watcher._scene.standing == []


def test_nothing_is_unusual_in_the_first_seconds(tmp_path: Path) -> None:
    assessments = see(Watcher(Normality()), tmp_path / "film.mp4", paint(20, walkers(20)))
    assert {each.score for each in assessments} == {0.0}


def test_what_the_household_calls_normal_alarms_no_more(learned: Watcher, tmp_path: Path) -> None:
    runner = paint(14, [BENCH, walker(5, 130, 110, seed=3)])
    path = encode(tmp_path / "film.mp4", runner)

    def highest(watcher: Watcher) -> float:
        found = [each for picture in read_file(path) for each in watcher.add(picture)]
        return max(each.score for each in found + watcher.finish())

    watcher = learned.fork(learning=False)
    assert highest(watcher) >= 0.5
    number = watcher.accept(Kind.OTHER, WHOLE)
    assert highest(watcher) < 0.5
    watcher.take_back(number)
    assert highest(watcher) >= 0.5


def test_what_the_household_wants_to_know_is_always_told(learned: Watcher, tmp_path: Path) -> None:
    watcher = learned.fork(learning=True)
    watcher.watch(Kind.OTHER, Box(0.4, 0.5, 0.1, 0.3))
    assessments = see(watcher, tmp_path / "film.mp4", paint(14, [BENCH, walker(1, 130, seed=3)]))
    assert causes(assessments) == {Cause.TOLD}


def test_what_it_has_learned_outlives_a_restart(learned: Watcher, tmp_path: Path) -> None:
    normality = unpack(learned.state(), 1.0)
    assert pack(normality) == learned.state()
    path = encode(tmp_path / "film.mp4", paint(14, [walker(5, 130, 110, seed=3)]))
    again = Watcher(normality)
    found = [each for picture in read_file(path) for each in again.add(picture)]
    assert Cause.SPEED in causes(found + again.finish())


def test_what_it_has_learned_is_small(learned: Watcher) -> None:
    assert len(learned.state()) < 100_000
