"""From a dropped file to a photo of the library."""

import errno
import hashlib
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from appliance.albums import intake, queries
from appliance.albums.errors import DiskFull, NotYetWritten
from tests.albums.conftest import Box, open_albums
from tests.albums.painted import canvas, drop, paint


def with_exif(path: Path, taken: str, orientation: int = 1, offset: str = "") -> bytes:
    picture = canvas()
    exif = picture.getexif()
    exif[0x0112] = orientation
    detail = exif.get_ifd(0x8769)
    detail[0x9003] = taken
    if offset:
        detail[0x9011] = offset
    picture.save(path, "JPEG", exif=exif)
    return path.read_bytes()


def test_a_photo_moves_into_the_month_it_was_taken_in(box: Box, tmp_path: Path) -> None:
    data = with_exif(tmp_path / "x.jpg", "2024:07:31 18:05:00", offset="+02:00")
    outcome = box.take(data, "party.jpg")
    photo = box.ask(queries.photo, outcome.photo)
    assert (photo.taken_at, photo.utc_offset_minutes) == ("2024-07-31T18:05:00", 120)
    assert photo.original == "2024/07/party.jpg"


def test_the_original_is_not_altered(box: Box) -> None:
    data = paint([1])
    photo = box.ask(queries.photo, box.take(data).photo)
    assert (box.paths.library / photo.original).read_bytes() == data


def test_the_file_is_gone_from_the_inbox(box: Box) -> None:
    box.take(paint())
    assert list(box.paths.inbox.iterdir()) == []


def test_a_photo_without_a_date_lies_in_the_month_of_its_import(box: Box) -> None:
    photo = box.ask(queries.photo, box.take(paint()).photo)
    assert photo.original == "2026/11/photo.jpg"
    assert photo.taken_at is None


def test_a_photo_without_a_date_is_in_the_last_section_of_the_timeline(box: Box) -> None:
    box.take(paint(seed=1), "IMG_20240131_123456.jpg")
    box.take(paint(seed=2))
    assert [day.day for day in box.ask(queries.days)] == ["2024-01-31", None]


def test_two_photos_of_one_name_both_stay(box: Box) -> None:
    first, second = (box.take(paint(seed=seed)) for seed in (1, 2))
    assert [box.ask(queries.photo, o.photo).original for o in (first, second)] == [
        "2026/11/photo.jpg",
        "2026/11/photo (2).jpg",
    ]


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../etc/passwd.jpg", "_.._etc_passwd.jpg"),
        ("a\x00b:c?.jpg", "a_b_c_.jpg"),
        ("...", "photo"),
        ("ü" * 300 + ".jpg", "ü" * 98 + ".jpg"),
    ],
)
def test_a_name_cannot_lead_out_of_its_folder(box: Box, name: str, stored: str) -> None:
    path = drop(box.paths.inbox, "plain.jpg", paint())
    outcome = box.albums.importer.take(path, name, "upload")
    photo = box.ask(queries.photo, outcome.photo)
    assert photo.original == f"2026/11/{stored}"
    assert (box.paths.library / photo.original).exists()


def test_an_exact_duplicate_is_kept_once(box: Box) -> None:
    first = box.take(paint(seed=1), "one.jpg")
    again = box.take(paint(seed=1), "two.jpg")
    assert (again.kind, again.photo) == ("duplicate", first.photo)
    assert box.originals() == ["2026/11/one.jpg"]
    assert list(box.paths.inbox.iterdir()) == []


def test_a_duplicate_replaces_an_original_that_was_lost(box: Box) -> None:
    box.take(paint(), "one.jpg")
    (box.paths.library / "2026/11/one.jpg").unlink()
    assert box.take(paint(), "two.jpg").kind == "duplicate"
    assert box.originals() == ["2026/11/one.jpg"]


def test_thumbnail_size_and_colour_are_known(box: Box) -> None:
    photo = box.ask(queries.photo, box.take(paint(size=(1000, 500))).photo)
    assert (photo.width, photo.height) == (1000, 500)
    assert all(0x60 < int(photo.colour[i : i + 2], 16) < 0xA0 for i in (1, 3, 5))
    thumbnail = box.paths.albums / photo.thumbnail
    assert 0 < thumbnail.stat().st_size < 20_000


def test_a_preview_is_made_when_it_is_asked_for(box: Box) -> None:
    photo = box.ask(queries.photo, box.take(paint(size=(2000, 1000))).photo)
    assert not (box.paths.albums / photo.preview).exists()
    stored = box.albums.library.get(photo.id)
    assert box.albums.importer.make_preview(stored) == photo.preview
    assert (box.paths.albums / photo.preview).read_bytes()[:2] == b"\xff\xd8"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.jpg", b"", "empty"),
        ("text.jpg", b"Dear diary, today it rained.\n" * 9, "text"),
        ("cut.jpg", paint()[:3000], "damaged or cut off"),
        ("broken.jpg", paint()[:200] + os.urandom(300), "damaged"),
        ("film.mp4", b"\0\0\0\x18ftypmp42" + bytes(500), "video"),
        ("paper.pdf", b"%PDF-1.7\n" + bytes(range(250)), "PDF"),
        ("noise.png", b"\x89PNG\r\n\x1a\n" + bytes(500), "damaged"),
    ],
)
def test_what_is_no_picture_is_set_aside_with_the_reason(
    box: Box, name: str, data: bytes, reason: str
) -> None:
    outcome = box.take(data, name)
    assert outcome.kind == "quarantined"
    (item,) = box.ask(queries.quarantined)
    assert item.name == name
    assert reason in item.reason
    assert item.mend
    (kept,) = (box.paths.albums / "quarantine").iterdir()
    assert kept.read_bytes() == data
    assert box.originals() == []
    assert list(box.paths.inbox.iterdir()) == []


