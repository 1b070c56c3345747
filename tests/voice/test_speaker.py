"""Speech by the real espeak-ng, played by the real aplay into ALSA's file and null devices."""

import asyncio
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from appliance.voice.audio.sound import SAMPLE_RATE_HZ
from appliance.voice.errors import SpeakerFailed
from appliance.voice.microphones.cards import has_speaker
from appliance.voice.speakers.alsa import Alsa
from appliance.voice.speakers.program import ProgramFailed, run_program
from appliance.voice.speakers.synthesis import Synthesis, speakable
from tests.voice.speech import noise

pytestmark = pytest.mark.anyio
needs_aplay = pytest.mark.skipif(shutil.which("aplay") is None, reason="alsa-utils is missing")
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is missing")


@needs_espeak
async def test_a_sentence_becomes_sound() -> None:
    samples = await Synthesis().synthesize("The kitchen lamp is on.")
    assert 0.5 < len(samples) / SAMPLE_RATE_HZ < 4
    assert np.abs(samples).max() > 1000


@needs_espeak
@pytest.mark.parametrize("text", ["-v de --help", "[[hə]] <speak>", "💡\x00\n$(id)", "x" * 9999])
async def test_hostile_names_are_only_read_out(text: str) -> None:
    assert len(await Synthesis().synthesize(f"Done: {text}.")) > 0


def test_a_text_is_one_line_of_bounded_length() -> None:
    assert speakable("a\nb\x1b[[c") == "a b   c"
    assert len(speakable("x" * 9999)) == 300


async def test_a_synthesizer_that_is_missing_is_named_with_its_mend() -> None:
    with pytest.raises(SpeakerFailed, match="not installed") as raised:
        await Synthesis(program=("no-such-espeak",)).synthesize("x")
    assert raised.value.mend == "apt install espeak-ng"


@needs_aplay
async def test_what_is_played_reaches_the_device(tmp_path: Path) -> None:
    played = tmp_path / "played.raw"
    samples = noise(700, 3000.0)
    await Alsa(f"file:FILE={played},FORMAT=raw").play(samples)
    assert np.frombuffer(played.read_bytes(), "<i2")[: len(samples)].tolist() == samples.tolist()


@needs_aplay
async def test_a_device_that_is_not_there_is_named_with_its_mend() -> None:
    with pytest.raises(SpeakerFailed, match="no such device") as raised:
        await Alsa("hw:CARD=Nowhere").play(noise(100, 100.0))
    assert "aplay -L" in raised.value.mend


def test_a_machine_without_sound_cards_has_no_speaker(tmp_path: Path) -> None:
    assert not has_speaker(tmp_path)
    (tmp_path / "pcm").write_text("00-00: Mic : Mic : capture 1\n")
    assert not has_speaker(tmp_path)
    (tmp_path / "pcm").write_text("00-00: Card : Card : playback 1 : capture 1\n")
    assert has_speaker(tmp_path)


async def test_a_program_that_hangs_is_ended() -> None:
    with pytest.raises(ProgramFailed, match="no end within"):
        await run_program(("sleep", "60"), b"", 0.2)


async def test_a_program_that_fails_says_why() -> None:
    with pytest.raises(ProgramFailed, match="sorry"):
        await run_program(("sh", "-c", "echo sorry >&2; exit 3"), b"", 5.0)


async def test_a_program_that_does_not_read_is_no_trouble() -> None:
    assert await run_program(("echo", "done"), b"x" * 1_000_000, 5.0) == b"done\n"


async def test_nothing_is_left_of_a_program_that_was_cancelled(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    program = ("sh", "-c", f"echo $$ > {mark}.part; mv {mark}.part {mark}; exec sleep 60")
    running = asyncio.create_task(run_program(program, b"", 60.0))
    while not mark.exists():  # noqa: ASYNC110 # the other side is a shell
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
