"""Events open, change and close, each once."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.camera.box import Box
from appliance.camera.events.tracker import (
    HOLD_SCORE,
    LONGEST_S,
    OPEN_SCORE,
    QUIET_S,
    UPDATE_EVERY_S,
    Change,
    Sighting,
    Tracker,
)


def seen(
    at_s: float, score: float, kind: str = "", cause: str = "", sentence: str = ""
) -> Sighting:
    return Sighting(at_s, score, kind, cause, sentence)


def phases(changes: list[Change]) -> list[str]:
    return [change.phase for change in changes]


def watch(*moments: tuple[float, float]) -> list[Change]:
    tracker = Tracker()
    return [change for at_s, score in moments for change in tracker.see(seen(at_s, score))]


def test_a_score_that_trembles_is_one_event() -> None:
    changes = watch((0, 0.6), (1, 0.45), (2, 0.55), (3, 0.2), (4, 0.55), (5, 0.1), (10, 0.1))
    assert phases(changes) == ["open", "close"]
    assert len({change.event.id for change in changes}) == 1
    assert changes[-1].event.last_s == 4


def test_what_becomes_worse_is_told_but_not_at_every_picture() -> None:
    changes = watch((0, 0.6), (0.1, 0.7), (0.2, 0.8), (UPDATE_EVERY_S, 0.9), (2.1, 0.99))
    assert phases(changes) == ["open", "update"]
    assert changes[-1].event.score == 0.9


def test_an_event_says_why_of_its_most_unusual_moment() -> None:
    tracker = Tracker()
    tracker.see(seen(0, 0.6, kind="person", cause="speed", sentence="fast"))
    tracker.see(seen(1, 0.9, kind="vehicle", cause="kind", sentence="a car"))
    tracker.see(seen(2, 0.7, kind="person", cause="speed", sentence="fast"))
    assert tracker.event.cause == "kind"
    assert tracker.event.sentence == "a car"


def test_it_closes_when_nothing_is_seen_any_more() -> None:
    tracker = Tracker()
    tracker.see(seen(0, 0.6))
    assert tracker.tick(QUIET_S - 0.1) == []
    assert phases(tracker.tick(QUIET_S)) == ["close"]


def test_what_goes_on_for_ever_is_told_once_until_it_was_quiet() -> None:
    moments = [(float(at_s), 0.9) for at_s in range(int(LONGEST_S) * 3)]
    assert phases(watch(*moments)) == ["open", "close"]
    later = LONGEST_S * 3
    quiet = [(later + at_s, 0.0) for at_s in range(int(QUIET_S) + 2)]
    assert phases(watch(*moments, *quiet, (later + 20, 0.9))) == ["open", "close", "open"]


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 1)), max_size=80))
def test_events_follow_each_other_whatever_is_seen(steps: list[tuple[float, float]]) -> None:
    at_s, moments = 0.0, []
    for step_s, score in steps:
        at_s += step_s
        moments.append((at_s, score))
    is_open = ""
    for change in watch(*moments):
        event = change.event
        assert event.score >= OPEN_SCORE > HOLD_SCORE
        assert event.start_s <= event.last_s
        assert (change.phase == "open") == (not is_open)
        assert change.phase == "open" or event.id == is_open
        is_open = "" if change.phase == "close" else event.id


def test_an_event_says_where_it_was_all_the_time() -> None:
    tracker = Tracker()
    places = [Box(0.1, 0.5, 0.1, 0.3), Box(0.3, 0.5, 0.1, 0.3), Box(0.5, 0.5, 0.1, 0.3)]
    for at_s, (score, place) in enumerate(zip((0.6, 0.9, 0.5), places, strict=True)):
        tracker.see(Sighting(at_s, score, place=place))
    tracker.see(Sighting(3, 0.1, place=Box(0.9, 0.5, 0.1, 0.3)))
    assert tracker.event.place == places[1]
    assert tracker.event.way == tuple(places)
