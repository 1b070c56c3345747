"""Faces become people."""

from dataclasses import replace

import numpy as np
import pytest

from appliance.albums.changes import Merged
from appliance.albums.people import KnownFace, Observation, People
from tests.albums.people_fixture import THRESHOLDS, Album, between, look, scattered


def test_a_good_face_alone_is_a_person_of_one() -> None:
    album = Album()
    assert album.person(album.face(look(0))) is not None


def test_alike_faces_are_one_person() -> None:
    album = Album()
    people = {album.person(album.face(scattered(0, seed))) for seed in range(8)}
    assert len(people) == 1


def test_different_faces_are_different_people() -> None:
    album = Album()
    people = [album.person(album.face(look(number))) for number in range(8)]
    assert len(set(people)) == 8


def test_forty_people_in_any_order_are_found_again() -> None:
    album = Album()
    truth = np.random.default_rng(3).permutation(np.repeat(np.arange(40), 6)).tolist()
    faces = [album.face(scattered(number, seed)) for seed, number in enumerate(truth)]
    pairs = {(number, album.person(face)) for number, face in zip(truth, faces, strict=True)}
    assert len(pairs) == 40


def test_two_faces_of_one_photo_are_two_people() -> None:
    album = Album()
    one, other = album.photo(look(0), look(0))
    assert album.person(one) != album.person(other)


def test_the_more_alike_face_of_a_photo_gets_the_person() -> None:
    album = Album()
    known = album.face(look(0))
    less, more = album.photo(between(0, 1, 0.8), between(0, 2, 0.95))
    assert album.person(more) == album.person(known)
    assert album.person(less) != album.person(known)


def test_a_face_that_connects_two_people_makes_them_one() -> None:
    album = Album()
    one, other = album.face(between(3, 1, 0.75)), album.face(between(3, 2, 0.75))
    assert album.person(one) != album.person(other)
    middle = album.face(look(3))
    assert album.person(one) == album.person(middle) == album.person(other)


def test_two_named_people_are_never_merged() -> None:
    album = Album()
    one, other = album.face(between(3, 1, 0.75)), album.face(between(3, 2, 0.75))
    for face in (one, other):
        person = album.person(face)
        assert person is not None
        album.people.name(person)
    album.face(look(3))
    assert album.person(one) != album.person(other)


def test_the_named_one_of_two_remains() -> None:
    album = Album()
    one, other = album.face(between(3, 1, 0.75)), album.face(between(3, 2, 0.75))
    second = album.person(other)
    assert second is not None
    album.people.name(second)
    album.face(look(3))
    assert album.person(one) == album.person(other) == second


def test_a_blurred_face_alone_is_nobody() -> None:
    album = Album()
    assert album.person(album.face(look(0), quality=0.1)) is None


def test_two_blurred_faces_are_no_person_however_alike() -> None:
    album = Album()
    faces = [album.face(look(0), quality=0.1) for _ in range(2)]
    assert [album.person(face) for face in faces] == [None, None]


def test_a_blurred_face_joins_a_person_it_is_very_like() -> None:
    album = Album()
    known = album.face(look(0))
    assert album.person(album.face(between(0, 1, 0.9), quality=0.1)) == album.person(known)


@pytest.mark.parametrize(("quality", "joins"), [(0.1, False), (0.9, True)])
def test_a_blurred_face_must_be_more_alike_than_a_sharp_one(quality: float, joins: bool) -> None:
    album = Album()
    known = album.face(look(0))
    face = album.face(between(0, 1, 0.7), quality)
    assert (album.person(face) == album.person(known)) is joins


def test_a_blurred_face_is_recognised_when_its_person_appears_later() -> None:
    album = Album()
    blurred = album.face(look(0), quality=0.1)
    known = album.face(between(0, 1, 0.9))
    assert album.person(blurred) == album.person(known) is not None


def test_a_known_face_is_refused() -> None:
    people = People(THRESHOLDS, 1)
    people.add([Observation(1, look(0), 0.9, 1)])
    with pytest.raises(ValueError, match="face 1"):
        people.add([Observation(1, look(0), 0.9, 2)])


def test_vectors_of_another_embedder_are_refused() -> None:
    people = People(THRESHOLDS, 1)
    people.add([Observation(1, look(0), 0.9, 1)])
    with pytest.raises(ValueError, match="shape"):
        people.add([Observation(2, look(0)[:32], 0.9, 2)])


# what the household says


def test_a_rejected_face_does_not_return() -> None:
    album = Album()
    face = album.face(look(0))
    person = album.person(album.face(look(0)))
    assert person is not None
    album.people.reject(face, person)
    album.write(album.people.move(face, None, household=False))
    album.face(look(0))
    assert album.person(face) != person


def test_a_face_taken_out_may_find_another_person() -> None:
    album = Album()
    face, wrong = album.face(look(0)), album.face(between(0, 1, 0.8))
    person = album.person(wrong)
    assert person == album.person(face) is not None
    album.people.reject(face, person)
    album.write(album.people.move(face, None, household=False))
    right = album.face(between(0, 2, 0.95))
    assert album.person(face) == album.person(right) is not None


def test_a_face_that_the_household_gave_to_nobody_stays_with_nobody() -> None:
    album = Album()
    face = album.face(look(0))
    album.write(album.people.move(face, None))
    album.face(look(0))
    assert album.person(face) is None


