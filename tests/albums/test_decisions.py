"""What the household says about people, and taking it back."""

import pytest

from appliance.albums import queries
from appliance.albums.errors import Contradiction, NotUndoable, Unknown
from appliance.service.database import Database
from tests.albums.conftest import Box

RED, GREEN, BLUE = 0, 1, 2


@pytest.fixture
def family(box: Box) -> Box:
    """Three people on two photos: 1 is red, 2 is green, 3 is blue (by their order)."""
    box.photo_of(RED, GREEN)
    box.photo_of(RED, BLUE)
    return box


def person_of(box: Box, colour: int) -> int:
    """The person of the face of this colour on the photo that shows it first."""
    photo, position = {RED: (1, 0), GREEN: (1, 1), BLUE: (2, 1)}[colour]
    person = box.people_on(photo)[position]
    assert person is not None
    return person


def everything(box: Box) -> dict[str, list[tuple[object, ...]]]:
    return everything_in(box.albums.database)


def everything_in(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """All rows that the household's words can change, but for the journal."""
    queries_by_table = {
        "person": "SELECT id, name, name_key, created_at, faces, photos FROM person ORDER BY id",
        "face": "SELECT id, person, cluster, decided_by FROM face ORDER BY id",
        "rejection": "SELECT * FROM rejection ORDER BY 1, 2",
        "separation": "SELECT * FROM separation ORDER BY 1, 2",
    }
    with database.reading() as connection:
        return {
            table: [tuple(row) for row in connection.execute(query)]
            for table, query in queries_by_table.items()
        }


def test_a_named_person_is_found_by_a_part_of_the_name(family: Box) -> None:
    family.albums.decisions.name(person_of(family, RED), "  Zoë   Łuczak ")
    (found,) = family.ask(queries.find_people, "zoe", 5)
    assert found.name == "Zoë Łuczak"


def test_a_name_can_be_taken_away(family: Box) -> None:
    red = person_of(family, RED)
    family.albums.decisions.name(red, "Rosa")
    family.albums.decisions.name(red, None)
    assert family.ask(queries.person, red).name is None


def test_saying_what_is_so_already_writes_nothing(family: Box) -> None:
    red = person_of(family, RED)
    family.albums.decisions.name(red, "Rosa")
    assert family.albums.decisions.name(red, "Rosa").entry is None


def test_merged_people_are_one(family: Box) -> None:
    red, green = person_of(family, RED), person_of(family, GREEN)
    family.albums.decisions.merge(red, green)
    assert family.people_on(1) == [red, red]
    assert family.ask(queries.person, red).photos == 2
    assert family.ask(queries.person, green) is None


def test_new_faces_of_somebody_who_was_merged_come_to_who_they_became(family: Box) -> None:
    red, green = person_of(family, RED), person_of(family, GREEN)
    family.albums.decisions.merge(red, green)
    assert family.photo_of(GREEN).people == (red,)


@pytest.mark.parametrize(
    ("kept", "gone", "left"),
    [(None, None, None), ("A", None, "A"), (None, "B", "B"), ("A", "B", "A")],
)
def test_of_two_names_the_first_persons_stays(
    family: Box, kept: str | None, gone: str | None, left: str | None
) -> None:
    red, green = person_of(family, RED), person_of(family, GREEN)
    family.albums.decisions.name(red, kept)
    family.albums.decisions.name(green, gone)
    family.albums.decisions.merge(red, green)
    assert family.ask(queries.person, red).name == left


def test_undoing_a_merge_restores_exactly(family: Box) -> None:
    red, green, blue = (person_of(family, colour) for colour in (RED, GREEN, BLUE))
    family.albums.decisions.name(green, "Gerda")
    family.albums.decisions.separate(green, blue)
    family.albums.decisions.remove_face(face_of(family, 2, 0))
    before = everything(family)
    entry = family.albums.decisions.merge(red, green).entry
    family.albums.decisions.undo(entry)
    assert everything(family) == before


def face_of(box: Box, photo: int, position: int) -> int:
    return box.ask(queries.faces_of_photo, photo)[position].id


def test_after_undoing_a_merge_new_faces_find_both_people(family: Box) -> None:
    red, green = person_of(family, RED), person_of(family, GREEN)
    family.albums.decisions.undo(family.albums.decisions.merge(red, green).entry)
    assert family.photo_of(GREEN).people == (green,)
    assert family.photo_of(RED).people == (red,)


def test_what_the_machine_added_since_goes_with_the_face_it_is_alike(family: Box) -> None:
    red, green = person_of(family, RED), person_of(family, GREEN)
    entry = family.albums.decisions.merge(red, green).entry
    new = family.photo_of(GREEN)
    family.albums.decisions.undo(entry)
    assert family.people_on(new.photo) == [green]


def test_separated_people_are_asked_about_no_more(family: Box) -> None:
    red, green = sorted((person_of(family, RED), person_of(family, GREEN)))
    with family.albums.database.transaction() as connection:
        connection.execute("INSERT INTO suggestion VALUES (?, ?, 0.5)", (red, green))
    family.albums.decisions.separate(green, red)
    assert family.ask(queries.suggestions, 5) == []


def test_a_face_that_was_removed_is_unknown_and_never_returns(family: Box) -> None:
    red = person_of(family, RED)
    family.albums.decisions.name(red, "Rosa")
    face = face_of(family, 1, 0)
    family.albums.decisions.remove_face(face)
    family.restart()
    family.photo_of(RED)
    assert family.people_on(1)[0] != red


def test_a_face_can_be_given_to_somebody(family: Box) -> None:
    blue = person_of(family, BLUE)
    face = face_of(family, 1, 0)
    family.albums.decisions.assign_face(face, blue)
    (shown, _) = family.ask(queries.faces_of_photo, 1)
    assert (shown.person, shown.decided_by) == (blue, "household")


def test_a_face_can_be_given_to_somebody_new(family: Box) -> None:
    face = face_of(family, 1, 0)
    (person, _) = family.albums.decisions.assign_face(face, None, "Nora").people
    assert family.ask(queries.person, person).name == "Nora"
    assert family.people_on(1)[0] == person


def test_undoing_a_new_person_removes_them(family: Box) -> None:
    before = everything(family)
    recorded = family.albums.decisions.assign_face(face_of(family, 1, 0), None, "Nora")
    family.albums.decisions.undo(recorded.entry)
    assert everything(family) == before


def test_undoing_a_new_person_keeps_who_the_machine_found_since(family: Box) -> None:
    recorded = family.albums.decisions.assign_face(face_of(family, 1, 1), None, "Nora")
    nora = recorded.people[0]
    later = family.photo_of(GREEN)
    assert later.people == (nora,)
    family.albums.decisions.undo(recorded.entry)
    assert family.people_on(later.photo) != [None]
    assert family.ask(queries.find_people, "Nora", 5) == []


def test_what_a_later_word_builds_on_cannot_be_taken_back_first(family: Box) -> None:
    recorded = family.albums.decisions.assign_face(face_of(family, 1, 0), None, "Nora")
    later = family.albums.decisions.assign_face(face_of(family, 1, 1), recorded.people[0])
    with pytest.raises(NotUndoable) as refused:
        family.albums.decisions.undo(recorded.entry)
    assert refused.value.code == "later_entry"
    assert str(later.entry) in refused.value.mend
    family.albums.decisions.undo(later.entry)
    family.albums.decisions.undo(recorded.entry)


def test_a_face_does_not_go_back_to_somebody_who_is_no_more(family: Box) -> None:
    red, green = person_of(family, RED), person_of(family, GREEN)
    face = face_of(family, 2, 0)
    family.albums.decisions.remove_face(face_of(family, 1, 0))
    moved = family.albums.decisions.assign_face(face, green)
    merged = family.albums.decisions.merge(green, red)
    with pytest.raises(NotUndoable):
        family.albums.decisions.undo(moved.entry)
    family.albums.decisions.undo(merged.entry)
    family.albums.decisions.undo(moved.entry)
    assert family.people_on(2)[0] == red


def test_words_about_different_things_can_be_taken_back_in_any_order(family: Box) -> None:
    red, green = person_of(family, RED), person_of(family, GREEN)
    before = everything(family)
    first = family.albums.decisions.name(red, "Rosa")
    second = family.albums.decisions.name(green, "Gerda")
    family.albums.decisions.undo(first.entry)
    family.albums.decisions.undo(second.entry)
    assert everything(family) == before


def test_a_word_is_taken_back_once(family: Box) -> None:
    entry = family.albums.decisions.name(person_of(family, RED), "Rosa").entry
    family.albums.decisions.undo(entry)
    with pytest.raises(NotUndoable) as refused:
        family.albums.decisions.undo(entry)
    assert refused.value.code == "already_undone"


def test_agreeing_cannot_be_taken_back_by_undo(family: Box) -> None:
    (agreement,) = family.ask(queries.journal, 5)
    assert not agreement.undoable
    with pytest.raises(NotUndoable) as refused:
        family.albums.decisions.undo(agreement.id)
    assert refused.value.code == "too_late"


def test_nobody_and_nothing_have_their_errors(family: Box) -> None:
    decisions = family.albums.decisions
    red = person_of(family, RED)
    for word, code in [
        (lambda: decisions.name(999, "X"), "unknown_person"),
        (lambda: decisions.merge(red, 999), "unknown_person"),
        (lambda: decisions.separate(999, red), "unknown_person"),
        (lambda: decisions.remove_face(999), "unknown_face"),
        (lambda: decisions.assign_face(999, red), "unknown_face"),
        (lambda: decisions.assign_face(1, 999), "unknown_person"),
        (lambda: decisions.undo(999), "unknown_entry"),
    ]:
        with pytest.raises(Unknown) as refused:
            word()
        assert refused.value.code == code


def test_contradictions_are_refused_and_change_nothing(family: Box) -> None:
    decisions, red = family.albums.decisions, person_of(family, RED)
    face = face_of(family, 1, 0)
    decisions.remove_face(face)
    before = everything(family)
    for word in (
        lambda: decisions.merge(red, red),
        lambda: decisions.separate(red, red),
        lambda: decisions.remove_face(face),
    ):
        with pytest.raises(Contradiction):
            word()
    assert everything(family) == before


def test_the_journal_shows_the_newest_word_first(family: Box) -> None:
    red, green = person_of(family, RED), person_of(family, GREEN)
    family.albums.decisions.name(red, "Rosa")
    family.albums.decisions.merge(red, green)
    newest, older, _ = family.ask(queries.journal, 5)
    assert (newest.action, newest.people, newest.name) == ("merge", (red, green), "Rosa")
    assert (older.action, older.name, older.at) == ("name", "Rosa", "2026-11-23T12:00:00Z")
