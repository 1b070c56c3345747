"""Opening pictures in a child process: what parses hostile input holds no database and no secret.

The child gets open files, never names; pixels come back through shared memory. It is limited in
memory and time, ended after a while so that its memory returns, and started again when needed.
"""

import mmap
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from appliance.albums.capture import ExifDates
from appliance.albums.decoder_protocol import (
    LONGEST_SIDE_LIMIT,
    PACKET_LIMIT_BYTES,
    PIXELS_LIMIT_BYTES,
    SHARED_BYTES,
    Analyse,
    Analysed,
    Crop,
    Encoded,
    Preview,
    Refused,
    Request,
    Response,
    Square,
)
from appliance.albums.errors import TooHeavy, Unreadable
from appliance.albums.intake import open_regular

MEMORY_LIMIT_BYTES = 110_000_000
"""What opening one picture may take; with the child's own memory it keeps albums inside its budget
of 250 MB once the models have made room."""
LIGHT_LIMIT_BYTES = 24_000_000
"""What opening a picture may take beside the loaded models."""
TIME_LIMIT_S = 30.0
PICTURES_PER_CHILD = 500
CHILD = "appliance.albums.decoder_child"
RESIDENT_LIMIT_BYTES = 100_000_000
"""A child that holds more after a picture is ended."""
START_LIMIT_S = 30.0


@dataclass(frozen=True, eq=False)
class Analysis:
    """A picture that was opened."""

    format: str
    width: int
    """Pixels of the upright original."""
    height: int
    pixels: npt.NDArray[np.uint8]
    """Upright RGB, at most 1600 pixels wide and high. Valid until the next request."""
    whole: bool
    """False where the picture takes too much memory to open: the pixels are then those of a smaller
    picture that the camera put into the file, or grey."""
    thumbnail: bytes
    """WebP; empty when none was asked for."""
    colour: str
    """The mean colour, `#rrggbb`."""
    dates: ExifDates


class _Crash(Unreadable):
    """The child ended while it had a picture."""

    def __init__(self) -> None:
        super().__init__(
            "Opening the picture made the program that does it fail.",
            "open it in a photo program, save it as JPEG and drop that in",
        )


