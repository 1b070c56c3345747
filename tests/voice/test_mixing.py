import numpy as np
import pytest

from appliance.voice.audio.mixing import FRAME, mix
from appliance.voice.audio.sound import Samples


def waves(seconds: float, amplitude: float, seed: int) -> Samples:
    random = np.random.default_rng(seed)
    return (random.normal(size=int(seconds * 16_000)) * amplitude).astype(np.int16)


def loudest_power(samples: Samples) -> float:
    frames = samples[: len(samples) // FRAME * FRAME].astype(np.float64).reshape(-1, FRAME)
    return float((frames**2).mean(axis=1).max())


@pytest.mark.parametrize("snr_db", [24.0, 12.0, 6.0])
def test_the_loudest_frames_are_that_ratio_apart(snr_db: float) -> None:
    speech, noise = waves(2, 3000, 1), waves(30, 500, 2)
    added = (mix(speech, noise, snr_db, "a.flac") - speech).astype(np.int16)
    ratio_db = 10 * np.log10(loudest_power(speech) / loudest_power(added))
    assert ratio_db == pytest.approx(snr_db, abs=0.1)


def test_a_file_always_meets_the_same_noise_and_another_file_other_noise() -> None:
    speech, noise = waves(1, 3000, 1), waves(30, 500, 2)
    first = mix(speech, noise, 6.0, "a.flac")
    assert np.array_equal(first, mix(speech, noise, 6.0, "a.flac"))
    assert not np.array_equal(first, mix(speech, noise, 6.0, "b.flac"))


def test_noise_shorter_than_speech_is_repeated() -> None:
    assert len(mix(waves(3, 3000, 1), waves(0.5, 500, 2), 6.0, "a.flac")) == 48_000


def test_silence_as_noise_changes_nothing() -> None:
    speech = waves(1, 3000, 1)
    assert np.array_equal(mix(speech, np.zeros(16_000, np.int16), 6.0, "a.flac"), speech)


def test_what_is_too_loud_is_clipped() -> None:
    loud = np.full(16_000, 32_000, np.int16)
    assert mix(loud, np.abs(waves(5, 9000, 3)), 0.0, "a.flac").max() == 32_767
