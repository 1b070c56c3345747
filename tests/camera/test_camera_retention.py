"""What is kept: simulated days of recordings stay within what the household allows."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.camera import queries
from appliance.camera.events.journal import Journal
from appliance.camera.events.tracker import Event
from appliance.camera.footage.recordings import all_pieces, name_of, pieces
from appliance.camera.retention import DAY_MS, FRESH_MS, MINUTE_MS, Kept, Limits, Retention

START_MS = 1_795_000_020_000 - 1_795_000_020_000 % MINUTE_MS
PIECE_BYTES = 1_000


@dataclass
class Disk:
    folder: Path
    journal: Journal
    free_bytes: int = 10**9

    def record(self, start_ms: int, length_ms: int = MINUTE_MS, camera: str = "yard") -> Path:
        path = self.folder / queries.RECORDINGS / camera / name_of(start_ms)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(PIECE_BYTES))
        end_s = (start_ms + length_ms) / 1000
        os.utime(path, (end_s, end_s))
        return path

    def happen(self, number: int, start_ms: int, score: float) -> Path:
        """An event with a clip."""
        event = Event(f"{number:016d}", 0, 1, score, "person", "speed", "Fast.", None)
        self.journal.write(event, "yard", "Yard", start_ms, start_ms + 1000, is_open=False)
        clip = f"{queries.CLIPS}/{event.id}.mp4"
        path = self.folder / clip
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(PIECE_BYTES))
        self.journal.set_clip(event.id, clip)
        return path

    def enforce(
        self, now_ms: int | None, *, days: int = 14, size_bytes: int = 10**9, keep: bool = True
    ) -> Kept:
        limits = Limits(days, 90, size_bytes, 1_000, keep_recordings=keep)
        return Retention(self.folder, self.journal, limits, lambda _: self.free_bytes).enforce(
            now_ms
        )


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path, Journal(tmp_path))


def test_weeks_of_recording_stay_within_size_and_days(disk: Disk) -> None:
    most, now_ms = 0, START_MS
    for _ in range(28 * 6):
        for minute in range(0, 240, 30):
            disk.record(now_ms + minute * MINUTE_MS)
        now_ms += 240 * MINUTE_MS
        kept = disk.enforce(now_ms, days=7, size_bytes=200 * PIECE_BYTES)
        most = max(most, kept.recordings_bytes)
        assert kept.oldest_ms >= now_ms - 7 * DAY_MS - MINUTE_MS
    assert most <= 200 * PIECE_BYTES
    folder = disk.folder / queries.RECORDINGS / "yard"
    assert len(list(all_pieces(folder))) <= 200
    assert len(list(folder.iterdir())) <= 200  # no empty folders are left


def test_the_dullest_go_first_and_what_is_fresh_stays(disk: Disk) -> None:
    now_ms = START_MS + 5 * 60 * MINUTE_MS
    unusual, moving, present, dull_old, dull_new = (
        disk.record(START_MS + number * 30 * MINUTE_MS, MINUTE_MS - 1) for number in range(5)
    )
    fresh = disk.record(now_ms - FRESH_MS // 2)
    disk.journal.add_minutes(
        {
            ("yard", START_MS): (0.9, 5.0, 0.0),
            ("yard", START_MS + 30 * MINUTE_MS): (0.1, 9.0, 0.0),
            ("yard", START_MS + 60 * MINUTE_MS): (0.1, 0.0, 60.0),
        }
    )
    left = [unusual, moving, present, dull_old, dull_new, fresh]
    for going in (dull_old, dull_new, moving, present, unusual):
        kept = disk.enforce(now_ms, size_bytes=len(left) * PIECE_BYTES - 1)
        left.remove(going)
        assert [
            path for path in (unusual, moving, present, dull_old, dull_new, fresh) if path.exists()
        ] == left
        assert kept.deleted == 1


def test_clips_outlive_recordings_and_the_least_unusual_goes_first(disk: Disk) -> None:
    strange, ordinary = disk.happen(1, START_MS, 0.95), disk.happen(2, START_MS, 0.6)
    old = disk.record(START_MS)
    disk.enforce(START_MS + DAY_MS, size_bytes=3 * PIECE_BYTES - 1)
    assert (old.exists(), strange.exists(), ordinary.exists()) == (False, True, True)
    disk.enforce(START_MS + DAY_MS, size_bytes=2 * PIECE_BYTES - 1)
    assert (strange.exists(), ordinary.exists()) == (True, False)
    assert disk.journal.find(f"{2:016d}").clip == ""


def test_old_events_go_with_their_files(disk: Disk) -> None:
    clip = disk.happen(1, START_MS, 0.9)
    disk.enforce(START_MS + 89 * DAY_MS)
    assert clip.exists()
    disk.enforce(START_MS + 91 * DAY_MS)
    assert not clip.exists()
    assert disk.journal.find(f"{1:016d}") is None


def test_a_disk_that_others_fill_makes_room(disk: Disk) -> None:
    for number in range(10):
        disk.record(START_MS + number * MINUTE_MS)
    disk.free_bytes = 0
    kept = disk.enforce(START_MS + DAY_MS)
    assert kept.recordings_bytes == 8 * PIECE_BYTES


def test_without_the_time_only_sizes_count(disk: Disk) -> None:
    for number in range(10):
        disk.record(START_MS + number * MINUTE_MS)
    assert disk.enforce(None).recordings_bytes == 10 * PIECE_BYTES
    assert disk.enforce(None, size_bytes=5 * PIECE_BYTES).recordings_bytes <= 5 * PIECE_BYTES


def test_without_recording_only_minutes_are_kept_for_clips(disk: Disk) -> None:
    old, new = disk.record(START_MS), disk.record(START_MS + 9 * MINUTE_MS)
    disk.enforce(START_MS + 10 * MINUTE_MS, keep=False)
    assert (old.exists(), new.exists()) == (False, True)


def test_pieces_are_found_by_their_time(disk: Disk) -> None:
    paths = [disk.record(START_MS + number * MINUTE_MS) for number in range(60)]
    folder = disk.folder / queries.RECORDINGS / "yard"
    from_ms, to_ms = START_MS + 90_000, START_MS + 200_000
    assert [each.path for each in pieces(folder, from_ms, to_ms)] == paths[1:4]
    found = queries.recordings(disk.folder, "yard", from_ms, to_ms)
    assert [each.path for each in found] == paths[1:4]
    assert queries.recordings(disk.folder, "../yard", from_ms, to_ms) == []
    assert [each.path for each in all_pieces(folder)] == paths
