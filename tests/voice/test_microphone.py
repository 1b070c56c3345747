"""A microphone gives frames whatever becomes of its source, and none while it is muted."""

import asyncio
import contextlib
import os
import shutil
import stat
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from appliance.service.clock import SystemClock
from appliance.voice.audio.sound import FRAME_BYTES, FRAME_MS, FRAME_SAMPLES, Frame
from appliance.voice.errors import MicrophoneFailed
from appliance.voice.microphones.alsa import Alsa
from appliance.voice.microphones.file import CLOSING_SILENCE_MS, File
from appliance.voice.microphones.microphone import BACKLOG_FRAMES, Microphone, Source, State
from appliance.voice.microphones.pipe import Pipe
from tests.voice.test_recording import encode, tone, wav

pytestmark = pytest.mark.anyio
LIMIT_S = 20.0


class Listener:
    """A microphone and the states that it passed."""

    def __init__(
        self,
        source: Source,
        *,
        muted: bool = False,
        stall_s: float = 5.0,
        retry_s: tuple[float, ...] = (0.01,),
    ) -> None:
        self.states: list[State] = []
        self._changed = asyncio.Condition()
        self.microphone = Microphone(
            source, SystemClock(), self._note, muted=muted, stall_s=stall_s, retry_s=retry_s
        )
        self._frames = self.microphone.frames()
        self._notes: set[asyncio.Task[None]] = set()
        self._waiting: asyncio.Task[Frame] | None = None

    def _note(self) -> None:
        self.states.append(self.microphone.state)
        task = asyncio.ensure_future(self._tell())
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def frame(self) -> Frame:
        return await asyncio.wait_for(anext(self._frames), LIMIT_S)

    def begin(self) -> asyncio.Task[Frame]:
        """Waits for the next frame in the background, at most until the end of the test."""
        self._waiting = asyncio.ensure_future(self.frame())
        return self._waiting

    async def until(self, state: State) -> None:
        async with self._changed:
            waiting = self._changed.wait_for(lambda: self.microphone.state == state)
            await asyncio.wait_for(waiting, LIMIT_S)

    async def rest(self) -> list[Frame]:
        async with asyncio.timeout(LIMIT_S):
            return [frame async for frame in self._frames]

    async def close(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.gather(self._waiting, return_exceptions=True)
        await self._frames.aclose()


@contextlib.asynccontextmanager
async def listening(listener: Listener) -> AsyncIterator[Listener]:
    try:
        yield listener
    finally:
        await listener.close()


class Scripted:
    """A source whose life is told beforehand: pieces, then a failure, a hang or the end."""

    name = "scripted"

    def __init__(self, *lives: list[bytes | str], live: bool = True) -> None:
        self.live = live
        self.opened = 0
        self.closed = 0
        self._lives = list(lives)

    async def listen(self) -> AsyncGenerator[bytes, None]:
        self.opened += 1
        life = self._lives.pop(0) if self._lives else ["hang"]
        try:
            for part in life:
                if part == "hang":
                    await asyncio.Event().wait()
                elif isinstance(part, str):
                    raise MicrophoneFailed(self.name, part, "plug it in")
                else:
                    yield part
        finally:
            self.closed += 1


def sound(value: int, frames: int = 1) -> bytes:
    return np.full(frames * FRAME_SAMPLES, value, "<i2").tobytes()


async def test_pieces_of_any_length_become_frames_of_20_ms() -> None:
    data = np.arange(4 * FRAME_SAMPLES, dtype="<i2").tobytes()
    pieces: list[bytes | str] = [data[:1], data[1:700], data[700:]]
    async with listening(Listener(Scripted(pieces, live=False))) as listener:
        heard = [(await listener.frame()).samples for _ in range(4)]
    assert np.array_equal(np.concatenate(heard), np.arange(4 * FRAME_SAMPLES))


async def test_a_source_that_fails_is_opened_again() -> None:
    source = Scripted(["it is not there"], [sound(7), "it was pulled out"], [sound(8)])
    async with listening(Listener(source)) as listener:
        assert (await listener.frame()).samples[0] == 7
        assert (await listener.frame()).samples[0] == 8
        assert listener.states == ["failed", "capturing", "failed", "capturing"]
        assert listener.microphone.failure is None


async def test_a_failed_microphone_says_why_and_what_mends_it() -> None:
    async with listening(Listener(Scripted(["it is not there"]), retry_s=(60.0,))) as listener:
        listener.begin()
        await listener.until("failed")
        failure = listener.microphone.failure
    assert failure is not None
    assert "it is not there" in str(failure)
    assert failure.mend == "plug it in"


async def test_a_live_source_that_falls_silent_is_opened_again() -> None:
    source = Scripted([sound(1), "hang"], [sound(2)])
    async with listening(Listener(source, stall_s=0.05)) as listener:
        assert (await listener.frame()).samples[0] == 1
        assert (await listener.frame()).samples[0] == 2
    assert source.closed == source.opened


async def test_mute_closes_the_source_and_forgets_what_was_not_heard() -> None:
    source = Scripted([sound(1, 10), "hang"], [sound(2)])
    async with listening(Listener(source)) as listener:
        assert (await listener.frame()).samples[0] == 1
        listener.microphone.mute(True)
        next_frame = listener.begin()
        await listener.until("muted")
        assert source.closed == 1
        listener.microphone.mute(False)
        assert (await next_frame).samples[0] == 2
    assert source.opened == 2


async def test_a_microphone_that_starts_muted_never_opens_its_source() -> None:
    source = Scripted([sound(1)])
    listener = Listener(source, muted=True)
    async with listening(listener):
        listener.begin()
        for _ in range(10):
            await asyncio.sleep(0)
    assert source.opened == 0
    assert listener.microphone.state == "muted"


async def test_mute_ends_the_wait_for_a_source_that_failed() -> None:
    source = Scripted(["it is not there"], [sound(3)])
    async with listening(Listener(source, retry_s=(60.0,))) as listener:
        waiting = listener.begin()
        await listener.until("failed")
        listener.microphone.mute(True)
        await listener.until("muted")
        listener.microphone.mute(False)
        assert (await waiting).samples[0] == 3


async def test_a_late_listener_of_a_live_source_misses_the_oldest_sound() -> None:
    pieces: list[bytes | str] = [sound(value) for value in range(BACKLOG_FRAMES + 50)]
    async with listening(Listener(Scripted([sound(0), *pieces, "hang"]))) as listener:
        await listener.frame()
        for _ in range(1000):
            await asyncio.sleep(0)
        assert listener.microphone.dropped_frames > 0
        assert (await listener.frame()).samples[0] >= 49


async def test_a_file_is_heard_to_its_end_and_some_silence(tmp_path: Path) -> None:
    path = tmp_path / "order.wav"
    path.write_bytes(wav(encode(tone(16_000, 0.5), 1, 16)))
    async with listening(Listener(File(path, pace="fast"))) as listener:
        heard = await listener.rest()
        assert listener.microphone.state == "ended"
    assert len(heard) == (500 + CLOSING_SILENCE_MS) // FRAME_MS
    assert not heard[-1].samples.any()
    assert heard[5].samples.any()


async def test_a_file_that_is_no_recording_is_a_clear_state(tmp_path: Path) -> None:
    path = tmp_path / "order.wav"
    path.write_bytes(b"no sound at all")
    async with listening(Listener(File(path), retry_s=(60.0,))) as listener:
        listener.begin()
        await listener.until("failed")
        assert "no WAV file" in str(listener.microphone.failure)


def write_pipe(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)


async def test_writers_of_a_pipe_come_and_go(tmp_path: Path) -> None:
    path = tmp_path / "microphone"
    os.mkfifo(path)
    async with listening(Listener(Pipe(path))) as listener:
        for value in (11, 12):
            writing = asyncio.create_task(asyncio.to_thread(write_pipe, path, sound(value, 3)))
            while (await listener.frame()).samples[0] != value:
                pass
            await writing


async def test_a_pipe_without_a_writer_is_silence(tmp_path: Path) -> None:
    path = tmp_path / "microphone"
    os.mkfifo(path)
    async with listening(Listener(Pipe(path))) as listener:
        assert not (await listener.frame()).samples.any()


@pytest.mark.parametrize("kind", ["missing", "file"])
async def test_what_is_no_pipe_is_a_clear_state(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "microphone"
    if kind == "file":
        path.write_bytes(sound(1))
    async with listening(Listener(Pipe(path), retry_s=(60.0,))) as listener:
        listener.begin()
        await listener.until("failed")
        assert listener.microphone.failure is not None
        assert listener.microphone.failure.mend == f"mkfifo {path}"


def program(tmp_path: Path, script: str) -> str:
    """A stand-in for arecord that notes its process and arguments, then does as the script says."""
    path = tmp_path / "arecord"
    path.write_text(f'#!/bin/sh\necho "$$ $@" >>{tmp_path}/started\n{script}\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def with_card(tmp_path: Path) -> Path:
    """What the kernel says of a machine that has a microphone."""
    (tmp_path / "pcm").write_text("01-00: USB Audio : USB Audio : playback 1 : capture 1\n")
    return tmp_path


def started(tmp_path: Path) -> list[str]:
    file = tmp_path / "started"
    return file.read_text().splitlines() if file.exists() else []


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_arecord_is_asked_for_16_khz_mono(tmp_path: Path) -> None:
    name = program(tmp_path, f"head -c {3 * FRAME_BYTES} /dev/zero; exec sleep 60")
    async with listening(Listener(Alsa("hw:1", name))) as listener:
        assert len((await listener.frame()).samples) == FRAME_SAMPLES
    (line,) = started(tmp_path)
    assert "-D plughw:1" in line
    assert "-r 16000" in line
    assert "-c 1" in line


async def test_mute_ends_arecord_and_unmute_starts_it_again(tmp_path: Path) -> None:
    name = program(tmp_path, f"head -c {3 * FRAME_BYTES} /dev/zero; exec sleep 60")
    async with listening(Listener(Alsa("default", name, with_card(tmp_path)))) as listener:
        await listener.frame()
        pid = int(started(tmp_path)[0].split()[0])
        assert is_alive(pid)
        listener.microphone.mute(True)
        await listener.until("muted")
        assert not is_alive(pid)
        listener.microphone.mute(False)
        await listener.frame()
        assert len(started(tmp_path)) == 2


async def test_a_card_that_is_pulled_and_put_back_is_heard_again(tmp_path: Path) -> None:
    back = tmp_path / "back"
    name = program(
        tmp_path,
        f"[ -e {back} ] || {{ echo 'audio open error: No such file or directory' >&2; exit 1; }}\n"
        f"head -c {FRAME_BYTES} /dev/zero; exec sleep 60",
    )
    async with listening(Listener(Alsa("default", name, with_card(tmp_path)))) as listener:
        waiting = listener.begin()
        await listener.until("failed")
        failure = listener.microphone.failure
        assert failure is not None
        assert "no such file or directory" in str(failure)
        assert "plug it in" in failure.mend
        back.touch()
        await waiting
        assert listener.microphone.state == "capturing"


async def test_a_machine_without_any_microphone_is_not_asked_again_and_again(
    tmp_path: Path,
) -> None:
    source = Alsa("default", program(tmp_path, "exit 1"), tmp_path)
    async with listening(Listener(source, retry_s=(60.0,))) as listener:
        listener.begin()
        await listener.until("failed")
        assert "there is none" in str(listener.microphone.failure)
    assert started(tmp_path) == []


async def test_no_arecord_at_all_is_a_clear_state(tmp_path: Path) -> None:
    source = Alsa("plughw:1", str(tmp_path / "arecord"))
    async with listening(Listener(source, retry_s=(60.0,))) as listener:
        listener.begin()
        await listener.until("failed")
        assert listener.microphone.failure is not None
        assert "alsa-utils" in listener.microphone.failure.mend


@pytest.mark.skipif(shutil.which("arecord") is None, reason="arecord is not installed")
async def test_the_real_arecord_understands_what_it_is_asked() -> None:
    async with listening(Listener(Alsa("null"))) as listener:
        assert len((await listener.frame()).samples) == FRAME_SAMPLES


@pytest.mark.skipif(shutil.which("arecord") is None, reason="arecord is not installed")
async def test_a_name_that_the_real_arecord_does_not_know_is_a_clear_state() -> None:
    async with listening(Listener(Alsa("nonesuch"), retry_s=(60.0,))) as listener:
        listener.begin()
        await listener.until("failed")
        assert listener.microphone.failure is not None
        assert "arecord -L" in listener.microphone.failure.mend