def test_a_bomb_is_refused_by_its_header(box: Box, tmp_path: Path) -> None:

    Image.new("1", (30_000, 30_000)).save(tmp_path / "bomb.png")
    outcome = box.take((tmp_path / "bomb.png").read_bytes(), "bomb.png")
    assert outcome.kind == "quarantined"
    assert "more than this box can open" in outcome.reason


def test_the_same_broken_file_is_set_aside_once(box: Box) -> None:
    box.take(b"text", "a.jpg")
    box.take(b"text", "b.jpg")
    assert len(box.ask(queries.quarantined)) == 1
    assert len(list((box.paths.albums / "quarantine").iterdir())) == 1


def test_a_file_set_aside_can_be_tried_again_and_discarded(box: Box) -> None:
    box.take(b"text", "a.jpg")
    (item,) = box.ask(queries.quarantined)
    found = box.albums.quarantine.get(item.id)
    assert box.albums.importer.take(found.path, found.name, "quarantine").kind == "quarantined"
    assert len(box.ask(queries.quarantined)) == 1
    box.albums.quarantine.discard(item.id)
    assert box.ask(queries.quarantined) == []
    assert list((box.paths.albums / "quarantine").iterdir()) == []


def test_a_file_that_can_be_opened_after_all_leaves_quarantine(box: Box) -> None:
    cut = paint()[:3000]
    box.take(cut, "photo.jpg")
    (item,) = box.ask(queries.quarantined)
    found = box.albums.quarantine.get(item.id)
    # What a later version of the decoder would make of it: the same file, now readable.
    box.albums.importer._decoder = Repaired(box.albums.decoder)  # type: ignore[assignment]
    outcome = box.albums.importer.take(found.path, found.name, "quarantine")
    assert outcome.kind == "imported"
    assert box.ask(queries.quarantined) == []
    assert (box.paths.library / "2026/11/photo.jpg").read_bytes() == cut


class Repaired:
    """A decoder that opens what the real one refuses, by opening a whole picture in its place."""

    def __init__(self, decoder: object) -> None:
        self._decoder = decoder

    def __getattr__(self, name: str) -> object:
        return getattr(self._decoder, name)

    def analyse(self, file: Path, **options: int) -> object:
        whole = drop(file.parent, ".whole.jpg", paint())
        try:
            return self._decoder.analyse(whole, **options)  # type: ignore[attr-defined]
        finally:
            whole.unlink()


