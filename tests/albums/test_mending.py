"""A library whose database was damaged by its disk."""

import sqlite3
from contextlib import closing

from appliance.albums import queries
from appliance.albums.health import database_rebuilt
from appliance.albums.inbox import Arrival
from appliance.albums.sweep import Sweep
from appliance.service.repair import damaged_copies
from tests.albums.conftest import Box, open_albums

PAGE_BYTES = 4096
RED, GREEN = 0, 1


def restart_with_damage(box: Box, table: str) -> None:
    """Overwrites the root page of a table while albums does not run."""
    box.albums.close()
    path = box.paths.albums / queries.DATABASE
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        page = int(connection.execute(query, (table,)).fetchone()[0])
    with path.open("r+b") as file:
        file.seek((page - 1) * PAGE_BYTES)
        file.write(b"\xa5" * PAGE_BYTES)
    box.albums = open_albums(box.paths, box.clock, box.models)


def named(box: Box) -> int:
    """Two photos of somebody with a name."""
    first = box.photo_of(RED, GREEN)
    box.photo_of(RED)
    person = box.people_on(first.photo or 0)[0]
    assert person is not None
    box.albums.decisions.name(person, "Ada")
    return person


def test_what_can_be_counted_anew_is_not_missed(box: Box) -> None:
    person = named(box)
    before = (box.ask(queries.counts), box.ask(queries.days), box.ask(queries.person, person))
    restart_with_damage(box, "day")
    assert (box.ask(queries.counts), box.ask(queries.days), box.ask(queries.person, person)) == (
        before
    )


def test_lost_photos_come_back_from_their_originals(box: Box) -> None:
    named(box)
    restart_with_damage(box, "photo")
    assert box.ask(queries.counts).photos == 0
    strangers: list[Arrival] = []
    sweep = Sweep(box.albums.database, box.albums.library, strangers.append)
    while sweep.step():
        pass
    for stranger in strangers:
        box.albums.importer.take(stranger.path, stranger.name, stranger.source)
    counts = box.ask(queries.counts)
    assert (counts.photos, counts.faces, counts.grouping) == (2, 3, True)


def test_people_without_faces_are_counted_so(box: Box) -> None:
    person = named(box)
    restart_with_damage(box, "face")
    shown = box.ask(queries.person, person)
    assert shown is not None
    assert (shown.name, shown.faces, shown.photos) == ("Ada", 0, 0)


def test_the_household_is_told_until_the_damaged_file_is_gone(box: Box) -> None:
    named(box)
    assert database_rebuilt(box.albums) == []
    restart_with_damage(box, "day")
    assert [finding.rule for finding in database_rebuilt(box.albums)] == ["database_rebuilt"]
    for copy in damaged_copies(box.paths.albums / queries.DATABASE):
        copy.unlink()
    assert database_rebuilt(box.albums) == []


def test_whoever_is_forgotten_is_in_no_damaged_file(box: Box) -> None:
    person = named(box)
    restart_with_damage(box, "day")
    box.albums.forgetting.forget(person)
    assert damaged_copies(box.paths.albums / queries.DATABASE) == []
