"""Questions for the household."""

from tests.albums.people_fixture import Album, between, look


def people_of(album: Album, *faces: int) -> tuple[int, ...]:
    people = [album.person(face) for face in faces]
    return tuple(person for person in people if person is not None)


def test_two_people_who_are_alike_are_asked_about() -> None:
    album = Album()
    pair = people_of(album, album.face(look(0)), album.face(between(0, 1, 0.45)))
    (asked,) = album.people.suggestions(10)
    assert (asked.person, asked.other) == pair
    assert abs(asked.score - 0.45) < 0.01


def test_strangers_are_not_asked_about() -> None:
    album = Album()
    album.face(look(0))
    album.face(between(0, 1, 0.2))
    assert album.people.suggestions(10) == []


def test_people_of_one_photo_are_not_asked_about() -> None:
    album = Album()
    album.photo(look(0), between(0, 1, 0.5))
    assert album.people.suggestions(10) == []


def test_an_answer_ends_the_question() -> None:
    for separate in (True, False):
        album = Album()
        person, other = people_of(album, album.face(look(0)), album.face(between(0, 1, 0.45)))
        if separate:
            album.people.separate(person, other)
        else:
            album.write(album.people.merge(person, other))
        assert album.people.suggestions(10) == []


def test_a_rejected_face_is_not_offered_again() -> None:
    album = Album()
    kept, face = album.face(look(0)), album.face(between(0, 1, 0.8))
    (person,) = people_of(album, kept)
    album.people.reject(face, person)
    album.write(album.people.move(face, album.people.new_person()))
    assert album.people.suggestions(10) == []


def test_the_likelier_of_two_questions_comes_first() -> None:
    album = Album()
    album.face(look(0))
    album.face(between(0, 1, 0.4))
    album.face(between(0, 2, 0.5))
    assert [round(asked.score, 1) for asked in album.people.suggestions(2)] == [0.5, 0.4]


def test_of_equally_likely_questions_that_about_more_faces_comes_first() -> None:
    album = Album()
    album.face(look(0))
    album.face(between(0, 1, 0.45))
    for _ in range(5):
        larger = album.face(look(2)), album.face(between(2, 3, 0.45))
    first = album.people.suggestions(1)[0]
    assert (first.person, first.other) == people_of(album, *larger)


def test_a_person_of_two_looks_is_asked_about_once_by_the_nearer() -> None:
    album = Album()
    child, grown = album.face(look(0)), album.face(look(1))
    person, other = people_of(album, child, grown)
    album.write(album.people.merge(person, other))
    album.face(between(0, 1, 0.8) * 0.55 + look(5) * 0.835)
    assert len(album.people.suggestions(10)) == 1


def test_named_people_are_asked_about() -> None:
    album = Album()
    pair = people_of(album, album.face(look(0)), album.face(between(0, 1, 0.5)))
    for person in pair:
        album.people.name(person)
    assert len(album.people.suggestions(10)) == 1


def test_no_more_are_asked_than_wanted() -> None:
    album = Album()
    for number in range(5):
        album.face(between(9, number, 0.7))
    assert len(album.people.suggestions(3)) == 3
    assert len(album.people.suggestions(100)) == 10
