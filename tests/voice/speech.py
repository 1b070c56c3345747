"""Speech for the tests, spoken by espeak-ng; tests that need it are skipped where it is missing."""

import shutil
import subprocess
from functools import lru_cache

import numpy as np
import pytest

from appliance.voice.audio.recording import parse_recording
from appliance.voice.audio.sound import FRAME_SAMPLES, SAMPLE_RATE_HZ, Samples


@lru_cache
def say(text: str, voice: str = "en-us", words_per_minute: int = 150) -> Samples:
    """The words at 16 kHz, without silence around them."""
    program = shutil.which("espeak-ng")
    if program is None:
        pytest.skip("espeak-ng is not installed (apt install espeak-ng)")
    spoken = subprocess.run(
        [program, "-v", voice, "-s", str(words_per_minute), "--stdout", text],
        check=True,
        capture_output=True,
    )
    samples = parse_recording(spoken.stdout, text).samples
    loud = np.flatnonzero(np.abs(samples) > 300)
    return samples[loud[0] : loud[-1] + 1]


def silence(duration_ms: int) -> Samples:
    return np.zeros(SAMPLE_RATE_HZ * duration_ms // 1000, np.int16)


def noise(duration_ms: int, level: float, seed: int = 1) -> Samples:
    """White noise; `level` is its standard deviation on the 16 bit scale."""
    count = SAMPLE_RATE_HZ * duration_ms // 1000
    sound = np.random.default_rng(seed).normal(0, level, count)
    return np.clip(sound, -32768, 32767).astype(np.int16)


def frames(*sounds: Samples) -> list[Samples]:
    """The sounds one after the other in frames of 20 ms; what is over at the end is left out."""
    sound = np.concatenate(sounds)
    return list(sound[: len(sound) - len(sound) % FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES))