def test_a_person_with_a_face_that_the_household_decided_does_not_dissolve() -> None:
    album = Album()
    face = album.face(between(3, 1, 0.75))
    other = album.face(between(3, 2, 0.75))
    decided = album.people.new_person()
    album.write(album.people.move(face, decided))
    album.face(look(3))
    assert album.person(face) == album.person(other) == decided


def test_separated_people_are_never_merged() -> None:
    album = Album()
    one, other = album.face(between(3, 1, 0.75)), album.face(between(3, 2, 0.75))
    first, second = album.person(one), album.person(other)
    assert first is not None
    assert second is not None
    album.people.separate(first, second)
    album.face(look(3))
    assert album.person(one) != album.person(other)


def test_a_person_of_two_looks_is_recognised_by_each() -> None:
    album = Album()
    as_child = [album.face(scattered(0, seed)) for seed in range(20)]
    grown = [album.face(scattered(1, seed)) for seed in range(3)]
    person, other = album.person(as_child[0]), album.person(grown[0])
    assert person is not None
    assert other is not None
    album.write(album.people.merge(person, other))
    assert album.person(album.face(scattered(1, 99))) == person
    assert album.person(album.face(scattered(0, 99))) == person


def test_a_person_who_grows_does_not_take_a_rejected_face_in() -> None:
    album = Album()
    face, kept = album.face(between(0, 1, 0.9)), album.face(look(0))
    person = album.person(kept)
    assert person is not None
    album.people.reject(face, person)
    album.write(album.people.move(face, None, household=False))
    assert album.person(album.face(look(0))) == person
    assert album.person(face) != person


def test_a_face_rejected_by_a_person_who_was_merged_does_not_join_the_other() -> None:
    album = Album()
    face, kept, third = (album.face(vector) for vector in (between(0, 1, 0.9), look(0), look(5)))
    gone, person = album.person(kept), album.person(third)
    assert gone is not None
    assert person is not None
    album.people.reject(face, gone)
    album.write(album.people.move(face, None, household=False))
    album.write(album.people.merge(person, gone))
    assert album.person(album.face(look(0))) == person
    assert album.person(face) != person


def test_a_person_of_one_blurred_face_must_be_met_closely() -> None:
    album = Album()
    sharp, blurred = album.face(look(0)), album.face(between(0, 1, 0.9), quality=0.1)
    assert album.person(blurred) == album.person(sharp)
    album.people.remove_face(sharp)
    assert album.person(album.face(between(0, 2, 0.75))) != album.person(blurred)


def test_clusters_of_equal_number_become_one_when_their_people_do() -> None:
    faces = [
        KnownFace(1, look(0), 0.9, 1, 1, 1, False),
        KnownFace(2, look(1), 0.9, 2, 2, 1, False),
    ]
    merged = People.load(THRESHOLDS, 3, faces)
    merged.merge(1, 2)
    read_back = People.load(THRESHOLDS, 3, [replace(face, person=1) for face in faces])
    for vector in (look(0), look(1), between(0, 1, 0.7)):
        assert merged.nearest(vector) == read_back.nearest(vector)


def test_a_forgotten_person_is_not_recognised() -> None:
    album = Album()
    person = album.person(album.face(look(0)))
    assert person is not None
    album.people.forget(person)
    assert album.people.nearest(look(0)) == (None, -1.0)


def test_a_removed_face_no_longer_counts() -> None:
    album = Album()
    blurry = album.face(between(0, 1, 0.9))
    kept = album.face(between(0, 2, 0.9))
    assert album.person(blurry) == album.person(kept)
    album.people.remove_face(blurry)
    assert album.people.nearest(between(0, 2, 0.9))[1] == pytest.approx(1.0, abs=0.02)


# who is this?


def test_nobody_is_nearest_in_an_empty_library() -> None:
    assert People(THRESHOLDS, 1).nearest(look(0)) == (None, -1.0)


def test_the_nearest_person_is_named_with_the_similarity() -> None:
    album = Album()
    person = album.person(album.face(look(0)))
    found, score = album.people.nearest(between(0, 1, 0.8))
    assert found == person
    assert score == pytest.approx(0.8, abs=0.01)


def test_a_stranger_is_nobody_with_the_similarity_to_the_nearest() -> None:
    album = Album()
    album.face(look(0))
    found, score = album.people.nearest(between(0, 1, 0.4))
    assert found is None
    assert score == pytest.approx(0.4, abs=0.01)


def test_asking_changes_nothing() -> None:
    album = Album()
    faces = [album.face(between(3, 1, 0.75)), album.face(between(3, 2, 0.75))]
    album.people.nearest(look(3))
    assert album.person(faces[0]) != album.person(faces[1])


# the work for a photo


def test_merges_name_the_cluster_that_faces_join() -> None:
    people = People(THRESHOLDS, 1)
    for face, other in ((1, 1), (2, 2)):
        people.add([Observation(face, between(3, other, 0.75), 0.9, face)])
    changes = people.add([Observation(3, look(3), 0.9, 3)])
    merges = [change for change in changes if isinstance(change, Merged)]
    assert [merge.cluster for merge in merges] == [merge.person for merge in merges] != []