class Decoder:
    """One child at a time; any thread may ask, one after the other."""

    def __init__(
        self,
        *,
        memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
        time_limit_s: float = TIME_LIMIT_S,
        pictures_per_child: int = PICTURES_PER_CHILD,
        make_room: Callable[[], None] = lambda: None,
    ) -> None:
        """`make_room` is called before a picture is opened that takes much memory."""
        self._memory_limit_bytes = memory_limit_bytes
        self._time_limit_s = time_limit_s
        self._pictures_per_child = pictures_per_child
        self._make_room = make_room
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._memory: mmap.mmap | None = None
        self._done = 0
        self._used_at = time.monotonic()

    @contextmanager
    def session(self) -> Iterator["Decoder"]:
        """Several requests about one picture, with nobody else's between them."""
        with self._lock:
            try:
                yield self
            finally:
                self._used_at = time.monotonic()

    @property
    def idle_s(self) -> float:
        """Seconds since the last session ended."""
        return time.monotonic() - self._used_at

    def analyse(
        self, file: Path, *, thumbnail_side: int = 0, thumbnail_quality: int = 75
    ) -> Analysis:
        """Opens a picture, or the small one inside one that is too heavy.

        Raises Unreadable, OSError when the file is not there.
        """
        request = Analyse(LONGEST_SIDE_LIMIT, thumbnail_side, thumbnail_quality, LIGHT_LIMIT_BYTES)
        with self._lock, _opened(file) as descriptor:
            try:
                answer = self._ask_about(descriptor, request)
            except TooHeavy:
                os.lseek(descriptor, 0, os.SEEK_SET)
                request = msgspec.structs.replace(request, embedded=True)
                answer = self._ask_about(descriptor, request)
            return self._analysis(answer)

    def analyse_bytes(self, data: bytes) -> Analysis:
        """As `analyse`, for a picture that is in memory, without a thumbnail."""
        request = Analyse(LONGEST_SIDE_LIMIT, 0, 0, LIGHT_LIMIT_BYTES)
        descriptor = os.memfd_create("picture", os.MFD_CLOEXEC)
        with os.fdopen(descriptor, "wb") as file, self._lock:
            file.write(data)
            file.flush()
            os.lseek(descriptor, 0, os.SEEK_SET)
            return self._analysis(self._ask_about(descriptor, request))

    def _analysis(self, answer: Response) -> Analysis:
        if not isinstance(answer, Analysed):
            raise Unreadable("The picture could not be opened.", "try again")
        shape = (answer.analysed_height, answer.analysed_width, 3)
        size = shape[0] * shape[1] * 3
        if self._memory is None or not 0 < size <= PIXELS_LIMIT_BYTES:
            raise Unreadable("The picture could not be opened.", "try again")
        pixels = np.frombuffer(self._memory, np.uint8, size).reshape(shape)
        return Analysis(
            answer.format,
            answer.width,
            answer.height,
            pixels,
            answer.whole,
            self._encoded((answer.thumbnail_bytes,))[0],
            answer.colour,
            msgspec.convert(answer.dates, ExifDates),
        )

    def crop(self, squares: Sequence[Square], *, side: int, quality: int = 80) -> list[bytes]:
        """Squares of the picture that this session has analysed, as WebP, `side` pixels at most.

        Raises Unreadable when the child ended in between.
        """
        with self._lock:
            answer = self._ask(Crop(tuple(squares), side, quality), None)
            if not isinstance(answer, Encoded) or len(answer.sizes_bytes) != len(squares):
                raise Unreadable("The picture could not be opened.", "try again")
            return self._encoded(answer.sizes_bytes)

    def preview(self, file: Path, *, longest_side: int, quality: int = 82) -> bytes:
        """A JPEG for a screen, of a picture that is too heavy from the smaller one inside it.

        Raises Unreadable (TooHeavy where that is too small), OSError when the file is not there.
        """
        with self._lock, _opened(file) as descriptor:
            request = Preview(longest_side, quality, LIGHT_LIMIT_BYTES)
            try:
                answer = self._ask_about(descriptor, request)
            except TooHeavy:
                os.lseek(descriptor, 0, os.SEEK_SET)
                request = msgspec.structs.replace(request, embedded=True)
                answer = self._ask_about(descriptor, request)
            if not isinstance(answer, Encoded) or len(answer.sizes_bytes) != 1:
                raise Unreadable("The picture could not be opened.", "try again")
            return self._encoded(answer.sizes_bytes)[0]

    @property
    def pid(self) -> int | None:
        """The child's; None while there is none."""
        process = self._process
        return process.pid if process else None

    def close(self) -> None:
        """Ends the child; the next request starts another one."""
        with self._lock:
            process, channel = self._process, self._channel
            self._process = self._channel = self._memory = None
            if channel is not None:
                channel.close()
            if process is not None:
                process.kill()
                process.wait()

    def _ask_about(self, descriptor: int, request: Analyse | Preview) -> Response:
        try:
            return self._ask(request, descriptor)
        except TooHeavy as error:
            if error.needed_bytes > self._memory_limit_bytes:
                raise
            self._make_room()
            request = msgspec.structs.replace(request, memory_limit_bytes=self._memory_limit_bytes)
        except _Crash:
            pass  # somebody may have ended the child: the picture has a second chance
        os.lseek(descriptor, 0, os.SEEK_SET)  # the child has read the header through it
        return self._ask(request, descriptor)

    def _ask(self, request: Request, descriptor: int | None) -> Response:
        """Raises Unreadable when the child refuses, crashes or takes too long."""
        if self._channel is None:
            self._start()
        channel, process = self._channel, self._process
        if channel is None or process is None:
            raise Unreadable("The picture could not be opened.", "try again")
        packet = msgspec.msgpack.encode(request)
        try:
            socket.send_fds(channel, [packet], [] if descriptor is None else [descriptor])
            reply = channel.recv(PACKET_LIMIT_BYTES)
        except TimeoutError as error:
            self.close()
            raise Unreadable(
                f"Opening the picture took longer than {self._time_limit_s:.0f} seconds.",
                "open it in a photo program, save it as JPEG and drop that in",
            ) from error
        except ConnectionError:
            reply = b""
        if not reply:
            self.close()
            raise _Crash
        try:
            answer: Response = msgspec.msgpack.decode(reply, type=Response)
        except msgspec.MsgspecError as error:  # a child that a picture took over
            self.close()
            raise Unreadable("The picture could not be opened.", "do not use it") from error
        return self._accept(answer)

    def _accept(self, answer: Response) -> Response:
        self._done += 1
        if isinstance(answer, Refused):
            if self._done >= self._pictures_per_child:
                self.close()
            if answer.needed_bytes:
                raise TooHeavy(answer.reason, answer.mend, answer.needed_bytes)
            raise Unreadable(answer.reason, answer.mend)
        return answer

    def tidy(self) -> None:
        """Between two pictures: ends a child that has done enough or holds too much."""
        with self._lock:
            if self._done >= self._pictures_per_child or self._resident() > RESIDENT_LIMIT_BYTES:
                self.close()

    def _resident(self) -> int:
        pid = self.pid
        if pid is None:
            return 0
        with suppress(OSError):
            statm = Path(f"/proc/{pid}/statm").read_bytes()
            return int(statm.split()[1]) * mmap.PAGESIZE
        return 0

    def _encoded(self, sizes: Sequence[int]) -> list[bytes]:
        if self._memory is None or min(sizes, default=0) < 0:
            raise Unreadable("The picture could not be opened.", "try again")
        parts = []
        start = PIXELS_LIMIT_BYTES
        for size in sizes:
            parts.append(self._memory[start : start + size])
            start += size
        return parts

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        memory = os.memfd_create("decoder", os.MFD_CLOEXEC)
        try:
            os.ftruncate(memory, SHARED_BYTES)
            self._process = subprocess.Popen(  # noqa: S603 # our own interpreter and module
                [
                    *(sys.executable, "-m", CHILD),
                    *map(str, (theirs.fileno(), memory, self._memory_limit_bytes)),
                    str(round(self._time_limit_s)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), memory),
                env=_environment(),
            )
            self._memory = mmap.mmap(memory, SHARED_BYTES)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(memory)
        ours.settimeout(self._time_limit_s + START_LIMIT_S)
        self._channel = ours
        self._done = 0


@contextmanager
def _opened(file: Path) -> Iterator[int]:
    descriptor = open_regular(file)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _environment() -> dict[str, str]:
    """No secret, no socket of the supervisor's; one arena, so that address space can be counted."""
    kept = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
    return {
        **{name: os.environ[name] for name in kept if name in os.environ},
        "MALLOC_ARENA_MAX": "1",
        "OMP_NUM_THREADS": "1",
    }
