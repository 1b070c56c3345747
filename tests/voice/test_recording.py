"""WAV files of every kind that people have become 16 kHz mono, or are refused with a reason."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.voice.audio.recording import parse_recording, read_recording, resample
from appliance.voice.audio.sound import SAMPLE_RATE_HZ
from appliance.voice.errors import WrongRecording

TONE_HZ = 440.0
PCM, FLOAT, EXTENSIBLE, MP3 = 1, 3, 0xFFFE, 0x55


def tone(rate_hz: int, duration_s: float = 1.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * TONE_HZ * np.arange(int(rate_hz * duration_s)) / rate_hz)


def encode(sound: np.ndarray, code: int, bits: int) -> bytes:
    if code == FLOAT:
        return sound.astype(f"<f{bits // 8}").tobytes()
    if bits == 8:
        return np.round(sound * 127 + 128).astype(np.uint8).tobytes()
    scaled = np.round(sound * (2 ** (bits - 1) - 1))
    if bits == 24:
        return scaled.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return scaled.astype(f"<i{bits // 8}").tobytes()


def wav(
    data: bytes,
    *,
    rate_hz: int = SAMPLE_RATE_HZ,
    channels: int = 1,
    code: int = PCM,
    bits: int = 16,
    announced: int | None = None,
    before: bytes = b"",
) -> bytes:
    width = channels * bits // 8
    extra = struct.pack("<HHIH14s", 22, bits, 0, PCM, b"") if code == EXTENSIBLE else b""
    form = struct.pack("<HHIIHH", code, channels, rate_hz, rate_hz * width, width, bits) + extra
    length = len(data) if announced is None else announced
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + before
    chunks += b"data" + struct.pack("<I", length) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def is_tone(samples: np.ndarray) -> bool:
    """Whether it is our tone, at its loudness."""
    difference = samples / 32768.0 - tone(SAMPLE_RATE_HZ)[: len(samples)]
    inside = difference[800:-800]  # a tone that begins at once rings where it is cut
    return bool(np.abs(inside).max() < 0.02)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
def test_any_rate_becomes_16_khz(rate_hz: int) -> None:
    recording = parse_recording(wav(encode(tone(rate_hz), PCM, 16), rate_hz=rate_hz), "a.wav")
    assert recording.rate_hz == rate_hz
    assert abs(len(recording.samples) - SAMPLE_RATE_HZ) <= 1
    assert is_tone(recording.samples)


@pytest.mark.parametrize(
    ("code", "bits"),
    [(PCM, 8), (PCM, 16), (PCM, 24), (PCM, 32), (FLOAT, 32), (FLOAT, 64), (EXTENSIBLE, 16)],
)
def test_any_sample_format_is_read(code: int, bits: int) -> None:
    data = encode(tone(SAMPLE_RATE_HZ), code, bits)
    assert is_tone(parse_recording(wav(data, code=code, bits=bits), "a.wav").samples)


def test_channels_are_mixed() -> None:
    both = np.repeat(tone(SAMPLE_RATE_HZ), 2)
    recording = parse_recording(wav(encode(both, PCM, 16), channels=2), "a.wav")
    assert recording.channels == 2
    assert is_tone(recording.samples)


def test_what_a_truncated_file_still_has_is_heard() -> None:
    data = encode(tone(SAMPLE_RATE_HZ), PCM, 16)
    recording = parse_recording(wav(data)[: -len(data) // 2 - 1], "a.wav")
    assert recording.truncated
    assert 0.49 < len(recording.samples) / SAMPLE_RATE_HZ <= 0.5


def test_a_length_that_was_not_known_while_writing_is_no_truncation() -> None:
    data = encode(tone(SAMPLE_RATE_HZ), PCM, 16)
    assert not parse_recording(wav(data, announced=0xFFFF_FFFF), "a.wav").truncated


def test_chunks_that_mean_nothing_to_us_are_passed_over() -> None:
    before = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    assert is_tone(parse_recording(wav(encode(tone(16_000), PCM, 16), before=before), "a").samples)


def test_samples_that_are_no_numbers_are_silence() -> None:
    data = np.array([np.nan, np.inf, -np.inf, 0.25], "<f4").tobytes()
    samples = parse_recording(wav(data, code=FLOAT, bits=32), "a.wav").samples
    assert samples[0] == 0
    assert samples[3] == 8192


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no WAV file"),
        (b"RIFF\0\0\0\0WAVE", "holds no sound"),
        (b"ID3\x04" + bytes(100), "no WAV file"),
        (wav(b""), "holds no sound"),
        (wav(bytes(8), code=MP3), "compressed"),
        (wav(bytes(8), bits=12), "12 bits"),
        (wav(bytes(8), channels=0), "0 channels"),
        (wav(bytes(64), channels=32), "32 channels"),
        (wav(bytes(8), rate_hz=0), "0 samples a second"),
        (wav(bytes(8), rate_hz=4_000_000), "4000000 samples a second"),
    ],
)
def test_what_cannot_be_heard_is_refused_with_its_name_and_a_reason(
    data: bytes, reason: str
) -> None:
    with pytest.raises(WrongRecording, match=reason) as refused:
        parse_recording(data, "order.wav")
    assert "order.wav" in str(refused.value)
    assert refused.value.mend


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongRecording, match="No such file"):
        read_recording(tmp_path / "gone.wav")


@given(st.binary(max_size=200), st.integers(0, 60))
def test_no_bytes_make_it_fail_otherwise(noise: bytes, at: int) -> None:
    whole = wav(encode(tone(SAMPLE_RATE_HZ, 0.01), PCM, 16))
    for data in (noise, whole[:at] + noise, whole[:at] + noise + whole[at + len(noise) :]):
        try:
            parse_recording(data, "a.wav")
        except WrongRecording:
            continue


def test_resampling_keeps_a_tone_and_removes_what_would_fold_back() -> None:
    high = np.sin(2 * np.pi * 12_000 * np.arange(48_000) / 48_000)
    assert np.abs(resample(high, 48_000, SAMPLE_RATE_HZ)[800:-800]).max() < 0.02
