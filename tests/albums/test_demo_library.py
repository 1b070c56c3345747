"""Faces on the published pictures of the demo are compared; the household's only when it agrees."""

from appliance.albums import queries
from appliance.albums.chores import SearchFaces
from tests.albums.conftest import Box
from tests.albums.painted import paint

RED, GREEN = 0, 1


def faces(box: Box) -> int:
    chore = SearchFaces(box.albums.library, box.albums.importer)
    while chore.step():
        pass
    return box.ask(queries.counts).faces


def test_demo_photo_shows_its_people_although_nobody_was_asked(unasked_box: Box) -> None:
    outcome = unasked_box.take(paint([RED, GREEN], seed=1), source="demo")
    assert len(outcome.people) == 2
    assert not unasked_box.ask(queries.counts).grouping


def test_household_photo_beside_the_demo_waits_for_its_agreement(unasked_box: Box) -> None:
    unasked_box.take(paint([RED], seed=1), "demo.jpg", source="demo")
    own = unasked_box.take(paint([RED], seed=2), "own.jpg", source="inbox")
    assert own.people == ()
    assert faces(unasked_box) == 1
    unasked_box.albums.forgetting.agree()
    assert faces(unasked_box) == 2


def test_once_the_household_said_no_the_demo_is_not_compared_either(unasked_box: Box) -> None:
    unasked_box.take(paint([RED], seed=1), "before.jpg", source="demo")
    unasked_box.albums.forgetting.agree()
    unasked_box.albums.forgetting.disagree()
    after = unasked_box.take(paint([RED], seed=2), "after.jpg", source="demo")
    assert after.people == ()
    assert faces(unasked_box) == 0


def test_nobody_is_identified_by_the_demo_alone(unasked_box: Box) -> None:
    unasked_box.take(paint([RED], seed=1), source="demo")
    assert unasked_box.albums.recognition.finder() is None


def test_household_that_never_agreed_can_say_no(unasked_box: Box) -> None:
    unasked_box.take(paint([RED], seed=1), source="demo")
    unasked_box.albums.forgetting.disagree()
    assert faces(unasked_box) == 0
    assert unasked_box.ask(queries.people, 10) == []
