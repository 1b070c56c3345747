"""Taking consent back, forgetting a person, and the retention of unknown faces."""

from datetime import timedelta

import pytest

from appliance.albums import queries
from appliance.albums.chores import SearchFaces
from appliance.albums.errors import NotUndoable, Unknown
from appliance.albums.retention import Retention
from tests.albums.conftest import Box

RED, GREEN, BLUE = 0, 1, 2
SECRET = "Xanthippe Quarzfeld"


def bytes_on_disk(box: Box) -> bytes:
    """Everything in the files of the database, the log included."""
    return b"".join(path.read_bytes() for path in sorted(box.paths.albums.glob("albums.sqlite*")))


def vector_of(box: Box, face: int) -> bytes:
    with box.albums.database.reading() as connection:
        row = connection.execute("SELECT vector FROM embedding WHERE face = ?", (face,)).fetchone()
    return bytes(row["vector"])


@pytest.fixture
def known(box: Box) -> tuple[Box, int]:
    """Somebody with a name of whom much was said, on two of three photos."""
    first = box.photo_of(RED, GREEN)
    box.photo_of(RED, BLUE)
    box.photo_of(GREEN)
    red, green = box.people_on(first.photo)
    assert red is not None
    assert green is not None
    decisions = box.albums.decisions
    decisions.name(red, "Somebody Else First")
    decisions.name(red, SECRET)
    decisions.undo(decisions.merge(red, green).entry or 0)
    decisions.separate(red, green)
    faces = box.ask(queries.faces_of_photo, first.photo)
    decisions.undo(decisions.assign_face(faces[1].id, red).entry or 0)
    return box, red


def test_a_forgotten_name_and_vectors_are_in_no_file(known: tuple[Box, int]) -> None:
    box, red = known
    vectors = [vector_of(box, face.id) for face in box.ask(queries.faces_of_person, red, 9)]
    assert SECRET.encode() in bytes_on_disk(box)
    box.albums.forgetting.forget(red)
    left = bytes_on_disk(box)
    for trace in (SECRET.encode(), queries.fold(SECRET).encode(), b"Somebody Else First", *vectors):
        assert trace not in left


def test_the_crops_of_somebody_forgotten_are_gone_and_no_others(known: tuple[Box, int]) -> None:
    box, red = known
    theirs = {face.crop for face in box.ask(queries.faces_of_person, red, 9)}
    others = box.files("crops") - theirs
    box.albums.forgetting.forget(red)
    assert box.files("crops") == others


def test_photos_stay_when_somebody_is_forgotten(known: tuple[Box, int]) -> None:
    box, red = known
    originals = box.originals()
    box.albums.forgetting.forget(red)
    assert box.originals() == originals
    assert box.ask(queries.counts).photos == 3


def test_the_journal_says_no_more_of_somebody_forgotten(known: tuple[Box, int]) -> None:
    box, red = known
    box.albums.forgetting.forget(red)
    for entry in box.ask(queries.journal, 50):
        assert red not in entry.people
        assert entry.name is None
        assert not entry.undoable


def test_words_about_others_can_still_be_taken_back(known: tuple[Box, int]) -> None:
    box, red = known
    (blue,) = [p for p in box.people_on(2) if p != red]
    entry = box.albums.decisions.name(blue or 0, "Bruno").entry
    box.albums.forgetting.forget(red)
    box.albums.decisions.undo(entry or 0)
    assert box.ask(queries.find_people, "Bruno", 5) == []


def test_what_a_scrubbed_word_overruled_stays_overruled(box: Box) -> None:
    """Assigned to A, then to B, who is forgotten later: the older word must not come back."""
    photo = box.photo_of(RED, GREEN, BLUE)
    red, green, blue = (face.id for face in box.ask(queries.faces_of_photo, photo.photo))
    decisions = box.albums.decisions
    people = box.people_on(photo.photo)
    older = decisions.assign_face(green, people[0])
    decisions.assign_face(green, people[2])
    decisions.assign_face(green, None, "Gerda")
    box.albums.forgetting.forget(people[2] or 0)
    with pytest.raises(NotUndoable):
        decisions.undo(older.entry or 0)
    assert box.ask(queries.find_people, "Gerda", 5) != []
    assert red != blue


