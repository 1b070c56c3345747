"""Measuring albums on labelled photos."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from appliance.albums.evaluation import (
    Grouped,
    InvalidLabels,
    Label,
    LabelledFaces,
    count_answers,
    import_photos,
    read_labels,
)
from tests.albums.conftest import Box
from tests.albums.painted import canvas, paint


def nothing(done: int, total: int) -> None:
    """Progress that nobody watches."""


def labelled(folder: Path, people: Iterable[int], *, first: int = 0) -> list[Label]:
    """A photo of each of these people, who is their label."""
    labels = []
    for seed, person in enumerate(people, first):
        image = folder / f"{seed}.jpg"
        image.write_bytes(paint([person], seed=seed))
        labels.append(Label(image, str(person)))
    return labels


def measured(box: Box, labels: list[Label]) -> tuple[LabelledFaces, Grouped]:
    grouped = import_photos(box.albums, labels, box.paths.inbox, nothing)
    return LabelledFaces(box.albums, grouped), grouped


def test_photos_sorted_right_score_one(box: Box, tmp_path: Path) -> None:
    faces, grouped = measured(box, labelled(tmp_path, [0, 1, 0, 1, 2]))
    assert [score.f1 for score in faces.score()] == [1.0, 1.0]
    assert faces.people().count(None) == 0
    assert grouped.photos_per_s > 0
    assert grouped.peak_pss_bytes > 1e6


def test_a_face_that_was_not_found_is_a_group_of_one(box: Box, tmp_path: Path) -> None:
    labels = labelled(tmp_path, [0, 0])
    empty = tmp_path / "empty.jpg"
    empty.write_bytes(paint([], seed=9))
    faces, _ = measured(box, [*labels, Label(empty, "0")])
    assert faces.people()[2] is None
    b_cubed, _ = faces.score()
    assert b_cubed.precision == 1.0
    assert b_cubed.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3) / 3)


def test_a_broken_file_costs_recall(box: Box, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"this is no picture")
    labels = [*labelled(tmp_path, [0, 0]), Label(broken, "0")]
    faces, _ = measured(box, labels)
    assert faces.truth == ["0", "0", "0"]
    assert faces.score()[0].recall < 1.0


def test_the_labelled_face_is_the_one_nearest_the_middle(box: Box, tmp_path: Path) -> None:
    image = tmp_path / "two.jpg"
    canvas([0, 1], size=(420, 400)).save(image, quality=95, subsampling=0)
    labels = [Label(image, "1"), *labelled(tmp_path, [1], first=5)]
    faces, _ = measured(box, labels)
    assert len(set(faces.people())) == 1


def test_the_household_puts_a_split_person_together(box: Box, tmp_path: Path) -> None:
    labels = labelled(tmp_path, [0, 0])
    faces, _ = measured(box, labels)
    face = box.ask(lambda reader: reader.execute("SELECT max(id) FROM face").fetchone()[0])
    box.albums.decisions.assign_face(face, None)
    assert faces.score()[0].f1 < 0.99
    assert count_answers(box.albums, faces, 0.99, nothing) == 1
    assert faces.score()[0].f1 == 1.0


def test_the_household_does_not_put_different_people_together(box: Box, tmp_path: Path) -> None:
    twins = labelled(tmp_path, [0, 0])
    faces, _ = measured(box, [Label(twins[0].image, "Ann"), Label(twins[1].image, "Bea")])
    face = box.ask(lambda reader: reader.execute("SELECT max(id) FROM face").fetchone()[0])
    box.albums.decisions.assign_face(face, None)
    unreachable = 1.01
    assert count_answers(box.albums, faces, unreachable, nothing) is None
    assert faces.score()[0].f1 == 1.0


def test_no_answer_is_needed_where_all_is_right(box: Box, tmp_path: Path) -> None:
    faces, _ = measured(box, labelled(tmp_path, [0, 1]))
    assert count_answers(box.albums, faces, 0.99, nothing) == 0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("photo\tperson\na.jpg\tAnn\n", "no column image"),
        ("image\tperson\n", "no photo is named"),
        ("image\tperson\na.jpg\n", "line 2 is incomplete"),
        ("image\tperson\nmissing.jpg\tAnn\n", "line 2: there is no"),
    ],
)
def test_labels_that_make_no_sense_are_named(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "a.jpg").touch()
    table = tmp_path / "labels.tsv"
    table.write_text(text)
    with pytest.raises(InvalidLabels, match=problem) as caught:
        read_labels(table, tmp_path)
    assert caught.value.mend


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_table_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    table = tmp_path / "labels.tsv"
    if content is not None:
        table.write_bytes(content)
    with pytest.raises(InvalidLabels, match="cannot be read"):
        read_labels(table, tmp_path)


def test_a_limit_takes_the_first_photos(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    table = tmp_path / "labels.tsv"
    table.write_text("image\tperson\na.jpg\tAnn\na.jpg\tBob\n")
    assert [label.person for label in read_labels(table, tmp_path, limit=1)] == ["Ann"]
