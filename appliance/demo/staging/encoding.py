"""Frames written as a camera sends them."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from appliance.demo.staging.canvas import Frame

GROUP_OF_PICTURES = 50
"""From one key frame to the next."""
QUALITY = 25
"""x264's constant rate factor: what a camera's good quality looks like."""


def write_clip(
    path: Path, frames: Iterable[Frame], rate_hz: int, bits_per_s: int | None = None
) -> int:
    """Writes H.264 without B-frames, of constant quality or of a constant rate; how many frames.

    The same frames make the same file. Raises OSError.
    """
    count = 0
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate_hz)
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, rate_hz)
        stream.thread_count = 1
        rate = {"crf": str(QUALITY)}
        if bits_per_s is not None:
            stream.bit_rate = bits_per_s
            rate = {"maxrate": str(bits_per_s), "bufsize": str(2 * bits_per_s)}
        stream.options = {
            "preset": "veryfast",
            "bf": "0",
            "g": str(GROUP_OF_PICTURES),
            "sc_threshold": "0",  # cameras keep their key frames' pace whatever happens
            **rate,
        }
        for frame in frames:
            if not count:
                stream.height, stream.width = frame.shape[:2]
            planes = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420), np.uint8)
            picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            picture.pts = count
            picture.time_base = Fraction(1, rate_hz)
            container.mux(stream.encode(picture))
            count += 1
        container.mux(stream.encode())
    return count
