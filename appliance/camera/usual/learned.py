"""What a camera has learned as bytes: a version, then one packed and checked message."""

import math
import zlib
from typing import Annotated

import msgspec
import numpy as np
import numpy.typing as npt

from appliance.camera.box import Box
from appliance.camera.errors import LearnedDamaged
from appliance.camera.seeing.assessment import Cause, Kind
from appliance.camera.usual.hours import VISITORS, WEEK_HOURS, Hours
from appliance.camera.usual.judgements import Judgement, Judgements
from appliance.camera.usual.normality import Normality
from appliance.camera.usual.tails import PEAKS_LIMIT, STRETCH_S, Peak, Tail

MAGIC = b"usual\x03"
"""The last byte is the version."""
OLDER = (b"usual\x01", b"usual\x02")
"""The first knew no hours of the week; both knew directions without paces, which are learned anew.
"""
UNPACKED_LIMIT_BYTES = 16 << 20
_HISTOGRAMS = ("speeds", "sizes", "directions", "kinds", "stays")
Finite = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
Positive = Annotated[float, msgspec.Meta(ge=0, le=1e15)]


class _Peak(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    time_s: Finite
    kind: Kind
    box: tuple[Finite, Finite, Finite, Finite]
    value: Finite
    score: Finite


class _Tail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    peaks: Annotated[list[_Peak], msgspec.Meta(max_length=PEAKS_LIMIT)]
    stretch_s: Annotated[float, msgspec.Meta(ge=STRETCH_S, le=1e15)]
    watched_s: Positive


class _Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    watched_s: bytes
    """Little-endian float32, as the visits."""
    visits: bytes
    lately: bytes
    """A bit each."""
    current: Annotated[int, msgspec.Meta(ge=0, lt=WEEK_HOURS)] | None


class _Learned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    histograms: dict[str, bytes]
    """Little-endian float32."""
    tails: dict[Cause, _Tail]
    judgements: tuple[Judgement, ...]
    hours: _Hours | None = None


def pack(normality: Normality) -> bytes:
    """Some 30 kB. Stretches that are not over are counted as they are."""
    histograms = {
        name: np.ascontiguousarray(getattr(normality.places, name), "<f4").tobytes()
        for name in _HISTOGRAMS
    }
    tails = {cause: _tail(tail) for cause, tail in normality.tails.items()}
    said = tuple(normality.judgements.said)
    learned = _Learned(histograms, tails, said, _packed_hours(normality.hours))
    return MAGIC + zlib.compress(msgspec.msgpack.encode(learned), 6)


def unpack(data: bytes, false_alarms_per_day: float) -> Normality:
    """Empty bytes are a camera that has learned nothing. Raises LearnedDamaged."""
    normality = Normality(false_alarms_per_day=false_alarms_per_day)
    if not data:
        return normality
    if not data.startswith((MAGIC, *OLDER)):
        raise LearnedDamaged("it is not of a version that is known here")
    try:
        inflate = zlib.decompressobj()
        plain = inflate.decompress(data[len(MAGIC) :], UNPACKED_LIMIT_BYTES)
        if not inflate.eof or inflate.unused_data:
            raise LearnedDamaged("it is cut or too long")
        learned = msgspec.msgpack.decode(plain, type=_Learned)
    except (zlib.error, msgspec.DecodeError) as error:
        raise LearnedDamaged(str(error)) from error
    older = not data.startswith(MAGIC)
    for name in _HISTOGRAMS:
        if older and name == "directions":
            continue
        shape = getattr(normality.places, name).shape
        setattr(normality.places, name, _counts(learned.histograms.get(name, b""), shape, name))
    if learned.hours is not None:
        normality.hours = _unpacked_hours(learned.hours)
    for cause, tail in learned.tails.items():
        peaks = [Peak(p.time_s, p.kind, Box(*p.box), p.value, p.score) for p in tail.peaks]
        normality.tails[cause] = Tail(peaks, tail.stretch_s, watched_s=tail.watched_s)
    normality.judgements = Judgements(learned.judgements)
    return normality


def _tail(tail: Tail) -> _Tail:
    found = tail.peaks + ([tail.current] if tail.current else [])
    peaks = [
        _Peak(p.time_s, p.kind, (p.box.x, p.box.y, p.box.width, p.box.height), p.value, p.score)
        for p in found[-PEAKS_LIMIT:]
        if math.isfinite(p.score) and math.isfinite(p.value)
    ]
    return _Tail(peaks, tail.stretch_s, tail.watched_s)


def _packed_hours(hours: Hours) -> _Hours:
    return _Hours(
        hours.watched_s.astype("<f4").tobytes(),
        hours.visits.astype("<f4").tobytes(),
        np.packbits(hours.lately).tobytes(),
        hours.current,
    )


def _unpacked_hours(packed: _Hours) -> Hours:
    shape = (WEEK_HOURS, len(VISITORS))
    if len(packed.lately) * 8 != math.prod(shape):
        raise LearnedDamaged(f"lately has {len(packed.lately)} bytes")
    lately = np.unpackbits(np.frombuffer(packed.lately, np.uint8)).reshape(shape)
    return Hours(
        _counts(packed.watched_s, (WEEK_HOURS,), "watched_s").astype(np.float64),
        _counts(packed.visits, shape, "visits").astype(np.float64),
        lately.astype(np.bool_),
        packed.current,
    )


def _counts(data: bytes, shape: tuple[int, ...], name: str) -> npt.NDArray[np.float32]:
    if len(data) != 4 * math.prod(shape):
        raise LearnedDamaged(f"{name} has {len(data)} bytes")
    found = np.frombuffer(data, "<f4").astype(np.float32).reshape(shape)
    if not np.isfinite(found).all() or (found < 0).any():
        raise LearnedDamaged(f"{name} holds what are no counts")
    return found
