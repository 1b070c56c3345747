"""Faces and people of photos that arrive."""

from pathlib import Path

from appliance.albums import queries
from appliance.albums.chores import ReadAnew, SearchFaces
from appliance.albums.faces import Rectangle
from tests.albums.conftest import Box, open_albums
from tests.albums.painted import PaintedFaces, paint

RED, GREEN, BLUE = 0, 1, 2


def search_all(box: Box) -> None:
    chore = SearchFaces(box.albums.library, box.albums.importer)
    while chore.step():
        pass


def test_faces_are_found_where_they_are(box: Box) -> None:
    outcome = box.photo_of(RED)
    (face,) = box.ask(queries.faces_of_photo, outcome.photo)
    painted = Rectangle(20 / 800, 240 / 600, 120 / 800, 120 / 600)
    assert Rectangle(face.x, face.y, face.width, face.height).overlap(painted) > 0.9


def test_every_face_has_a_crop(box: Box) -> None:
    outcome = box.photo_of(RED, GREEN)
    crops = {face.crop for face in box.ask(queries.faces_of_photo, outcome.photo)}
    assert len(crops) == outcome.faces == 2
    assert crops == box.files("crops")


def test_one_person_on_two_photos_is_one(box: Box) -> None:
    first, second = box.photo_of(RED), box.photo_of(RED)
    assert first.people == second.people
    (person,) = box.ask(queries.people, 10)
    assert (person.photos, person.faces) == (2, 2)


def test_two_people_are_two(box: Box) -> None:
    assert len(box.photo_of(RED, GREEN).people) == 2


def test_people_are_the_same_after_a_restart(box: Box) -> None:
    first = box.photo_of(RED)
    box.restart()
    assert box.photo_of(RED).people == first.people


def test_before_the_household_agrees_no_face_is_looked_for(tmp_path: Path, box: Box) -> None:
    box.albums.forgetting.disagree()
    outcome = box.photo_of(RED)
    assert (outcome.kind, outcome.faces) == ("imported", 0)
    assert box.ask(queries.counts).faces == 0
    assert box.files("crops") == set()


def test_once_the_household_agrees_earlier_photos_are_searched(box: Box) -> None:
    box.albums.forgetting.disagree()
    for _ in range(3):
        box.photo_of(RED)
    box.albums.forgetting.agree()
    search_all(box)
    (person,) = box.ask(queries.people, 10)
    assert person.photos == 3


def test_without_models_photos_are_imported_and_searched_when_they_come(box: Box) -> None:
    box.models.present = False
    outcome = box.photo_of(RED)
    assert (outcome.kind, outcome.faces) == ("imported", 0)
    search_all(box)
    assert box.ask(queries.counts).faces == 0
    box.models.present = True
    search_all(box)
    assert box.ask(queries.counts).faces == 1


def test_an_original_that_is_gone_does_not_hold_the_search_up(box: Box) -> None:
    box.models.present = False
    gone, other = box.photo_of(RED), box.photo_of(GREEN)
    photo = box.ask(queries.photo, gone.photo)
    (box.paths.library / photo.original).unlink()
    box.models.present = True
    search_all(box)
    assert box.people_on(other.photo) != []
    assert box.people_on(gone.photo) == []


def test_a_crop_of_a_search_that_was_cut_off_is_removed(box: Box) -> None:
    box.models.present = False
    photo = box.albums.library.get(box.photo_of(RED).photo)
    stray = f"crops/{photo.sha256[:2]}/{photo.sha256[:32]}-0000-0.webp"
    box.albums.library.write_derived(stray, b"cut off")
    box.models.present = True
    search_all(box)
    assert stray not in box.files("crops")
    assert len(box.files("crops")) == 1


def test_a_better_embedder_reads_known_faces_anew_and_people_stay(box: Box) -> None:
    first = box.photo_of(RED, GREEN)
    red = box.people_on(first.photo)[0]
    box.albums.decisions.name(red, "Rosa")
    box.albums.close()
    better = PaintedFaces("sface")
    box.models, box.albums = better, open_albums(box.paths, box.clock, better)
    chore = ReadAnew(
        box.albums.database,
        box.albums.library,
        box.albums.grouping,
        box.albums.decoder,
        box.albums.recognition,
    )
    assert box.albums.recognition.embedder() is not None
    waiting = box.photo_of(RED)
    assert waiting.faces == 0, "vectors of two models must not be compared"
    while chore.step():
        pass
    search_all(box)
    assert box.people_on(waiting.photo) == [red]
    assert box.people_on(first.photo)[0] == red
    with box.albums.database.reading() as connection:
        models = connection.execute("SELECT DISTINCT model FROM embedding").fetchall()
    assert [row["model"] for row in models] == ["sface"]


def test_a_photo_that_ends_the_process_again_and_again_is_left_without_faces(box: Box) -> None:
    box.models.present = False
    photo = box.albums.library.get(box.photo_of(RED).photo or 0)
    assert photo is not None
    box.models.present = True
    for _ in range(5):
        box.albums.library.begin_again(photo)  # what each process notes before it ends
    search_all(box)
    assert box.people_on(photo.id) == []
    assert box.photo_of(RED).faces == 1


def test_a_face_at_the_border_has_a_crop_too(box: Box) -> None:
    outcome = box.take(paint([RED], size=(200, 130)))
    assert outcome.faces == 1
    assert len(box.files("crops")) == 1
