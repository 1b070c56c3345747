"""A disk that is full silences nobody, stops nothing, and is taken up again when there is room."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.bus.messages.camera import CameraEvent, CameraState
from appliance.camera import queries
from appliance.camera.box import Box
from appliance.camera.events.journal import Journal
from appliance.camera.events.tracker import Event
from appliance.camera.footage.cutting import cut_clip
from appliance.camera.footage.recordings import Piece, all_pieces, name_of
from appliance.camera.retention import DAY_MS, Limits, Retention
from tests.broker_fixture import Broker
from tests.camera.room import Room, count, eventually, in_room, length_s, more_pieces, unusual
from tests.camera.scenes import encode, paint, walker

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]
SIZE_BYTES = 12 << 20
START_MS = 1_795_000_000_000
LEFT_OPEN = Event("a" * 16, 0, 1, 0.9, "person", "speed", "Fast.", Box(0.1, 0.2, 0.3, 0.4))


class Disk:
    """A small file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """To the last byte."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (1 << 16, 1 << 10, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue

    def make_room(self) -> None:
        self._ballast.unlink()


@pytest.fixture
def small_disk() -> Iterator[Callable[[Path], Disk]]:
    """Makes a folder a file system of 12 MB."""
    mounted: list[Path] = []

    def mount(folder: Path) -> Disk:
        if os.geteuid() != 0:
            pytest.skip("only root can mount a small file system")
        folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("this machine lets nobody mount a small file system")
        mounted.append(folder)
        return Disk(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def rules(room: Room) -> set[str]:
    return {each.rule for each in room.findings()}


async def something_happens(room: Room) -> CameraEvent:
    """It is told from beginning to end."""
    room.heard.clear()
    room.camera("front_door").hear(unusual(time.monotonic()))
    opened = await room.until(CameraEvent, event_type="open")
    await room.until(CameraEvent, event_type="close", id=opened.id)
    return opened


def find(room: Room, identifier: str) -> queries.Event | None:
    with queries.opened(room.folder) as reader:
        return queries.find_event(reader, identifier)


async def test_a_full_disk_pauses_recording_and_events_go_on(broker: Broker, front: str) -> None:
    async with in_room(broker, front, reserve_bytes=1 << 60) as room:
        await room.until(CameraState, online=True, recording=False)
        await eventually(room.findings)
        (finding,) = room.findings()
        assert (finding.rule, finding.mend[:9]) == ("camera_recording", "make room")
        assert "Front door is not recorded: the disk is nearly full." in finding.message
        room.camera("front_door").hear(unusual(time.monotonic()))
        opened = await room.until(CameraEvent, event_type="open")
        await room.until(CameraEvent, event_type="close")
        with queries.opened(room.folder) as reader:
            assert queries.find_event(reader, opened.id).clip == ""
        assert count(room.folder / "recordings" / "front_door") == 0


async def test_recordings_that_fill_their_disk_pause_until_there_is_room(
    broker: Broker, front: str, small_disk: Callable[[Path], Disk]
) -> None:
    disk = small_disk(broker.paths.camera / queries.RECORDINGS)
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True, recording=True)
        await more_pieces(room.folder / "recordings" / "front_door", 2)
        room.heard.clear()
        disk.fill()
        await room.until(CameraState, online=True, recording=False)
        (finding,) = room.findings()
        assert finding.rule == "camera_recording"
        assert finding.message.startswith("Front door is not recorded: the disk is nearly full.")
        event = await something_happens(room)
        assert not find(room, event.id).open
        assert room.camera("front_door").recorder.losses == 0
        disk.make_room()
        await room.until(CameraState, online=True, recording=True)
        assert room.findings() == []
        await more_pieces(room.folder / "recordings" / "front_door", 2)
        shown = [each for each in all_pieces(disk.folder / "front_door") if each.size_bytes][-2]
        assert length_s(shown.path) > 1


async def test_a_disk_that_fills_up_with_all_that_the_room_keeps_silences_nobody(
    broker: Broker, front: str, small_disk: Callable[[Path], Disk]
) -> None:
    disk = small_disk(broker.paths.camera)
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True, recording=True)
        room.heard.clear()
        disk.fill()
        await room.until(CameraState, online=True, recording=False)
        before = await something_happens(room)
        assert rules(room) == {"camera_recording", "camera_events"}
        disk.make_room()
        await room.until(CameraState, online=True, recording=True)
        event = await something_happens(room)
        assert room.findings() == []
        assert not find(room, before.id).open
        clip = await room.until(CameraEvent, event_type="clip", id=event.id)
        assert (room.folder / find(room, clip.id).clip).stat().st_size > 0


@pytest.mark.parametrize("before", ["nothing", "a kill"])
async def test_the_room_starts_on_a_full_disk_and_takes_up_when_there_is_room(
    broker: Broker, front: str, small_disk: Callable[[Path], Disk], before: str
) -> None:
    disk = small_disk(broker.paths.camera)
    if before == "a kill":
        journal = Journal(disk.folder)
        journal.write(LEFT_OPEN, "front_door", "Front door", 1_000, 2_000, is_open=True)
        journal.set_armed("front_door", "Front door", armed=True)
    disk.fill()
    async with in_room(broker, front) as room:
        await room.until(CameraState, online=True, recording=False)
        event = await something_happens(room)
        assert rules(room) == {"camera_recording", "camera_events"}
        room.heard.clear()
        disk.make_room()
        await room.until(CameraState, online=True, recording=True)
        await eventually(lambda: room.findings() == [])
        assert not find(room, event.id).open
        if before == "a kill":
            await room.until(CameraEvent, event_type="close", id=LEFT_OPEN.id)
            assert not find(room, LEFT_OPEN.id).open


async def test_a_clip_that_finds_no_room_is_cut_later(
    tmp_path: Path, small_disk: Callable[[Path], Disk]
) -> None:
    """It is told from one of which nothing was recorded, which is never tried again."""
    disk = small_disk(tmp_path / "disk")
    film = encode(tmp_path / "film.mp4", paint(3, [walker(0, 120)]))
    pieces = [Piece(film, START_MS, START_MS + 3_000, film.stat().st_size)]
    clip = disk.folder / queries.CLIPS / "clip.mp4"
    clip.parent.mkdir()
    disk.fill()
    with pytest.raises(OSError, match="No space left"):
        await cut_clip(pieces, START_MS, START_MS + 2_000, clip)
    assert list(clip.parent.iterdir()) == []
    disk.make_room()
    assert await cut_clip(pieces, START_MS, START_MS + 2_000, clip)
    assert length_s(clip) > 1.5


def test_recordings_make_room_on_a_disk_that_is_full_to_the_last_byte(
    tmp_path: Path, small_disk: Callable[[Path], Disk]
) -> None:
    disk = small_disk(tmp_path / "disk")
    journal = Journal(disk.folder)
    for number in range(20):
        journal.write(
            Event(f"{number:016d}", 0, 1, 0.9, "person", "speed", "Fast.", None),
            *("yard", "Yard", 1_000 + number, 2_000),
            is_open=False,
        )
    piece = disk.folder / queries.RECORDINGS / "yard" / name_of(START_MS)
    piece.parent.mkdir(parents=True)
    piece.write_bytes(bytes(4 << 20))
    disk.fill()
    retention = Retention(disk.folder, journal, Limits(14, 90, 10**9, 1 << 20))
    retention.enforce(START_MS + 100 * DAY_MS)
    assert not piece.exists()
    retention.enforce(START_MS + 100 * DAY_MS)
    with queries.opened(disk.folder) as reader:
        assert queries.count(reader).events == 0
    journal.close()
