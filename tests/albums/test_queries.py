"""What others read of the library."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from appliance.albums import queries
from appliance.albums.schema import SCHEMA
from appliance.service.database import Database
from tests.albums.conftest import Box
from tests.albums.painted import paint

RED, GREEN = 0, 1


@pytest.fixture
def timeline(box: Box) -> Box:
    """Four photos on two days, and one without a date; the last without its hour."""
    for number, name in enumerate(
        [
            "IMG_20240131_120000.jpg",
            "IMG_20240201_090000.jpg",
            "IMG_20240131_180000.jpg",
            "IMG-20240131-WA0001.jpg",
            "undated.jpg",
        ]
    ):
        box.take(paint(seed=number), name)
    return box


def test_days_come_newest_first_and_the_unknown_last(timeline: Box) -> None:
    days = timeline.ask(queries.days)
    assert [(day.day, day.photos) for day in days] == [
        ("2024-02-01", 1),
        ("2024-01-31", 3),
        (None, 1),
    ]


def test_photos_of_a_day_come_newest_first(timeline: Box) -> None:
    photos = timeline.ask(queries.photos_of_day, "2024-01-31")
    assert [photo.taken_at for photo in photos] == [
        "2024-01-31T18:00:00",
        "2024-01-31T12:00:00",
        "2024-01-31",
    ]
    assert [photo.name for photo in timeline.ask(queries.photos_of_day, None)] == ["undated.jpg"]


def test_neighbours_lead_through_the_whole_timeline(timeline: Box) -> None:
    expected = [
        photo.id
        for day in timeline.ask(queries.days)
        for photo in timeline.ask(queries.photos_of_day, day.day)
    ]
    walked = [expected[0]]
    while (older := timeline.ask(queries.neighbours, walked[-1])[1]) is not None:
        assert timeline.ask(queries.neighbours, older)[0] == walked[-1]
        walked.append(older)
    assert walked == expected


def test_of_a_photo_that_is_not_there_nothing_is_known(timeline: Box) -> None:
    assert timeline.ask(queries.photo, 99) is None
    assert timeline.ask(queries.neighbours, 99) == (None, None)
    assert timeline.ask(queries.faces_of_photo, 99) == []
    assert timeline.ask(queries.person, 99) is None


def test_recent_photos_come_in_the_order_of_import(timeline: Box) -> None:
    assert [photo.id for photo in timeline.ask(queries.recent_photos, 3)] == [5, 4, 3]


def test_a_pending_photo_is_counted_and_not_shown(timeline: Box) -> None:
    with timeline.albums.database.transaction() as connection:
        connection.execute(
            """INSERT INTO photo (state, sha256, name, file, format, size_bytes, width, height,
            source) VALUES ('pending', 'x', 'x', 'x', 'jpeg', 1, 1, 1, 'inbox')"""
        )
    counts = timeline.ask(queries.counts)
    assert (counts.photos, counts.pending) == (5, 1)
    assert len(timeline.ask(queries.recent_photos, 99)) == 5


def test_people_come_named_first_by_name_then_by_photos(box: Box) -> None:
    box.photo_of(0, 1, 2, 3)
    box.photo_of(3)
    people = box.people_on(1)
    box.albums.decisions.name(people[0] or 0, "zoe")
    box.albums.decisions.name(people[1] or 0, "Äsop")
    shown = box.ask(queries.people, 10)
    assert [person.id for person in shown] == [people[1], people[0], people[3], people[2]]
    assert box.ask(queries.people, 1, 2)[0].id == people[3]


def test_a_person_has_photos_faces_and_a_cover(box: Box) -> None:
    box.photo_of(RED)
    box.photo_of(RED, GREEN)
    person = box.people_on(1)[0]
    assert [photo.id for photo in box.ask(queries.photos_of_person, person, 10)] == [2, 1]
    faces = box.ask(queries.faces_of_person, person, 10)
    assert [face.photo for face in faces] == [2, 1]
    shown = box.ask(queries.person, person)
    assert (shown.photos, shown.faces) == (2, 2)
    assert shown.cover in {face.crop for face in faces}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ann", ["Ann", "Joann"]),
        ("ANN", ["Ann", "Joann"]),
        ("łu", ["Łucja"]),
        ("zoe", ["Zoë"]),
        ("100%", ["100%_x"]),
        ("%", ["100%_x"]),
        ("nobody", []),
    ],
)
def test_people_are_found_by_name(box: Box, text: str, found: list[str]) -> None:
    box.photo_of(0, 1, 2, 3, 4)
    for person, name in zip(
        box.people_on(1), ["Joann", "Ann", "Łucja", "Zoë", "100%_x"], strict=True
    ):
        box.albums.decisions.name(person or 0, name)
    assert [person.name for person in box.ask(queries.find_people, text, 10)] == found


def test_who_the_machine_merged_is_found_as_the_other(box: Box) -> None:
    box.photo_of(RED)
    with box.albums.database.transaction() as connection:
        connection.execute("INSERT INTO alias (person, merged_into) VALUES (77, 1)")
    assert box.ask(queries.person, 77).id == 1


def test_a_reader_cannot_write(box: Box) -> None:
    with (
        closing(queries.open_library(box.paths.albums)) as reader,
        pytest.raises(sqlite3.OperationalError, match="readonly"),
    ):
        reader.execute("DELETE FROM photo")


@pytest.fixture
def large(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A library of 5,000 photos and 10,000 faces."""
    database = Database(tmp_path / queries.DATABASE, SCHEMA)
    with database.transaction() as connection:
        connection.executemany(
            "INSERT INTO person (id, name) VALUES (?, ?)",
            [(number, None if number % 5 else f"N{number}") for number in range(1, 400)],
        )
        for number in range(5000):
            day = f"20{number % 26:02}-{number % 12 + 1:02}-{number % 28 + 1:02}"
            connection.execute(
                """INSERT INTO photo (state, sha256, name, file, format, size_bytes, width, height,
                taken_at, day, source) VALUES ('complete', ?1, 'x', ?1, 'jpeg', 1, 1, 1, ?2,
                ?2, 'inbox')""",
                (str(number), day),
            )
            connection.executemany(
                """INSERT INTO face (photo, x, y, width, height, landmarks, score, quality, person,
                crop) VALUES (?, 0, 0, 1, 1, '', 1, 0.5, ?, 'c')""",
                [(number + 1, number % 399 + 1), (number + 1, None)],
            )
    database.close()
    with closing(queries.open_library(tmp_path)) as reader:
        yield reader


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM shown_photo WHERE day = '2001-01-01' ORDER BY taken_at DESC, id DESC",
        "SELECT * FROM shown_photo ORDER BY id DESC LIMIT 20",
        "SELECT * FROM shown_face WHERE photo = 7",
        "SELECT * FROM shown_face WHERE person = 7 ORDER BY photo DESC, id DESC LIMIT 60",
        "SELECT * FROM shown_face WHERE person IS NULL ORDER BY photo DESC, id DESC LIMIT 60",
        """SELECT * FROM shown_person WHERE faces > 0
            ORDER BY name IS NULL, name_key, photos DESC, id LIMIT 60""",
        """SELECT id FROM photo WHERE state = 'complete' AND (day, taken_at, id) > ('2', '', 0)
            ORDER BY day, taken_at, id LIMIT 1""",
    ],
)
def test_a_page_is_read_along_an_index_without_sorting(
    large: sqlite3.Connection, query: str
) -> None:
    plan = [row["detail"] for row in large.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert not any("TEMP B-TREE" in step for step in plan), plan
    assert not any(step.startswith("SCAN") and "INDEX" not in step for step in plan), plan


def test_every_face_is_counted_once(large: sqlite3.Connection) -> None:
    counts = queries.counts(large)
    assert (counts.photos, counts.faces, counts.unknown_faces, counts.people) == (
        *(5000, 10_000, 5000, 399),
    )
