"""What is kept for training, for how long, who can read it, and that deleted is deleted."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.bus.messages.training import TrainingState
from appliance.voice import queries
from appliance.voice.audio.recording import read_recording
from appliance.voice.audio.sound import Samples
from appliance.voice.dialogue.conversation import Reply
from appliance.voice.dialogue.outcome import Outcome
from appliance.voice.hearing.endpointing import End, Utterance
from appliance.voice.hearing.listening import Said
from appliance.voice.recognisers.recogniser import Hypothesis
from appliance.voice.training.log import TrainingLog
from appliance.voice.training.store import DAYS, TrainingStore
from tests.voice.speech import noise

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LIMIT_S = 10.0
SOUND = noise(500, 900.0)

READER = """
import os, pathlib, sys
from appliance.voice import queries
os.setgroups([int(sys.argv[2])]); os.setgid(65534); os.setuid(65534)
folder = pathlib.Path(sys.argv[1])
for recording in queries.recordings(folder):
    print(recording.text, len((folder / recording.file).read_bytes()))
"""


def outcome(text: str = "turn on the lamp", samples: Samples | None = SOUND) -> Outcome:
    hypothesis = Hypothesis(tuple(text.split()), extendable=False, score=-0.2, distance=0.4)
    said = Said(Utterance(End.COMPLETE, hypothesis), 1.0, samples)
    return Outcome("spoken", text, Reply("done", "Done: Lamp on.", "HassTurnOn"), said)


def keep(store: TrainingStore, text: str = "turn on the lamp", now: datetime | None = NOON) -> None:
    store.add(outcome(text), SOUND, now)


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    folder = tmp_path / "voice"
    folder.mkdir()
    return folder


@pytest.fixture
def store(voice: Path) -> TrainingStore:
    return TrainingStore(voice)


def test_a_recording_is_listed_as_it_was_heard_and_understood(
    voice: Path, store: TrainingStore
) -> None:
    keep(store)
    (recording,) = queries.recordings(voice)
    assert (recording.text, recording.kind, recording.intent) == (
        "turn on the lamp",
        "done",
        "HassTurnOn",
    )
    assert (recording.at, recording.score) == ("2026-11-25T12:00:00Z", -0.2)
    assert read_recording(voice / recording.file).samples.tolist() == SOUND.tolist()
    assert queries.count(voice) == queries.Kept(1, recording.size_bytes)


def test_recordings_are_read_in_pages_the_newest_first(voice: Path, store: TrainingStore) -> None:
    for number in range(5):
        keep(store, f"sentence {number}")
    first = queries.recordings(voice, limit=2)
    second = queries.recordings(voice, limit=2, before=first[-1].id)
    assert [each.text for each in (*first, *second)] == [f"sentence {n}" for n in (4, 3, 2, 1)]


def test_an_id_that_is_a_path_finds_nothing(voice: Path, store: TrainingStore) -> None:
    keep(store)
    assert queries.find(voice, "../training/x") is None
    assert queries.find(voice, "") is None


def test_one_is_deleted_and_the_others_stay(voice: Path, store: TrainingStore) -> None:
    for text in ("one", "two"):
        keep(store, text)
    newest, oldest = queries.recordings(voice)
    store.delete([newest.id, "00000099-00000000"])
    assert queries.recordings(voice) == [oldest]
    assert len(list((voice / queries.FOLDER).iterdir())) == 2


def test_an_id_is_never_given_twice(voice: Path, store: TrainingStore) -> None:
    keep(store, "one")
    (first,) = queries.recordings(voice)
    store.delete(None)
    keep(store, "two")
    store.delete([first.id])
    assert [each.text for each in queries.recordings(voice)] == ["two"]


def test_all_are_deleted_with_whatever_else_lies_there(voice: Path, store: TrainingStore) -> None:
    keep(store)
    (voice / queries.FOLDER / "half.wav").write_bytes(b"RIFF")
    store.delete(None)
    assert list((voice / queries.FOLDER).iterdir()) == []


def test_the_oldest_go_when_there_is_too_much(voice: Path) -> None:
    store = TrainingStore(voice, size_limit_bytes=40_000)
    for number in range(4):
        keep(store, f"sentence {number}")
    assert [each.text for each in queries.recordings(voice)] == ["sentence 3", "sentence 2"]


def test_what_is_too_old_goes(voice: Path, store: TrainingStore) -> None:
    keep(store, "old", NOON - timedelta(days=DAYS, hours=1))
    keep(store, "new", NOON - timedelta(days=DAYS - 1))
    store.expire(NOON)
    assert [each.text for each in queries.recordings(voice)] == ["new"]


def test_while_the_time_is_unknown_nothing_is_too_old(voice: Path, store: TrainingStore) -> None:
    keep(store, "undated", None)
    store.expire(None)
    store.expire(NOON)
    store.expire(NOON + timedelta(days=DAYS - 1))
    (recording,) = queries.recordings(voice)
    assert recording.at == ""
    store.expire(NOON + timedelta(days=DAYS + 1))
    assert queries.recordings(voice) == []


def test_what_a_power_cut_left_half_written_is_swept_and_not_listed(
    voice: Path, store: TrainingStore
) -> None:
    keep(store)
    folder = voice / queries.FOLDER
    (folder / "00000007-00000000.wav").write_bytes(b"RIFF")
    (folder / ".writing-1234").write_bytes(b"x")
    assert queries.count(voice).recordings == 1
    store.expire(None)
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"version": 2}', b"\xff"])
def test_a_damaged_description_is_passed_over_and_goes_in_the_end(
    voice: Path, store: TrainingStore, content: bytes
) -> None:
    keep(store)
    (json_file,) = (voice / queries.FOLDER).glob("*.json")
    json_file.write_bytes(content)
    assert queries.recordings(voice) == []
    store.expire(NOON)
    assert queries.count(voice).recordings == 0


@pytest.fixture
def shared(voice: Path, tmp_path: Path) -> Iterator[Path]:
    """The folder as on the box: its group reads, others do not."""
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    parents = [
        each for each in voice.parents if each.is_relative_to("/tmp") and each != Path("/tmp")
    ]
    modes = {parent: parent.stat().st_mode for parent in parents}
    for parent in parents:
        parent.chmod(0o755)
    os.chown(voice, 0, GROUP)
    voice.chmod(0o2750)
    before = os.umask(0o027)
    yield voice
    os.umask(before)
    for parent, mode in modes.items():
        parent.chmod(mode)


GROUP = 54321


@pytest.mark.parametrize(("group", "readable"), [(GROUP, True), (54322, False)])
def test_another_user_of_the_group_reads_and_nobody_else(
    shared: Path, group: int, readable: bool
) -> None:
    keep(TrainingStore(shared))
    done = subprocess.run(
        [sys.executable, "-c", READER, str(shared), str(group)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (f"turn on the lamp {44 + 2 * len(SOUND)}\n" if readable else "")


class Log:
    """A training log and what it tells."""

    def __init__(self, voice: Path, *, enabled: bool = True) -> None:
        self.states: asyncio.Queue[TrainingState] = asyncio.Queue()
        self.log = TrainingLog(TrainingStore(voice), self, self.states.put_nowait, enabled=enabled)

    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return 0.0

    async def until(self, recordings: int) -> TrainingState:
        async with asyncio.timeout(LIMIT_S):
            while (state := await self.states.get()).recordings != recordings:
                pass
        return state


async def test_nothing_is_kept_unless_the_household_wants_it(voice: Path) -> None:
    off = Log(voice, enabled=False)
    running = asyncio.create_task(off.log.run())
    await off.until(0)
    off.log.keep(outcome())
    await off.log.delete([])
    assert (await off.until(0)).enabled is False
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not (voice / queries.FOLDER).exists()


async def test_what_is_kept_is_told_and_what_is_deleted_too(voice: Path) -> None:
    on = Log(voice)
    running = asyncio.create_task(on.log.run())
    on.log.keep(outcome())
    state = await on.until(1)
    assert state.enabled
    assert state.size_bytes > 2 * len(SOUND)
    await on.log.delete(None)
    await on.until(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_when_it_is_off_it_tells_what_remains(voice: Path) -> None:
    keep(TrainingStore(voice))
    off = Log(voice, enabled=False)
    running = asyncio.create_task(off.log.run())
    assert not (await off.until(1)).enabled
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_deleting_all_deletes_what_still_waits_for_the_disk(voice: Path) -> None:
    on = Log(voice)
    on.log.keep(outcome())
    await on.log.delete(None)
    running = asyncio.create_task(on.log.run())
    await on.until(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert queries.recordings(voice) == []


async def test_typed_sentences_are_not_kept(voice: Path) -> None:
    on = Log(voice)
    on.log.keep(Outcome("typed", "turn on the lamp", Reply("done", "Done.")))
    on.log.keep(outcome("heard"))
    running = asyncio.create_task(on.log.run())
    await on.until(1)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [each.text for each in queries.recordings(voice)] == ["heard"]


async def test_a_disk_that_refuses_is_said(voice: Path) -> None:
    on = Log(voice)
    (voice / queries.FOLDER).write_bytes(b"in the way")
    running = asyncio.create_task(on.log.run())
    await on.until(0)
    on.log.keep(outcome())
    await on.until(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert on.log.failure
