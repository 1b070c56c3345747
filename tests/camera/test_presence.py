"""Who sits still stays seen: found where they stopped, and as long as they are there."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.camera.children.opening import open_detector
from appliance.camera.seeing.assessment import Assessment, Kind
from appliance.camera.seeing.lookout import ROUND_S
from appliance.camera.seeing.objects import Looker
from appliance.camera.streams.decoding import read_file
from appliance.camera.usual.normality import Normality
from appliance.camera.usual.watcher import Watcher
from appliance.demo.staging.encoding import write_clip
from appliance.demo.staging.lens import Spot
from appliance.demo.staging.life import pedestrian
from appliance.demo.staging.plot import Actor, Moment, Plot
from appliance.demo.staging.scene import play
from appliance.demo.staging.view import look
from appliance.models.tasks.object_detection import ObjectDetector
from tests.camera.people import PX_S, BrightDetector, person, sitter
from tests.camera.scenes import HEIGHT, WIDTH, Image, Place, Thing, encode, paint, walker

STOPS_S = 150 / PX_S
SOON_S = 4.0
"""So long a person is still told after the last sign (`live.MOTION_S`): no gap is seen."""


def watch(
    folder: Path, pictures: Iterable[Image], detector: ObjectDetector | None = None
) -> list[Assessment]:
    watcher, found = Watcher(Normality(), Looker(detector or BrightDetector())), []
    for picture in read_file(encode(folder / "film.mp4", iter(pictures))):
        found += watcher.add(picture)
    return found + watcher.finish()


def between(assessments: list[Assessment], begin_s: float, end_s: float) -> list[Assessment]:
    return [each for each in assessments if begin_s <= each.time_s < end_s]


def somebody_in(assessments: list[Assessment]) -> set[bool]:
    """Whether each moment has a person: moving or not."""
    return {
        Kind.PERSON in {each.kind for each in assessment.tracks}
        or Kind.PERSON in {each.kind for each in assessment.present}
        for assessment in assessments
    }


def test_somebody_who_stops_stays_present(tmp_path: Path) -> None:
    assessments = watch(tmp_path, paint(70, [sitter(150, 130)]))
    assert somebody_in(between(assessments, STOPS_S + SOON_S, 70)) == {True}
    last = assessments[-1]
    assert not last.moving
    (there,) = last.present
    assert there.kind is Kind.PERSON
    assert there.box.centre[0] * WIDTH == pytest.approx(157, abs=6)
    assert there.box.centre[1] * HEIGHT == pytest.approx(147, abs=6)
    assert there.since_s == pytest.approx(STOPS_S, abs=1.0)


def test_no_gap_is_seen_when_somebody_stops(tmp_path: Path) -> None:
    assessments = watch(tmp_path, paint(20, [sitter(150, 130)]))
    without = [
        each.time_s for each in between(assessments, STOPS_S, 20) if somebody_in([each]) == {False}
    ]
    assert len(without) / 10 < SOON_S


def test_whoever_goes_on_is_not_present_any_more(tmp_path: Path) -> None:
    assessments = watch(tmp_path, paint(35, [sitter(150, 130, goes_s=20)]))
    assert all(each.present for each in between(assessments, STOPS_S + SOON_S, 20))
    assert not any(each.present for each in between(assessments, 20 + SOON_S, 35))


def test_whoever_goes_from_a_bench_leaves_the_other_there(tmp_path: Path) -> None:
    def at(time_s: float) -> Place:
        way = (time_s - 8) * PX_S
        return (min(way, 110.0), 130) if way > 0 else None

    two = [sitter(150, 130, goes_s=28), person(at, seed=7)]
    assessments = watch(tmp_path, paint(45, two))
    (there,) = assessments[-1].present
    assert there.box.centre[0] * WIDTH == pytest.approx(117, abs=8)


def test_whoever_is_not_found_three_times_is_not_present_any_more(tmp_path: Path) -> None:
    """In the dark somebody may go unseen."""
    detector = BrightDetector()
    watcher, found = Watcher(Normality(), Looker(detector)), []
    for picture in read_file(encode(tmp_path / "film.mp4", paint(60, [sitter(150, 130)]))):
        detector.blind = picture.time_s >= 12
        found += [(len(detector.looks), bool(each.present)) for each in watcher.add(picture)]
        if picture.time_s < 12:
            before = len(detector.looks)
    assert {there for looks, there in found if before < looks <= before + 2} == {True}
    assert found[-1] == (len(detector.looks), False)


def test_somebody_who_walks_through_is_never_present(tmp_path: Path) -> None:
    across = person(lambda time_s: (time_s * PX_S, 130) if time_s * PX_S < WIDTH else None)
    assessments = watch(tmp_path, paint(25, [across]))
    assert any(each.moving for each in assessments)
    assert not any(each.present for each in assessments)


def test_what_always_looks_like_a_person_is_nobody(tmp_path: Path) -> None:
    """Not even when people pass before it."""
    hedge = person(lambda _: (150, 130))
    passing = [walker(begin_s, 128, seed=3) for begin_s in (10, 40, 55)]
    detector = BrightDetector()
    assessments = watch(tmp_path, paint(75, [hedge, *passing]), detector)
    assert len(detector.looks) >= 2
    assert not any(each.present for each in assessments)


def test_whoever_was_there_from_the_beginning_is_told_when_they_stir(tmp_path: Path) -> None:
    def at(time_s: float) -> Place:
        return (150 + (3.0 * np.sin(4 * time_s) if 40 < time_s < 44 else 0.0), 130)

    assessments = watch(tmp_path, paint(60, [person(at)]))
    assert not any(each.present for each in between(assessments, 0, 40))
    assert all(each.present for each in between(assessments, 44 + SOON_S, 60))


def test_a_thing_that_does_not_live_is_nobody(tmp_path: Path) -> None:
    def at(time_s: float) -> Place:
        return (min(time_s * PX_S, 150.0), 130)

    assessments = watch(tmp_path, paint(40, [Thing(at, seed=5)]))
    assert not any(each.present for each in assessments)


def test_nothing_at_rest_is_looked_at_twice_a_minute(tmp_path: Path) -> None:
    detector = BrightDetector()
    watch(tmp_path, paint(4 * ROUND_S), detector)
    assert len(detector.looks) == 4
    assert {size[0] for size in detector.looks} == {HEIGHT}


def test_somebody_drawn_stops_on_the_pavement_and_stays(
    tmp_path: Path, models_folder: Path
) -> None:
    """The detector of the box, and a figure of the staged scenes."""
    view, chance = look(1, 640, 360), np.random.default_rng(1)
    passing = pedestrian(view, 1.0, 1, chance)
    begin, end = passing.moments
    middle = Spot((begin.spot.along_m + end.spot.along_m) / 2, begin.spot.away_m)
    stops_s = (begin.time_s + end.time_s) / 2
    moments = (begin, Moment(stops_s, middle), Moment(70.0, middle), Moment(90.0, end.spot))
    plot = Plot(60.0, (Actor(passing.kind, passing.looks, moments),), ())
    write_clip(tmp_path / "film.mp4", play(view, plot, 10, None, 1), 10)
    detector = open_detector(models_folder)
    assert detector is not None
    watcher = Watcher(Normality(), Looker(detector))
    assessments = [
        each for picture in read_file(tmp_path / "film.mp4") for each in watcher.add(picture)
    ]
    standing = between(assessments, stops_s + 2 * SOON_S, 59)
    assert not any(each.moving for each in standing[-200:])
    assert {each.kind for moment in standing for each in moment.present} == {Kind.PERSON}
    assert all(each.present for each in standing)


def test_a_cat_lies_down_and_stays(tmp_path: Path, models_folder: Path, demo_folder: Path) -> None:
    """The detector of the box, and the photograph of a cat."""
    photo = cv2.imread(str(demo_folder / "chelsea.png"), cv2.IMREAD_GRAYSCALE)
    assert photo is not None

    def at(time_s: float) -> Place:
        way = min(time_s * 30, 120.0) + max(0.0, time_s - 40) * 30
        return (way, 110) if way < WIDTH else None

    cat = Thing(at)
    cat.look = np.asarray(cv2.resize(photo, (90, 60), interpolation=cv2.INTER_AREA), np.uint8)
    detector = open_detector(models_folder)
    assert detector is not None
    assessments = watch(tmp_path, paint(60, [cat]), detector)
    lying = between(assessments, 4 + SOON_S, 40)
    assert {each.kind for moment in lying for each in moment.present} == {Kind.ANIMAL}
    assert all(each.present for each in lying)
    assert not assessments[-1].present
