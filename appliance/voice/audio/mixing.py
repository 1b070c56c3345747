"""Noise under speech, as the speech-to-intent benchmark of Picovoice mixes it."""

import zlib

import numpy as np

from appliance.voice.audio.sound import Samples

FRAME = 2048
"""Samples: the loudest frame of speech and that of the noise make the ratio."""


def mix(speech: Samples, noise: Samples, snr_db: float, seed: str) -> Samples:
    """The speech with noise from a place in it that `seed` decides; clipped at full scale.

    Nothing is added to silence or of silence.
    """
    offset = int(np.random.default_rng(zlib.crc32(seed.encode())).integers(len(noise)))
    wanted = offset + len(speech)
    part = np.tile(noise, -(-wanted // len(noise)))[offset:wanted].astype(np.float64)
    loudest = _loudest_power(part)
    if loudest == 0:
        return speech
    scale = np.sqrt(_loudest_power(speech.astype(np.float64)) / loudest / 10 ** (snr_db / 10))
    mixed = np.rint(speech + scale * part)
    clipped: Samples = np.clip(mixed, -32768, 32767).astype(np.int16)
    return clipped


def _loudest_power(samples: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    frames = samples[: max(1, len(samples) // FRAME) * FRAME]
    if len(frames) < FRAME:
        return float(np.mean(frames**2)) if len(frames) else 0.0
    return float((frames.reshape(-1, FRAME) ** 2).mean(axis=1).max())
