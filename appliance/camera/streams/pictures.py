"""What is taken from one decoded frame of a camera."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from appliance.camera.box import Box

Grey = npt.NDArray[np.uint8]
"""Height x width."""
Image = npt.NDArray[np.uint8]
"""Height x width x 3, RGB."""
Vectors = npt.NDArray[np.float32]
"""Nx6: the block's left, top, width and height, and how far it moved to the right and down since
the picture before; all in pixels of the stream."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of a stream. It keeps the decoder's frame alive, so it is not to be collected."""

    time_s: float
    """Presentation time; rises from picture to picture of a stream."""
    width: int
    """Of the stream, in pixels."""
    height: int
    grey: Grey
    """Of the stream's size; a view of the decoder's memory, not to be written to."""
    vectors: Vectors | None
    """The codec's motion; None where the frame carries none: key frames, and codecs without."""
    key_frame: bool
    colour: Callable[[Box], Image]
    """The part of the picture in the box, in the stream's resolution; converted when asked for."""