def test_forgotten_faces_are_not_found_again(known: tuple[Box, int]) -> None:
    box, red = known
    box.albums.forgetting.forget(red)
    before = box.ask(queries.counts).faces
    box.albums.forgetting.disagree()
    box.albums.forgetting.agree()
    chore = SearchFaces(box.albums.library, box.albums.importer)
    while chore.step():
        pass
    assert box.ask(queries.counts).faces == before


def test_somebody_forgotten_is_unknown_then(known: tuple[Box, int]) -> None:
    box, red = known
    box.albums.forgetting.forget(red)
    with pytest.raises(Unknown):
        box.albums.forgetting.forget(red)


def test_who_was_merged_into_somebody_forgotten_is_forgotten_too(box: Box) -> None:
    photo = box.photo_of(RED, GREEN)
    red, green = box.people_on(photo.photo)
    box.albums.decisions.name(green or 0, SECRET)
    box.albums.decisions.name(red or 0, "Rosa")
    box.albums.decisions.merge(red or 0, green or 0)
    box.albums.forgetting.forget(red or 0)
    assert SECRET.encode() not in bytes_on_disk(box)
    assert box.people_on(photo.photo) == []


def test_disagreeing_removes_vectors_crops_and_nameless_people(known: tuple[Box, int]) -> None:
    box, red = known
    vectors = [vector_of(box, face.id) for face in box.ask(queries.faces_of_person, red, 9)]
    box.albums.forgetting.disagree()
    left = bytes_on_disk(box)
    assert not any(vector in left for vector in vectors)
    assert box.files("crops") == set()
    assert [person.id for person in box.ask(queries.people, 9)] == [red]
    assert box.ask(queries.counts).grouping is False


def test_after_agreeing_again_named_people_are_recognised_again(known: tuple[Box, int]) -> None:
    box, red = known
    box.albums.forgetting.disagree()
    box.albums.forgetting.agree()
    chore = SearchFaces(box.albums.library, box.albums.importer)
    while chore.step():
        pass
    assert box.photo_of(RED).people == (red,)
    assert box.ask(queries.person, red).photos == 3


def test_agreeing_twice_is_written_once(box: Box) -> None:
    assert box.albums.forgetting.agree().entry is None


def end_retention(box: Box, days: int) -> None:
    chore = Retention(box.albums.grouping, box.albums.library, box.clock, days)
    while chore.step():
        pass


def test_a_nameless_face_loses_crop_and_vector_after_its_time(box: Box) -> None:
    photo = box.photo_of(RED)
    box.clock.advance(timedelta(days=31))
    end_retention(box, 30)
    (face,) = box.ask(queries.faces_of_photo, photo.photo)
    assert (face.crop, face.person) == (None, None)
    assert box.files("crops") == set()
    with box.albums.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM embedding").fetchone()[0] == 0


def test_a_named_face_is_kept(box: Box) -> None:
    photo = box.photo_of(RED)
    box.albums.decisions.name(box.people_on(photo.photo)[0] or 0, "Rosa")
    box.clock.advance(timedelta(days=31))
    end_retention(box, 30)
    (face,) = box.ask(queries.faces_of_photo, photo.photo)
    assert face.crop is not None


@pytest.mark.parametrize(("days", "passed"), [(30, 29), (0, 10_000)])
def test_before_its_time_and_without_a_limit_a_face_is_kept(
    box: Box, days: int, passed: int
) -> None:
    box.photo_of(RED)
    box.clock.advance(timedelta(days=passed))
    end_retention(box, days)
    assert len(box.files("crops")) == 1


def test_a_face_found_while_the_time_was_unknown_is_kept_from_when_it_is_known(box: Box) -> None:
    box.clock.time = None
    box.photo_of(RED)
    end_retention(box, 30)
    assert len(box.files("crops")) == 1
    box.clock.advance(timedelta(days=400))
    end_retention(box, 30)
    assert len(box.files("crops")) == 1
    box.clock.advance(timedelta(days=31))
    end_retention(box, 30)
    assert box.files("crops") == set()


def test_a_nameless_face_whose_time_is_over_can_still_be_named(box: Box) -> None:
    photo = box.photo_of(RED)
    box.clock.advance(timedelta(days=31))
    end_retention(box, 30)
    (face,) = box.ask(queries.faces_of_photo, photo.photo)
    entry = box.albums.decisions.assign_face(face.id, None, "Rosa").entry
    assert box.ask(queries.faces_of_photo, photo.photo)[0].name == "Rosa"
    box.albums.decisions.undo(entry or 0)
    assert box.people_on(photo.photo) == [None]
