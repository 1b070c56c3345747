"""A clip out of recordings: packets copied, nothing decoded.

It begins with the last key frame before its beginning, so it may be a little longer than was asked
for, and goes on over the seams between pieces.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

import av
from av.video.stream import VideoStream

from appliance.camera.box import Box
from appliance.camera.errors import CameraError
from appliance.camera.seeing.marking import jpeg_of
from appliance.camera.streams.decoding import colour_of
from appliance.camera.streams.stream import VideoPacket
from appliance.camera.streams.timestamps import Repair

TICKS_PER_S = 90_000
BASE = Fraction(1, TICKS_PER_S)
AROUND = 0.25
"""Of a place's width and height, on each side of a still picture of it."""
STILL_QUALITY = 92
STILL_MS = 1_000
"""A still picture is so much older than was asked for at most."""
SEAM_S = 1.5
"""Pieces nearer to each other than that are one recording: the difference is how late a packet
came."""


class NothingRecorded(CameraError):
    """There is no picture of that time."""

    code = "nothing_recorded"

    def __init__(self) -> None:
        super().__init__("Nothing was recorded at that time.")


@dataclass(frozen=True)
class Source:
    """A piece of the recording."""

    path: Path
    start_ms: int


@dataclass(frozen=True)
class Cut:
    """What came of it."""

    start_ms: int
    """Of the first picture."""
    length_s: float
    packets: int


def cut(sources: Sequence[Source], from_ms: int, to_ms: int, target: IO[bytes]) -> Cut:
    """Writes an MP4 of that span. Raises NothingRecorded, av.FFmpegError, OSError.

    A piece that cannot be read, or is of another format than the first, is passed over.
    """
    output = av.open(target, "w", format="mp4")
    track: VideoStream | None = None
    repair = Repair(TICKS_PER_S)
    first_ms: float | None = None
    count, last = 0, 0
    with output:
        for start_ms, packet, video in _from_key_frame(sources, from_ms, to_ms):
            if track is None:
                track = output.add_stream_from_template(video)
                track.time_base = video.time_base
                first_ms = start_ms
                shape = _shape(video)
                if video.codec_context.name == "hevc":
                    track.codec_tag = "hvc1"
            elif _shape(video) != shape:
                continue
            base = packet.time_base
            if base is None or first_ms is None or packet.dts is None:
                continue
            at = round((start_ms - first_ms) / 1000 * TICKS_PER_S)
            ahead = round((packet.pts - packet.dts) * base * TICKS_PER_S) if packet.pts else 0
            dts, pts = repair.mend(at, at + max(0, ahead))
            packet.dts, packet.pts, packet.time_base = dts, pts, BASE
            packet.stream = track
            output.mux_one(packet)
            count, last = count + 1, dts
        if track is None or first_ms is None:
            raise NothingRecorded
    return Cut(round(first_ms), last / TICKS_PER_S, count)


def still(sources: Sequence[Source], at_ms: int, place: Box) -> bytes:
    """A JPEG of a place in the picture of that moment, with some of what is around it.

    Raises NothingRecorded.
    """
    found: av.VideoFrame | None = None
    for _, packet, _ in _from_key_frame(sources, at_ms - STILL_MS, at_ms):
        with suppress(av.FFmpegError):
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    found = frame
    if found is None:
        raise NothingRecorded
    margin_x, margin_y = place.width * AROUND, place.height * AROUND
    left, top = max(0.0, place.x - margin_x), max(0.0, place.y - margin_y)
    right = min(1.0, place.x + place.width + margin_x)
    bottom = min(1.0, place.y + place.height + margin_y)
    box = Box(left, top, max(0.0, right - left), max(0.0, bottom - top))
    return jpeg_of(colour_of(found, box), STILL_QUALITY)


def _from_key_frame(
    sources: Sequence[Source], from_ms: int, to_ms: int
) -> Iterator[tuple[float, VideoPacket, VideoStream]]:
    """Packets with their time, beginning with the last key frame at or before the span's beginning,
    or the first one after it."""
    waiting: list[tuple[float, VideoPacket, VideoStream]] = []
    begun = False
    for at_ms, packet, video in _packets(sources):
        if at_ms > to_ms:
            break
        if begun:
            yield at_ms, packet, video
            continue
        if packet.is_keyframe:
            waiting = []
        elif not waiting:
            continue
        waiting.append((at_ms, packet, video))
        if at_ms >= from_ms:
            begun = True
            yield from waiting
            waiting = []
    # What the span begins with may be the last picture that there is.
    if not begun and waiting and waiting[-1][0] >= from_ms:
        yield from waiting


def _packets(sources: Sequence[Source]) -> Iterator[tuple[float, VideoPacket, VideoStream]]:
    """All packets with their time in ms since 1970, pieces that touch joined without a gap."""
    end_ms: float | None = None
    for source in sources:
        try:
            with av.open(str(source.path)) as container:
                video = container.streams.video[0]
                start_ms: float = source.start_ms
                if end_ms is not None and abs(start_ms - end_ms) <= SEAM_S * 1000:
                    start_ms = end_ms
                at_ms, step_ms = start_ms, 40.0
                for packet in container.demux(video):
                    if packet.size == 0 or packet.dts is None or packet.time_base is None:
                        continue
                    before_ms, at_ms = at_ms, start_ms + float(packet.dts * packet.time_base) * 1000
                    step_ms = at_ms - before_ms or step_ms
                    yield at_ms, packet, video
                end_ms = at_ms + step_ms
        except (av.FFmpegError, OSError, IndexError):
            continue


def _shape(video: VideoStream) -> tuple[str, int, int]:
    return video.codec_context.name, video.width, video.height
