"""The decoder's child: opens untrusted pictures, and nothing else. Files come as descriptors.

python -m appliance.albums.decoder_child SOCKET_FD MEMORY_FD MEMORY_LIMIT CPU_LIMIT
"""

import mmap
import os
import resource
import signal
import socket
import sys
from dataclasses import asdict
from typing import IO

import msgspec
from PIL import Image

from appliance.albums import pictures
from appliance.albums.decoder_protocol import (
    ENCODED_LIMIT_BYTES,
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
from appliance.service import allocator
from appliance.service.confinement import give_up_files_and_network

HEADROOM_BYTES = 96 << 20
"""Address space beyond the pictures' own: stacks, tables, what an encoder takes."""
ANALYSIS_SHARE = 0.75
"""Faces are found as well on 1,200 pixels."""
EMBEDDED_SIDE = 640
"""Pixels from which a smaller picture inside a file is worth a screen."""
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Child:
    """Answers one request after the other until the other end closes the socket."""

    def __init__(self, channel: socket.socket, memory: mmap.mmap, cpu_limit_s: int) -> None:
        self._channel = channel
        self._memory = memory
        self._cpu_limit_s = cpu_limit_s
        self._picture: Image.Image | None = None

    def serve(self) -> None:
        decoder = msgspec.msgpack.Decoder(Request)
        while True:
            packet, descriptors, _, _ = socket.recv_fds(self._channel, PACKET_LIMIT_BYTES, 1)
            if not packet:
                return
            self._limit_cpu()
            self._channel.send(
                msgspec.msgpack.encode(self._answer(decoder.decode(packet), descriptors))
            )

    def _answer(self, request: Request, descriptors: list[int]) -> Response:
        try:
            if isinstance(request, Crop):
                return self._crop(request)
            with os.fdopen(descriptors[0], "rb") as file:
                if isinstance(request, Preview):
                    return self._preview(request, file)
                return self._analyse(request, file)
        except TooHeavy as error:
            return Refused(error.reason, error.mend, error.needed_bytes)
        except Unreadable as error:
            return Refused(error.reason, error.mend)
        except MemoryError:
            self._picture = None
            return Refused("The picture takes too much memory to open.", pictures.SAVE_AGAIN)

    def _analyse(self, request: Analyse, file: IO[bytes]) -> Analysed:
        self._picture = None
        with pictures.open_picture(file) as opened:
            header = pictures.read_header(opened)
            if request.embedded:
                picture = pictures.decode_embedded(opened, request.longest_side)
            else:
                picture = pictures.decode(
                    opened, request.longest_side, request.memory_limit_bytes, share=ANALYSIS_SHARE
                )
        pixels = picture.tobytes()
        self._memory[: len(pixels)] = pixels
        sizes: tuple[int, ...] = (0,)
        if request.thumbnail_side:
            thumbnail, _ = pictures.encode(
                picture, request.thumbnail_side, "WEBP", request.thumbnail_quality
            )
            sizes = self._place([thumbnail])
        self._picture = picture
        return Analysed(
            header.format,
            header.width,
            header.height,
            picture.width,
            picture.height,
            not request.embedded,
            sizes[0],
            pictures.mean_colour(picture),
            asdict(header.dates),
            _memory_bytes()[1],
        )

    def _preview(self, request: Preview, file: IO[bytes]) -> Encoded:
        with pictures.open_picture(file) as opened:
            if request.embedded:
                picture = pictures.decode_embedded(opened, request.longest_side)
                if max(picture.size) < EMBEDDED_SIDE:
                    raise Unreadable(
                        "The picture is too large to be shown by this box.",
                        "look at the original on a computer",
                    )
            else:
                picture = pictures.decode(opened, request.longest_side, request.memory_limit_bytes)
        data, _ = pictures.encode(picture, request.longest_side, "JPEG", request.quality)
        return Encoded(self._place([data]), _memory_bytes()[1])

    def _crop(self, request: Crop) -> Encoded:
        if self._picture is None:
            return Encoded((), _memory_bytes()[1])
        crops = [
            pictures.encode(_cut(self._picture, square), request.side, "WEBP", request.quality)[0]
            for square in request.squares
        ]
        return Encoded(self._place(crops), _memory_bytes()[1])

    def _place(self, parts: list[bytes]) -> tuple[int, ...]:
        data = b"".join(parts)
        if len(data) > ENCODED_LIMIT_BYTES:
            raise MemoryError
        self._memory[PIXELS_LIMIT_BYTES : PIXELS_LIMIT_BYTES + len(data)] = data
        return tuple(len(part) for part in parts)

    def _limit_cpu(self) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + 1 + self._cpu_limit_s
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _cut(picture: Image.Image, square: Square) -> Image.Image:
    """The square, moved inside the picture as far as it fits; smaller where the picture is."""
    side = min(square.side, picture.width, picture.height)
    left = min(max(square.left, 0), picture.width - side)
    top = min(max(square.top, 0), picture.height - side)
    part = picture.crop((left, top, left + side, top + side))
    part.info = dict(picture.info)
    return part


STATM = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
"""Opened while files can be opened. proc(5): sizes in pages, first mapped, then resident."""


def _memory_bytes() -> tuple[int, int]:
    """What is mapped and what is resident."""
    mapped, resident = os.pread(STATM, 100, 0).split()[:2]
    return int(mapped) * PAGE_BYTES, int(resident) * PAGE_BYTES


def _limit_memory(memory_limit_bytes: int) -> None:
    """Pictures that lie about their size end in a MemoryError here, not in a full box."""
    limit = _memory_bytes()[0] + memory_limit_bytes + HEADROOM_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main(arguments: list[str]) -> None:
    channel_descriptor, memory_descriptor, memory_limit_bytes, cpu_limit_s = map(int, arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    allocator.return_memory_early()
    memory = mmap.mmap(memory_descriptor, SHARED_BYTES)
    os.close(memory_descriptor)
    _limit_memory(memory_limit_bytes)
    pictures.prepare()
    give_up_files_and_network()
    with socket.socket(fileno=channel_descriptor) as channel:
        Child(channel, memory, cpu_limit_s).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
