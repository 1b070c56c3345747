"""Films of a yard for cameras that are no cameras: made when they are first needed, kept for the
session."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext

RATE = 25
ENCODERS = {
    "h264": ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "g": "25", "bf": "0"}),
    "h265": (
        "libx265",
        {
            "preset": "ultrafast",
            "x265-params": "keyint=25:bframes=0:log-level=none:repeat-headers=1",
        },
    ),
}


def yard(number: int, width: int, height: int) -> npt.NDArray[np.uint8]:
    """A picture: a wall with noise, and somebody who walks to and fro before it."""
    noise = np.random.default_rng(number).integers(0, 12, (height, width, 1), np.uint8)
    picture = np.repeat(noise + 90, 3, axis=2)
    picture[height * 2 // 3 :] -= 40
    side = height // 4
    place = abs((number * 2) % (2 * (width - side)) - (width - side))
    picture[height // 3 : height // 3 + side, place : place + side // 2] = (190, 60, 60)
    return picture


def encode(codec: str, frames: int, width: int, height: int, scale: int = 1) -> list[bytes]:
    """Access units of a stream, in the byte-stream format; of `scale` times that size."""
    name, options = ENCODERS[codec]
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height = width * scale, height * scale
    context.pix_fmt = "yuv420p"
    context.framerate, context.options = Fraction(RATE), options
    packets = []
    for number in range(frames):
        frame = av.VideoFrame.from_ndarray(yard(number, width, height), "rgb24")
        packets += context.encode(frame.reformat(width * scale, height * scale))
    return [bytes(packet) for packet in packets + context.encode(None)]


def write_units(path: Path, units: list[bytes]) -> None:
    """As `programs/rtsp_server.py` reads them."""
    path.write_bytes(b"".join(struct.pack(">I", len(unit)) + unit for unit in units))
