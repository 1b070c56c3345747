"""Packets of a camera's video, from wherever they come."""

import time
from collections.abc import Iterator
from typing import TypeAlias

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from appliance.camera.errors import SourceFailed
from appliance.camera.streams.address import kind_of, redact

VideoPacket: TypeAlias = "Packet[VideoStream]"
OPEN_LIMIT_S = 15.0
READ_LIMIT_S = 8.0
"""A camera that says nothing for so long is lost."""
PACE_LIMIT_S = 1.0
NETWORK_OPTIONS = {
    "rtsp_transport": "tcp",
    "analyzeduration": "2000000",
    "max_delay": "500000",
}
DEVICE_OPTIONS = {"input_format": "mjpeg", "framerate": "15"}


class Stream:
    """One open stream; the video in it, sound is passed over."""

    def __init__(self, url: str) -> None:
        """Raises SourceFailed, which never says a password."""
        self._url = url
        self._kind = kind_of(url)
        self._container = self._open()
        self.video: VideoStream = self._container.streams.video[0]

    def packets(self) -> Iterator[VideoPacket]:
        """The packets as they come, until the stream ends or is closed; a file for ever, at its own
        pace.

        Raises SourceFailed when nothing comes any more.
        """
        try:
            while True:
                yield from self._once()
                if self._kind != "file":
                    raise SourceFailed(redact(self._url), "the stream has ended")
                self._container.seek(0)
        except (av.FFmpegError, OSError) as error:
            raise self._failure(error) from None

    def close(self) -> None:
        self._container.close()

    def _once(self) -> Iterator[VideoPacket]:
        begin_s, first_s = time.monotonic(), None
        came = False
        for packet in self._container.demux(self.video):
            if packet.size == 0:
                continue  # the demuxer's way to say that nothing is left
            came = True
            if self._kind == "file" and packet.dts is not None and packet.time_base is not None:
                at_s = float(packet.dts * packet.time_base)
                first_s = at_s if first_s is None else first_s
                wait_s = begin_s + (at_s - first_s) - time.monotonic()
                if wait_s > 0:
                    time.sleep(min(wait_s, PACE_LIMIT_S))
            yield packet
        if not came:
            raise SourceFailed(redact(self._url), "there is no picture in it")

    def _open(self) -> InputContainer:
        options = {"network": NETWORK_OPTIONS, "device": DEVICE_OPTIONS}.get(self._kind, {})
        try:
            container = av.open(
                self._url,
                format="v4l2" if self._kind == "device" else None,
                options=options,
                timeout=(OPEN_LIMIT_S, READ_LIMIT_S),
            )
        except (av.FFmpegError, OSError, ValueError) as error:
            raise self._failure(error) from None
        if not container.streams.video:
            container.close()
            raise SourceFailed(redact(self._url), "there is no video in it")
        return container

    def _failure(self, error: Exception) -> SourceFailed:
        """What the library says names addresses with their passwords: only its kind is kept."""
        reason = getattr(error, "strerror", None) or type(error).__name__
        if isinstance(error, av.error.ExitError):
            reason = "it does not answer"
        mend = {
            "network": "see whether the camera has power and network; check address and password",
            "device": "plug it in; the box's user needs the group video",
            "file": "name a file that is there and can be played",
        }[self._kind]
        return SourceFailed(redact(self._url), redact(str(reason)), mend)
