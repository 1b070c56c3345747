"""Folders and rows agree again after what happens to disks."""

import os
import shutil

import pytest

from appliance.albums import queries
from appliance.albums.inbox import Arrival
from appliance.albums.sweep import Sweep
from tests.albums.conftest import Box, open_albums
from tests.albums.painted import paint


def sweep(box: Box) -> list[Arrival]:
    """Looks through everything; the originals that have no row."""
    strangers: list[Arrival] = []
    chore = Sweep(box.albums.database, box.albums.library, strangers.append)
    while chore.step():
        pass
    return strangers


def test_where_nothing_happened_nothing_is_found(box: Box) -> None:
    photo = box.albums.library.get(box.photo_of(0, 1).photo or 0)
    assert photo is not None
    box.albums.importer.make_preview(photo)
    files = box.files("thumbnails", "crops", "previews")
    assert len(files) == 4
    assert sweep(box) == []
    assert box.files("thumbnails", "crops", "previews") == files


@pytest.mark.parametrize(
    "file",
    [
        "thumbnails/ab/" + "ab" * 16 + ".webp",
        "previews/ab/" + "ab" * 16 + ".jpg",
        "crops/ab/" + "ab" * 16 + "-0000-0.webp",
        "thumbnails/ab/.writing-0123456789abcdef",
    ],
)
def test_what_belongs_to_no_photo_is_deleted(box: Box, file: str) -> None:
    box.albums.library.write_derived(file, b"x")
    sweep(box)
    assert box.files("thumbnails", "crops", "previews") == set()


def test_a_crop_of_no_face_is_deleted(box: Box) -> None:
    box.photo_of(0)
    (crop,) = box.files("crops")
    box.albums.library.write_derived(crop.replace("-0.webp", "-7.webp"), b"x")
    sweep(box)
    assert box.files("crops") == {crop}


def test_a_preview_that_is_just_being_made_is_left_alone(box: Box) -> None:
    file = "previews/ab/.writing-0123456789abcdef"
    box.albums.library.write_derived(file, b"x")
    sweep(box)
    assert box.files("previews") == {file}
    os.utime(box.paths.albums / file, (0, 0))
    sweep(box)
    assert box.files("previews") == set()


def test_a_library_whose_database_was_lost_comes_back(box: Box) -> None:
    for seed in range(3):
        box.take(paint(seed=seed), f"IMG_2024013{seed % 2}_12345{seed}.jpg")
    originals = box.originals()
    box.albums.close()
    shutil.rmtree(box.paths.albums)
    box.albums = open_albums(box.paths, box.clock, box.models)
    for arrival in sweep(box):
        box.albums.importer.take(arrival.path, arrival.name, arrival.source)
    assert box.ask(queries.counts).photos == 3
    assert box.originals() == originals
