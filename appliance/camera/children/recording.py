"""Recording in a child process: a recorder that a full disk makes pause, never end."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import av
from av.video.stream import VideoStream

from appliance.camera.children import protocol
from appliance.camera.errors import SourceFailed
from appliance.camera.footage.recorder import CODECS, Recorder, Written
from appliance.camera.streams.stream import VideoPacket
from appliance.service.clock import Clock
from appliance.service.durable import make_folder

PAUSE_S = 10.0
"""How long a pause lasts at least."""


class Recording:
    """Records what the disk takes."""

    def __init__(
        self, start: protocol.Start, clock: Clock, send: Callable[[protocol.Report], None]
    ) -> None:
        self._folder = Path(start.folder)
        self._reserve_bytes = start.reserve_bytes
        self._piece_s = start.piece_s
        self._clock = clock
        self._send = send
        self._recorder: Recorder | None = None
        self._again_s = 0.0
        self.paused = ""
        """Why it pauses."""

    @property
    def recording(self) -> bool:
        return self._recorder is not None and self._recorder.recording

    @property
    def repaired(self) -> int:
        return 0 if self._recorder is None else self._recorder.repair.repaired

    def open(self, video: VideoStream) -> None:
        """Raises SourceFailed for what cannot be recorded."""
        codec = video.codec_context.name
        if codec not in CODECS:
            raise SourceFailed("", f"{codec} cannot be recorded as it is")
        try:
            make_folder(self._folder)
        except OSError as error:
            reason = error.strerror or "the disk refuses it"
            raise SourceFailed("", f"there is no folder for its recordings: {reason}") from None
        self._recorder = Recorder(
            self._folder, video, self._clock, self._written, piece_s=self._piece_s
        )

    def add(self, packet: VideoPacket) -> None:
        recorder = self._recorder
        if recorder is None or (self.paused and self._clock.monotonic() < self._again_s):
            return
        if not recorder.recording and packet.is_keyframe and not self._has_room():
            self._pause("full")
            return
        try:
            recorder.add(packet)
        except (OSError, av.FFmpegError) as error:
            full = getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT}
            self._pause("full" if full else "refused")
        else:
            if recorder.recording:
                self.paused = ""

    def close(self) -> None:
        if self._recorder is not None:
            self._recorder.close(failed=True)

    def _written(self, written: Written) -> None:
        self._send(protocol.Wrote(written.size_bytes))

    def _pause(self, why: str) -> None:
        self.paused = why
        self._again_s = self._clock.monotonic() + PAUSE_S

    def _has_room(self) -> bool:
        try:
            room = os.statvfs(self._folder)
        except OSError:
            return False
        return room.f_bavail * room.f_frsize >= self._reserve_bytes