def test_a_file_that_changes_while_it_is_read_is_left_for_later(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop(box.paths.inbox, "slow.jpg", paint())
    analyse = box.albums.decoder.analyse

    def grow(file: Path, **options: int) -> object:
        picture = analyse(file, **options)
        with path.open("ab") as writer:
            writer.write(b"more")
        return picture

    monkeypatch.setattr(box.albums.decoder, "analyse", grow)
    with pytest.raises(NotYetWritten):
        box.albums.importer.take(path, "slow.jpg", "inbox")
    assert path.exists()
    assert box.ask(queries.counts).photos == box.ask(queries.counts).pending == 0


def test_a_file_that_vanished_is_nothing(box: Box) -> None:
    assert box.albums.importer.take(box.paths.inbox / "gone.jpg", "gone.jpg", "inbox") is None


def test_a_link_is_not_followed(box: Box, tmp_path: Path) -> None:
    secret = drop(tmp_path, "secret.jpg", paint())
    link = box.paths.inbox / "link.jpg"
    link.symlink_to(secret)
    with pytest.raises(OSError, match=r".") as refused:
        box.albums.importer.take(link, "link.jpg", "inbox")
    assert refused.value.errno == errno.ELOOP
    assert secret.exists()


def test_a_file_with_a_second_name_is_copied_so_that_nobody_alters_the_library(
    box: Box, tmp_path: Path
) -> None:
    path = drop(box.paths.inbox, "shared.jpg", paint())
    (tmp_path / "second.jpg").hardlink_to(path)
    photo = box.ask(queries.photo, box.albums.importer.take(path, "shared.jpg", "inbox").photo)
    (tmp_path / "second.jpg").write_bytes(b"altered")
    assert (box.paths.library / photo.original).read_bytes() == paint()
    assert not path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other users")
def test_a_file_of_another_user_becomes_our_own(box: Box) -> None:
    path = drop(box.paths.inbox, "theirs.jpg", paint())
    os.chown(path, 12345, 12345)
    photo = box.ask(queries.photo, box.albums.importer.take(path, "theirs.jpg", "inbox").photo)
    status = (box.paths.library / photo.original).stat()
    assert (status.st_uid, status.st_mode & 0o777) == (os.geteuid(), 0o640)


def test_a_file_from_another_file_system_is_copied(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, "other file system")

    monkeypatch.setattr(intake, "move_file", refuse)
    photo = box.ask(queries.photo, box.take(paint()).photo)
    assert (box.paths.library / photo.original).read_bytes() == paint()
    assert list(box.paths.inbox.iterdir()) == []


def test_with_the_clock_at_1970_photos_are_imported_in_order(box: Box) -> None:
    box.clock.time = None
    first = box.take(paint(seed=1), "one.jpg")
    second = box.take(paint(seed=2), "IMG_20240131_123456.jpg")
    photos = box.ask(queries.recent_photos, 10)
    assert [photo.id for photo in photos] == [second.photo, first.photo]
    assert [photo.imported_at for photo in photos] == ["", ""]
    assert [photo.original for photo in photos] == [
        "2024/01/IMG_20240131_123456.jpg",
        "undated/one.jpg",
    ]


def test_a_date_after_tomorrow_is_not_believed(box: Box) -> None:
    photo = box.ask(queries.photo, box.take(paint(seed=1), "IMG_20261126_000000.jpg").photo)
    assert photo.taken_at is None
    box.clock.advance(timedelta(days=3))
    photo = box.ask(queries.photo, box.take(paint(seed=2), "IMG_20261126_000001.jpg").photo)
    assert photo.taken_at == "2026-11-26T00:00:01"


@pytest.mark.parametrize("moment", ["thumbnails", "library"])
def test_an_import_that_the_disk_cut_off_is_finished_later(
    box: Box, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """A full disk while the thumbnail is written, or when the original moves."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    path = drop(box.paths.inbox, "photo.jpg", paint([1]))
    with monkeypatch.context() as patch:
        if moment == "thumbnails":
            patch.setattr(box.albums.library, "write_derived", refuse)
        else:
            patch.setattr("appliance.albums.importer.take_file", refuse)
        with pytest.raises(DiskFull):
            box.albums.importer.take(path, "photo.jpg", "inbox")
    (waiting,) = box.albums.library.pending()
    outcome = box.albums.importer.finish(waiting)
    if outcome is None:
        outcome = box.albums.importer.take(path, "photo.jpg", "inbox")
    assert (outcome.kind, outcome.faces) == ("imported", 1)
    assert box.ask(queries.counts).pending == 0
    photo = box.ask(queries.photo, outcome.photo)
    assert hashlib.sha256((box.paths.library / photo.original).read_bytes()).digest() == (
        hashlib.sha256(paint([1])).digest()
    )


def test_a_library_whose_database_was_lost_is_read_again_where_it_lies(box: Box) -> None:
    box.take(paint(seed=1), "IMG_20240131_123456.jpg")
    box.albums.close()
    for file in box.paths.albums.glob("albums.sqlite*"):
        file.unlink()
    shutil.rmtree(box.paths.albums / "thumbnails")

    box.albums = open_albums(box.paths, box.clock, box.models)
    path = box.paths.library / "2024/01/IMG_20240131_123456.jpg"
    outcome = box.albums.importer.take(path, path.name, "library")
    assert box.ask(queries.photo, outcome.photo).original == "2024/01/IMG_20240131_123456.jpg"
    assert box.originals() == ["2024/01/IMG_20240131_123456.jpg"]


@pytest.mark.parametrize("data", [paint(), b"no picture"])
def test_a_name_that_is_no_utf8_does_not_stop_the_import(box: Box, data: bytes) -> None:
    path = box.paths.inbox / os.fsdecode(b"caf\xe9.jpg")
    path.write_bytes(data)
    box.albums.importer.take(path, path.name, "inbox")
    assert [photo.name for photo in box.ask(queries.recent_photos, 9)] + [
        item.name for item in box.ask(queries.quarantined)
    ] == ["caf?.jpg"]
    assert not path.exists()


def test_an_original_whose_name_is_no_utf8_gets_one_that_is(box: Box) -> None:
    folder = box.paths.library / os.fsdecode(b"\xe9t\xe9")
    folder.mkdir()
    path = folder / "a.jpg"
    path.write_bytes(paint())
    outcome = box.albums.importer.take(path, path.name, "library")
    assert box.ask(queries.photo, outcome.photo).original == "2026/11/a.jpg"


def test_a_pipe_in_a_files_place_is_refused_and_never_waited_for(box: Box) -> None:
    path = box.paths.inbox / "pipe.jpg"
    os.mkfifo(path)
    with pytest.raises(OSError, match="not a regular file"):
        box.albums.importer.take(path, path.name, "inbox")
    with pytest.raises(OSError, match="not a regular file"):
        box.albums.decoder.analyse(path)
    with pytest.raises(OSError, match="not a regular file"):
        intake._copy(path, box.paths.library / "copy.jpg")
