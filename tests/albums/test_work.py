"""The worker: arrivals first, then what can wait; what cannot be done now is done later."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from appliance.albums import queries
from appliance.albums.albums import Albums
from appliance.albums.chores import GiveBack
from appliance.albums.health import checks
from appliance.albums.inbox import Arrival, Inbox
from appliance.albums.settings import Settings
from appliance.albums.work import Pauses, Work
from tests.albums.conftest import Box
from tests.albums.painted import drop, paint
from tests.albums.working import working


class Counting:
    """A chore of some steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.done = threading.Event()

    def step(self) -> bool:
        if self.left == 0:
            self.done.set()
            return False
        self.left -= 1
        return True


def test_files_of_both_folders_are_imported(box: Box) -> None:
    drop(box.paths.inbox, "trip/photo.jpg", paint(seed=1))
    drop(box.paths.uploads, f"{'0' * 32}-summer%20day.jpg", paint(seed=2))
    with working(box) as worker:
        worker.wait_for(lambda: len(worker.outcomes) == 2)
    names = {photo.name for photo in box.ask(queries.recent_photos, 9)}
    assert names == {"photo.jpg", "summer day.jpg"}


def test_chores_are_done_step_by_step_until_nothing_is_left(box: Box) -> None:
    chore = Counting(5)
    with working(box, (chore,)):
        assert chore.done.wait(20)
    assert chore.left == 0


def test_a_photo_does_not_wait_for_chores_to_end(box: Box) -> None:
    endless = Counting(-1)
    with working(box, (endless,)) as worker:
        drop(box.paths.inbox, "photo.jpg", paint())
        worker.wait_for(lambda: len(worker.outcomes) == 1)


def test_stopping_does_not_wait_for_the_rest_of_the_inbox(box: Box) -> None:
    for seed in range(30):
        drop(box.paths.inbox, f"{seed}.jpg", paint(seed=seed))
    with working(box) as worker:
        worker.wait_for(lambda: len(worker.outcomes) >= 1)
    assert 0 < box.ask(queries.counts).photos < 30
    assert box.ask(queries.counts).pending == 0


def test_the_backlog_counts_what_waits(box: Box) -> None:
    for seed in range(10):
        drop(box.paths.inbox, f"{seed}.jpg", paint(seed=seed))
    with working(box) as worker:
        worker.wait_for(lambda: len(worker.outcomes) >= 1)
        assert worker.work.backlog > 0
        worker.wait_for(lambda: len(worker.outcomes) == 10)
    assert worker.work.backlog == 0


def test_a_pending_photo_whose_file_was_taken_away_is_dropped(box: Box) -> None:
    photo = box.albums.library.get(box.photo_of(0).photo or 0)
    assert photo is not None
    with box.albums.database.transaction() as connection:
        connection.execute("UPDATE photo SET state = 'pending'")
    box.albums.library.path(photo).unlink()
    with working(box) as worker:
        worker.wait_for(lambda: box.ask(queries.counts).pending == 0)
        worker.wait_for(lambda: box.files("thumbnails", "crops") == set())
    assert box.ask(queries.counts).faces == 0


def test_a_file_that_may_not_be_moved_is_a_finding_and_does_not_stop_the_others(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = drop(box.paths.inbox, "theirs.jpg", paint(seed=1))
    drop(box.paths.inbox, "ours.jpg", paint(seed=2))
    real = box.albums.importer.take

    def refuse(path: Path, name: str, source: str) -> object:
        if path == theirs and not allowed.is_set():
            raise PermissionError
        return real(path, name, source)

    allowed = threading.Event()
    monkeypatch.setattr(box.albums.importer, "take", refuse)
    with working(box, pauses=Pauses(untouchable_s=0.2)) as worker:
        worker.wait_for(lambda: len(worker.outcomes) == 1)
        worker.wait_for(lambda: bool(worker.work.untouchable))
        rules = findings(box.albums, worker.work, worker.inbox)
        assert "chmod" in rules["inbox_files"]
        allowed.set()
        worker.wait_for(lambda: len(worker.outcomes) == 2)
        assert findings(box.albums, worker.work, worker.inbox) == {}


def findings(albums: Albums, worker: Work, inbox: Inbox) -> dict[str, str]:
    """The mends by rule."""
    found = [finding for check in checks(albums, worker, inbox) for finding in check()]
    return {finding.rule: finding.mend for finding in found}


def test_an_ordered_file_is_tried(box: Box) -> None:
    with working(box) as worker:
        path = drop(box.paths.data, "elsewhere.jpg", paint())
        worker.work.order(Arrival(path, "elsewhere.jpg", "quarantine"))
        worker.wait_for(lambda: len(worker.outcomes) == 1)


def test_what_a_crash_left_in_quarantine_without_a_row_is_tried_again(box: Box) -> None:
    drop(box.paths.albums, f"quarantine/{'0' * 16}-was%20moved.jpg", b"text")
    with working(box) as worker:
        worker.wait_for(lambda: len(worker.outcomes) == 1)
    (item,) = box.ask(queries.quarantined)
    assert item.name == "was moved.jpg"
    assert len(list((box.paths.albums / "quarantine").iterdir())) == 1


def test_idle_albums_give_their_memory_back_once(box: Box) -> None:
    box.photo_of(0)
    assert box.albums.decoder.pid is not None
    GiveBack(box.albums.decoder, box.albums.recognition, after_s=3600).step()
    assert box.albums.decoder.pid is not None
    GiveBack(box.albums.decoder, box.albums.recognition, after_s=0).step()
    assert box.albums.decoder.pid is None
    assert box.models.unloaded == 1
    assert box.photo_of(0).faces == 1


@pytest.mark.parametrize(
    ("settings", "thumbnail", "preview"),
    [(Settings(), 320, 1440), (Settings(thumbnail_px=200, preview_px=900), 200, 900)],
)
def test_sizes_are_as_they_are_set(
    box: Box, settings: Settings, thumbnail: int, preview: int
) -> None:
    box.albums.close()
    box.albums = Albums.open(box.paths, settings, box.clock)
    photo = box.ask(queries.photo, box.take(paint(size=(3000, 2000))).photo)
    stored = box.albums.library.get(photo.id)
    assert stored is not None
    made = box.albums.importer.make_preview(stored)
    for file, side in ((photo.thumbnail, thumbnail), (made, preview)):
        with Image.open(box.paths.albums / file) as picture:
            assert max(picture.size) == side


def test_time_passes_in_the_journal(box: Box) -> None:
    box.photo_of(0)
    box.clock.advance(timedelta(days=1))
    box.albums.decisions.name(1, "Rosa")
    assert box.ask(queries.journal, 1)[0].at == "2026-11-24T12:00:00Z"
