"""From packets of a stream to pictures, with the motion vectors that the codec worked out anyway.

FFmpeg exports the vectors of H.264 and MPEG-4 (`AVMotionVector`, libavutil/motion_vector.h): a
block at `dst` of this frame looks like the one at `dst + motion / motion_scale` of its reference,
which lies before it where `source` is negative.
"""

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.codec.context import Flags2
from av.sidedata.sidedata import SideDataContainer
from av.video.frame import PictureType
from av.video.plane import VideoPlane

from appliance.camera.box import Box
from appliance.camera.errors import SourceFailed
from appliance.camera.streams.pictures import Grey, Image, Picture, Vectors

VECTOR_CODECS = frozenset({"h263", "h264", "mpeg1video", "mpeg2video", "mpeg4"})
"""Those whose decoders in FFmpeg export vectors; that of H.265 does not."""
LUMA_FIRST = frozenset({"gray", "nv12", "yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p"})
"""Formats whose first plane is the grey picture, one byte a pixel."""
PLANAR_420 = frozenset({"yuv420p", "yuvj420p"})


class Decoder:
    """Of one video stream; feed it every packet in order. Not for two threads at once."""

    def __init__(self, stream: av.VideoStream, threads: int = 1) -> None:
        self._stream = stream
        context = stream.codec_context
        context.thread_count = threads
        context.flags2 |= Flags2.export_mvs
        self._has_vectors = context.name in VECTOR_CODECS
        self._last_s: float | None = None
        self._step_s = 1.0 / float(stream.average_rate or stream.guessed_rate or 10)
        self.damaged_packets = 0

    def decode(self, packet: "av.Packet[av.VideoStream]") -> Iterator[Picture]:
        """The pictures that become ready; a packet that cannot be decoded gives none and is
        counted."""
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            self.damaged_packets += 1
            return
        for frame in frames:
            if isinstance(frame, av.VideoFrame):
                yield self._picture(frame)

    def _picture(self, frame: av.VideoFrame) -> Picture:
        time_s = frame.time
        if time_s is None:  # cameras with broken clocks
            time_s = 0.0 if self._last_s is None else self._last_s + self._step_s
        self._last_s = time_s
        return Picture(
            time_s=time_s,
            width=frame.width,
            height=frame.height,
            grey=grey_of(frame),
            vectors=self._vectors(frame),
            key_frame=frame.key_frame,
            colour=lambda box: colour_of(frame, box),
        )

    def _vectors(self, frame: av.VideoFrame) -> Vectors | None:
        """None for a key frame. A frame that copies the one before carries none: an empty array."""
        if frame.pict_type == PictureType.B:
            # From here on a vector may span one picture or several, and nothing says how many.
            self._has_vectors = False
        if not self._has_vectors or frame.key_frame or frame.pict_type == PictureType.I:
            return None
        # `frame.side_data` would keep what it returns in the frame, and that keeps the frame: such
        # ones live until the next full garbage collection (measured: 160 MB of them).
        # Its type stub lacks the constructor.
        container = SideDataContainer(frame)  # type: ignore[call-arg]
        side = container.get("MOTION_VECTORS")
        if side is None:
            return np.empty((0, 6), np.float32)
        raw = side.to_ndarray()
        return _movements(raw[raw["source"] < 0])


def _movements(raw: npt.NDArray[np.void]) -> Vectors:
    found = np.empty((len(raw), 6), np.float32)
    found[:, 0] = raw["dst_x"] - raw["w"] / 2
    found[:, 1] = raw["dst_y"] - raw["h"] / 2
    found[:, 2] = raw["w"]
    found[:, 3] = raw["h"]
    scale = -1 / np.maximum(raw["motion_scale"], 1)
    found[:, 4] = raw["motion_x"] * scale
    found[:, 5] = raw["motion_y"] * scale
    return found


def grey_of(frame: av.VideoFrame) -> Grey:
    """The brightness, without a copy where the format allows it."""
    if frame.format.name not in LUMA_FIRST:
        frame = frame.reformat(format="gray")
    return _rows(frame.planes[0])[: frame.height, : frame.width]


def _rows(plane: VideoPlane) -> Grey:
    """A plane with the padding at the end of its lines."""
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)


def colour_of(frame: av.VideoFrame, box: Box) -> Image:
    """At least two pixels wide and high, whatever the box."""
    width, height = frame.width, frame.height
    left = min(max(0, int(box.x * width)), width - 2) & ~1
    top = min(max(0, int(box.y * height)), height - 2) & ~1
    right = min(max(left + 2, int((box.x + box.width) * width) & ~1), width & ~1)
    bottom = min(max(top + 2, int((box.y + box.height) * height) & ~1), height & ~1)
    if frame.format.name not in PLANAR_420:
        return np.asarray(frame.to_ndarray(format="rgb24")[top:bottom, left:right], np.uint8)
    parts = []
    for plane, half in zip(frame.planes, (1, 2, 2), strict=True):
        part = _rows(plane)[top // half : bottom // half, left // half : right // half]
        parts.append(np.ascontiguousarray(part).reshape(-1))
    packed = np.concatenate(parts).reshape((bottom - top) * 3 // 2, right - left)
    return np.asarray(cv2.cvtColor(packed, cv2.COLOR_YUV2RGB_I420), np.uint8)


def read_file(path: Path) -> Iterator[Picture]:
    """The pictures of a recording, in order. Raises SourceFailed."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise SourceFailed(path.name, "there is no video in it")
            stream = container.streams.video[0]
            decoder = Decoder(stream)
            for packet in container.demux(stream):
                yield from decoder.decode(packet)
    except (av.error.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceFailed(path.name, reason) from error
