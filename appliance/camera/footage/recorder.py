"""Packets into files, as they are: nothing is decoded and nothing encoded.

Pieces are fragmented MP4 (ISO/IEC 14496-12, 8.8): a fragment is whole as soon as it is written, so
a piece that is cut off at any byte plays up to its last fragment. Fragments of half a second,
synced every second, are what a kill or a power cut can take.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from appliance.camera.footage.recordings import UNKNOWN, name_of
from appliance.camera.streams.stream import VideoPacket
from appliance.camera.streams.timestamps import Repair
from appliance.service.clock import Clock
from appliance.service.durable import make_folder, sync_folder

PIECE_S = 10.0
"""After this a piece ends at the next key frame."""
LONGEST_S = 60.0
"""After this it ends wherever it is: some cameras send a key frame in minutes only."""
FRAGMENT_US = 500_000
SYNC_S = 1.0
CODECS = ("h264", "hevc", "mjpeg", "mpeg4", "av1", "vp9")
"""What the file format takes and cameras send."""
OPTIONS = {
    "movflags": "+empty_moov+default_base_moof+frag_keyframe+skip_trailer",
    "frag_duration": str(FRAGMENT_US),
    "flush_packets": "1",
}


@dataclass(frozen=True)
class Written:
    """A piece that is finished."""

    path: Path
    size_bytes: int
    length_s: float


class _File:
    """What the muxer writes to, one piece after the other in order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size_bytes = 0
        self._unsynced = False
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        while view:
            written = os.write(self._descriptor, view)
            self.size_bytes += written
            view = view[written:]
        self._unsynced = True
        return len(data)

    def sync(self) -> None:
        if self._unsynced:
            os.fdatasync(self._descriptor)
            self._unsynced = False

    def close(self) -> None:
        os.close(self._descriptor)


class Recorder:
    """Records one stream below one folder. In one thread."""

    def __init__(
        self,
        folder: Path,
        stream: VideoStream,
        clock: Clock,
        written: Callable[[Written], None],
        *,
        piece_s: float = PIECE_S,
    ) -> None:
        self._folder = folder
        self._stream = stream
        self._clock = clock
        self._written = written
        self._piece_s = piece_s
        self._base = stream.time_base or Fraction(1, 90_000)
        self._ticks_per_s = float(1 / self._base)
        self.repair = Repair(self._ticks_per_s)
        self._file: _File | None = None
        self._output: OutputContainer | None = None
        self._track: VideoStream | None = None
        self._begin = 0
        """Decoding time of the piece's first packet, in the stream's ticks."""
        self._last = 0
        self._synced_s = 0.0

    @property
    def recording(self) -> bool:
        """Whether a piece is open."""
        return self._file is not None

    def add(self, packet: VideoPacket) -> None:
        """Takes the next packet; what comes before the first key frame is dropped.

        Raises OSError when the disk does not take it; then the piece is closed, and the next key
        frame begins another one.
        """
        dts, pts = self.repair.mend(packet.dts, packet.pts)
        try:
            self._turn(dts, key_frame=packet.is_keyframe)
            if self._output is None or self._track is None or self._file is None:
                return
            packet.dts, packet.pts = dts - self._begin, pts - self._begin
            packet.time_base = self._base
            packet.stream = self._track
            self._output.mux_one(packet)
            self._last = dts
            self._sync(self._file)
        except (OSError, av.FFmpegError):
            self.close(failed=True)
            raise

    def close(self, *, failed: bool = False) -> None:
        """Finishes the piece that is open. Raises OSError unless it `failed` already."""
        output, file = self._output, self._file
        self._output = self._file = self._track = None
        if output is None or file is None:
            return
        try:
            try:
                output.close()
                file.sync()
            except (OSError, av.FFmpegError):
                if not failed:
                    raise
        finally:
            file.close()
            length_s = (self._last - self._begin) / self._ticks_per_s
            self._written(Written(file.path, file.size_bytes, length_s))

    def _turn(self, dts: int, *, key_frame: bool) -> None:
        """Ends a piece that is long enough, begins one at a key frame."""
        if self._file is not None:
            age_s = (dts - self._begin) / self._ticks_per_s
            if (key_frame and age_s >= self._piece_s) or age_s >= max(LONGEST_S, self._piece_s):
                self.close()
        if self._file is None and key_frame:
            self._open()
            self._begin = dts

    def _open(self) -> None:
        now = self._clock.now()
        if now is None:
            path = self._folder / UNKNOWN / f"{UNKNOWN}-{os.urandom(6).hex()}.mp4"
        else:
            path = self._folder / name_of(round(now.timestamp() * 1000))
        make_folder(path.parent)
        self._file = _File(path)
        sync_folder(path.parent)
        self._output = av.open(self._file, "w", format="mp4", options=OPTIONS)
        self._track = self._output.add_stream_from_template(self._stream)
        self._track.time_base = self._base
        if self._stream.codec_context.name == "hevc":
            self._track.codec_tag = "hvc1"  # what Apple's players insist on
        self._synced_s = self._clock.monotonic()

    def _sync(self, file: _File) -> None:
        now_s = self._clock.monotonic()
        if now_s - self._synced_s >= SYNC_S:
            file.sync()
            self._synced_s = now_s
