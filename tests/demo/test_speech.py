"""What espeak-ng says into a pipe is heard by voice's own source and wake word."""

import asyncio
import os
from pathlib import Path

import numpy as np
import pytest

from appliance.demo import speech, stage
from appliance.demo.errors import NobodyListens, NoVoice
from appliance.demo.speech import FRAME_BYTES, RATE_HZ, pause, play, speak
from appliance.voice.audio.sound import FRAME_SAMPLES, Framer
from appliance.voice.hearing.wake import WakeWord
from appliance.voice.microphones.pipe import Pipe

pytestmark = pytest.mark.anyio


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "microphone")
    return tmp_path / "microphone"


def test_words_come_at_16_khz_without_silence_around_them() -> None:
    words = speak("turn on the kitchen lamp")
    assert 1.0 < len(words) / RATE_HZ < 3.0
    assert np.abs(words[:160]).max() > 50
    assert 10_000 < np.abs(words).max() < 30_000


def test_the_wake_word_s_model_hears_it() -> None:
    word = WakeWord("okay_nabu")
    sound = np.concatenate([pause(0.5), speak("okay nabu"), pause(0.6)])
    frames = sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    assert sum(word.hear(frame) for frame in frames) == 1


def test_a_tone_that_both_rates_have_is_kept_and_a_higher_one_is_not() -> None:
    times = np.arange(22_050) / 22_050
    low, high = (np.sin(2 * np.pi * hertz * times) for hertz in (1000, 10_000))
    sound = speech._resample(low + high, 22_050)
    strength = np.abs(np.fft.rfft(sound))
    assert int(strength.argmax()) == 1000
    assert strength[6000:].max() < 0.001 * strength.max()


@pytest.mark.parametrize("text", ["-v nothing", "--help", "$(reboot); `ls`", "it's"])
def test_any_text_is_spoken_and_never_an_option(text: str) -> None:
    assert len(speak(text)) > 1000


def test_nothing_to_say_is_an_error() -> None:
    with pytest.raises(NoVoice):
        speak("")


def test_without_the_program_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "PROGRAM", "no-such-program")
    with pytest.raises(NoVoice) as caught:
        speak("hello")
    assert "apt install espeak-ng" in caught.value.mend
    assert stage.PROGRAM == "espeak-ng"


async def test_voice_s_source_hears_every_sample(pipe: Path) -> None:
    sound = np.arange(1, 8001, dtype=np.int16)
    source, framer, heard = Pipe(pipe).listen(), Framer(), np.zeros(0, np.int16)
    await anext(source)
    playing = asyncio.create_task(asyncio.to_thread(play, [sound], pipe))
    async with asyncio.timeout(10):
        while np.count_nonzero(heard) < len(sound):
            for samples in framer.cut(await anext(source)):
                heard = np.concatenate([heard, samples])
    await playing
    await source.aclose()
    assert np.array_equal(heard[heard != 0], sound)


def test_a_pipe_that_nobody_reads_is_said(pipe: Path) -> None:
    with pytest.raises(NobodyListens, match="no such device"):
        play([pause(0.1)], pipe)


def test_a_reader_that_has_stopped_reading_is_said(
    pipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "FRAME_S", 0.0)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(NobodyListens, match="is not read"):
        play([np.zeros(FRAME_BYTES * 200, np.int16)], pipe)
    os.close(reader)


@pytest.mark.parametrize("kind", ["file", "nothing"])
def test_what_is_no_pipe_is_said(tmp_path: Path, kind: str) -> None:
    if kind == "file":
        (tmp_path / "file").touch()
    with pytest.raises(NobodyListens):
        play([pause(0.1)], tmp_path / kind)
