"""Words spoken by espeak-ng into a named pipe, as a microphone would hear them."""

import io
import os
import shutil
import stat
import subprocess
import time
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from appliance.demo.errors import NobodyListens, NoVoice
from appliance.demo.stage import PROGRAM

Samples = npt.NDArray[np.int16]
"""16,000 a second."""

VOICE = "en-us"
WORDS_PER_MINUTE = 150
"""At this speed and in this voice the wake word's models hear it."""
SPEAK_LIMIT_S = 20.0
RATE_HZ = 16_000
FRAME_S = 0.02
FRAME_BYTES = 640
LEVEL = 0.5
"""The loudest sample, of what 16 bits hold."""


def speak(text: str) -> Samples:
    """The words, without silence around them. Raises NoVoice."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise NoVoice("it is not installed")
    command = [program, "-v", VOICE, "-s", str(WORDS_PER_MINUTE), "--stdout", "--", text]
    try:
        spoken = subprocess.run(  # noqa: S603 # no shell: the text is one argument
            command, check=True, capture_output=True, timeout=SPEAK_LIMIT_S
        )
        samples, rate_hz = _read(spoken.stdout)
    except (OSError, subprocess.SubprocessError, wave.Error, EOFError) as error:
        raise NoVoice(type(error).__name__) from error
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max(initial=1))
    if not len(loud):
        raise NoVoice("there is nothing to say")
    return _resample(samples[loud[0] : loud[-1] + 1], rate_hz)


def pause(duration_s: float) -> Samples:
    return np.zeros(round(duration_s * RATE_HZ), np.int16)


def play(sounds: Sequence[Samples], pipe: Path) -> None:
    """Writes the sounds one after the other, as fast as they would be spoken.

    Raises NobodyListens when nobody reads the pipe, or no longer.
    """
    sound = np.concatenate(sounds).astype("<i2").tobytes()
    descriptor = _open(pipe)
    try:
        begun_s = time.monotonic()
        for number, start in enumerate(range(0, len(sound), FRAME_BYTES)):
            time.sleep(max(0.0, begun_s + number * FRAME_S - time.monotonic()))
            os.write(descriptor, sound[start : start + FRAME_BYTES])
    except OSError as error:  # full: nobody has read for two seconds; broken: the reader is gone
        raise NobodyListens(f"{pipe} is not read") from error
    finally:
        os.close(descriptor)


def _open(pipe: Path) -> int:
    try:
        descriptor = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise NobodyListens(f"{pipe}: {(error.strerror or 'unknown').lower()}") from error
    if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NobodyListens(f"{pipe} is no named pipe")
    return descriptor


def _read(data: bytes) -> tuple[npt.NDArray[np.float64], int]:
    """espeak-ng writes a WAV whose length it does not know yet: what is there counts."""
    with wave.open(io.BytesIO(data)) as file:
        content = file.readframes(len(data))
        rate_hz = file.getframerate()
    whole = content[: len(content) - len(content) % 2]
    return np.frombuffer(whole, "<i2").astype(np.float64), rate_hz


def _resample(samples: npt.NDArray[np.float64], rate_hz: int) -> Samples:
    """All frequencies that both rates have (the discrete Fourier transform, cut or filled)."""
    count = round(len(samples) * RATE_HZ / rate_hz)
    spectrum = np.fft.rfft(samples)
    sound = np.fft.irfft(spectrum[: count // 2 + 1], count)
    scale = LEVEL * 32_767 / float(np.abs(sound).max(initial=1.0))
    return np.asarray(np.round(sound * scale), np.int16)
