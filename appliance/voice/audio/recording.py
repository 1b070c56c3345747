"""WAV files as 16 kHz mono, whatever rate, channels and sample format they have.

Source: Multimedia Programming Interface and Data Specifications 1.0 (RIFF/WAVE), and Microsoft's
WAVEFORMATEXTENSIBLE.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np
import numpy.typing as npt

from appliance.voice.audio.sound import SAMPLE_RATE_HZ, Samples
from appliance.voice.errors import WrongRecording

SIZE_LIMIT_BYTES = 200_000_000
RATES_HZ = range(8_000, 192_001)
CHANNELS_LIMIT = 8

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_FULL_SCALE = 32_768.0


@dataclass(frozen=True, eq=False)
class Recording:
    """What a WAV file holds."""

    samples: Samples
    rate_hz: int
    """Of the file, before it was brought to 16 kHz."""
    channels: int
    truncated: bool
    """Whether the file ends before the length that it announces."""


@dataclass(frozen=True)
class _Format:
    code: int
    channels: int
    rate_hz: int
    bits: int

    @property
    def frame_bytes(self) -> int:
        return self.channels * self.bits // 8


def read_recording(path: Path) -> Recording:
    """Reads a whole file; a truncated one gives what is there.

    Raises WrongRecording for what is no such file or holds no sound.
    """
    try:
        if path.stat().st_size > SIZE_LIMIT_BYTES:
            raise WrongRecording(path.name, f"it is larger than {SIZE_LIMIT_BYTES} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise WrongRecording(path.name, error.strerror or "it cannot be read") from error
    return parse_recording(data, path.name)


def parse_recording(data: bytes, name: str) -> Recording:
    """As `read_recording`, of the bytes of a file; `name` is for messages."""
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise WrongRecording(name, "it is no WAV file")
    found: _Format | None = None
    for kind, announced, body in _chunks(data):
        if kind == b"fmt ":
            found = _read_format(body, name)
        elif kind == b"data" and found is None:
            raise WrongRecording(name, "its samples come before their format")
        elif kind == b"data" and found is not None:
            whole = body[: len(body) - len(body) % found.frame_bytes]
            if not whole:
                break
            # A program that writes to a pipe cannot know the length and announces the largest.
            truncated = len(body) < announced < 0x7FFF_0000
            sound = _decode(whole, found).reshape(-1, found.channels).mean(axis=1)
            samples = _to_int16(resample(sound, found.rate_hz, SAMPLE_RATE_HZ))
            return Recording(samples, found.rate_hz, found.channels, truncated)
    raise WrongRecording(name, "it holds no sound")


def resample(
    sound: npt.NDArray[np.float64], rate_hz: int, wanted_hz: int
) -> npt.NDArray[np.float64]:
    """Band-limited, by cutting or padding the spectrum; both ends are extended by silence.

    Not for streams: the whole sound is transformed at once.
    """
    if rate_hz == wanted_hz:
        return sound
    step = rate_hz // gcd(rate_hz, wanted_hz)
    padding = -len(sound) % step + step * (1 + rate_hz // (20 * step))  # some 50 ms of silence
    padded = np.concatenate([sound, np.zeros(padding)])
    length = len(padded) * wanted_hz // rate_hz
    spectrum = np.fft.rfft(padded)[: length // 2 + 1]
    resampled = np.fft.irfft(spectrum, length) * (length / len(padded))
    return resampled[: len(sound) * wanted_hz // rate_hz]


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, bytes]]:
    """Each chunk as (kind, announced length, what of it is there)."""
    start = 12
    while start + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, start)
        yield kind, length, data[start + 8 : start + 8 + length]
        start += 8 + length + length % 2


def _read_format(body: bytes, name: str) -> _Format:
    if len(body) < 16:
        raise WrongRecording(name, "its format is cut off")
    code, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if code == _EXTENSIBLE and len(body) >= 26:
        (code,) = struct.unpack_from("<H", body, 24)
    allowed = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64)}.get(code)
    if allowed is None:
        raise WrongRecording(name, f"its samples are compressed (format {code:#06x})")
    if bits not in allowed:
        raise WrongRecording(name, f"it has {bits} bits a sample")
    if not 1 <= channels <= CHANNELS_LIMIT:
        raise WrongRecording(name, f"it has {channels} channels")
    if rate_hz not in RATES_HZ:
        raise WrongRecording(name, f"it has {rate_hz} samples a second")
    return _Format(code, channels, rate_hz, bits)


def encode_wav(samples: Samples) -> bytes:
    """The samples as a WAV file."""
    data = samples.astype("<i2").tobytes()
    layout = struct.pack("<HHIIHH", _PCM, 1, SAMPLE_RATE_HZ, 2 * SAMPLE_RATE_HZ, 2, 16)
    chunks = b"fmt " + struct.pack("<I", len(layout)) + layout
    chunks += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _decode(data: bytes, found: _Format) -> npt.NDArray[np.float64]:
    """All samples in -1..1, channels interleaved."""
    if found.code == _FLOAT:
        sound = np.frombuffer(data, f"<f{found.bits // 8}").astype(np.float64)
        return np.clip(np.nan_to_num(sound, nan=0.0), -1.0, 1.0)
    if found.bits == 8:  # the only unsigned one
        return (np.frombuffer(data, np.uint8).astype(np.float64) - 128.0) / 128.0
    if found.bits == 24:
        parts = np.frombuffer(data, np.uint8).reshape(-1, 3)
        wide = np.zeros((len(parts), 4), np.uint8)
        wide[:, 1:] = parts
        return wide.view("<i4").ravel().astype(np.float64) / 2.0**31
    scale = 2.0 ** (found.bits - 1)
    return np.frombuffer(data, f"<i{found.bits // 8}").astype(np.float64) / scale


def _to_int16(sound: npt.NDArray[np.float64]) -> Samples:
    scaled: npt.NDArray[np.float64] = np.round(sound * _FULL_SCALE)
    return np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)
