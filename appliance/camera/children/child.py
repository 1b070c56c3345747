"""A child process of the camera room: reads one stream and records it, watches it, or both.

It gets its orders through the socket, so that no password stands in a list of processes, and gives
up all files but its own. When its stream is lost it says what was learned and why, and ends; the
room starts another one.
"""

import os
import resource
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import msgspec

import appliance
from appliance.camera.children import protocol
from appliance.camera.children.alignment import Alignment
from appliance.camera.children.opening import open_analysis
from appliance.camera.children.recording import Recording
from appliance.camera.children.watching import Watching
from appliance.camera.children.week import WeekClock
from appliance.camera.errors import SourceFailed
from appliance.camera.streams.address import kind_of
from appliance.camera.streams.stream import Stream
from appliance.models.tasks.object_detection import ObjectDetector
from appliance.service.clock import SystemClock
from appliance.service.confinement import keep_files

ALIVE_S = 1.0
ADDRESS_SPACE_BYTES = {"record": 300 << 20, "watch": 700 << 20}
"""Beyond what is mapped at the start: a stream that lies about its size ends in a MemoryError
here, not in a full box."""
SYSTEM = ("/usr", "/lib", "/lib64", "/etc", "/proc", "/sys/devices/system/cpu", "/dev/null")
SYSTEM_OPTIONAL = ("/dev/urandom", "/run/systemd/resolve", "/opt")


class Channel:
    """The socket to the room; any thread may send."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._decoder = msgspec.msgpack.Decoder(protocol.Order)

    def send(self, report: protocol.Report) -> None:
        """Ends the process when the room is gone."""
        try:
            with self._lock:
                self._connection.sendall(protocol.frame(report))
        except OSError:
            os._exit(0)

    def receive(self) -> protocol.Order | None:
        """None when the room has closed it."""
        header = self._read(protocol.HEADER.size)
        if header is None:
            return None
        (size,) = protocol.HEADER.unpack(header)
        body = self._read(size)
        return None if body is None else self._decoder.decode(body)

    def _read(self, size: int) -> bytes | None:
        data = b""
        while len(data) < size:
            part = self._connection.recv(size - len(data))
            if not part:
                return None
            data += part
        return data


class Child:
    """From the first order to the loss of the stream."""

    def __init__(
        self, channel: Channel, start: protocol.Start, detector: ObjectDetector | None
    ) -> None:
        self._channel = channel
        self._start = start
        self._lock = threading.Lock()
        """Held while a packet is worked on: orders are obeyed between two, also of a camera that
        sends none."""
        clock = SystemClock()
        self._recording = Recording(start, clock, channel.send) if "record" in start.roles else None
        self._watching: Watching | None = None
        if "watch" in start.roles:
            alignment = Alignment(clock.monotonic)
            hour_of = WeekClock(clock, alignment.at).hour_of
            rate = start.false_alarms_per_day
            analysis = open_analysis(start.learned, rate, detector, hour_of)
            self._watching = Watching(analysis, channel.send, alignment)

    def run(self) -> None:
        """Raises SourceFailed in the end."""
        threading.Thread(target=self._listen, name="orders", daemon=True).start()
        stream = Stream(self._start.url)
        video = stream.video
        context = video.codec_context
        self._channel.send(protocol.Opened(video.width, video.height, context.name[:40]))
        with self._lock:
            if self._recording is not None:
                self._recording.open(video)
            if self._watching is not None:
                self._watching.open(video)
        told_s = 0.0
        for packets, packet in enumerate(stream.packets(), 1):
            with self._lock:
                if self._watching is not None:
                    self._watching.add(packet)
                if self._recording is not None:
                    self._recording.add(packet)  # last: it changes the packet
                now_s = time.monotonic()
                if now_s - told_s >= ALIVE_S:
                    told_s = now_s
                    self._channel.send(self._alive(packets))

    def close(self) -> None:
        """What was recorded is whole, what was learned is told."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._recording is not None:
            self._recording.close()
        if self._watching is not None:
            self._watching.close()

    def _alive(self, packets: int) -> protocol.Alive:
        recording, watching = self._recording, self._watching
        return protocol.Alive(
            packets,
            recording.repaired if recording is not None else 0,
            recording is not None and recording.recording,
            recording.paused if recording is not None else "",
            watching is not None and watching.frozen,
        )

    def _listen(self) -> None:
        """Obeys until the room wants this to end, or is gone."""
        while (order := self._channel.receive()) is not None:
            if isinstance(order, protocol.Stop):
                break
            with self._lock:
                if self._watching is not None:
                    self._watching.obey(order)
        self._lock.acquire()  # for good: nothing comes after it
        try:
            self._close()
        finally:
            os._exit(0)


def _confine(start: protocol.Start) -> None:
    """What this process may still do: read the system and its programs, write its recordings."""
    readable = [
        *(Path(each) for each in (*SYSTEM, *SYSTEM_OPTIONAL)),
        *{Path(sys.prefix), Path(sys.base_prefix), Path(appliance.__file__).parent},
    ]
    writable = [Path(start.folder)] if "record" in start.roles else []
    kind = kind_of(start.url)
    if kind == "file":
        readable.append(Path(start.url))
    elif kind == "device":
        writable.append(Path(start.url))
    keep_files(readable, writable)


def _limit_memory(start: protocol.Start) -> None:
    mapped = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limit = mapped * os.sysconf("SC_PAGE_SIZE")
    limit += sum(ADDRESS_SPACE_BYTES[role] for role in start.roles)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def live(descriptor: int, detector: ObjectDetector | None) -> None:
    """The child's whole life; `descriptor` is its socket. Forked, with what all children share
    loaded already."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    channel = Channel(socket.socket(fileno=descriptor))
    start = channel.receive()
    if not isinstance(start, protocol.Start):
        return
    child = Child(channel, start, detector)
    _confine(start)
    _limit_memory(start)
    try:
        child.run()
    except SourceFailed as error:
        reason = error.reason[:400]
    except MemoryError:
        reason = "the stream takes more memory than it may"
    try:
        child.close()
    finally:
        channel.send(protocol.Lost(reason))
