"""Sound as this room passes it on: frames of 20 ms at 16 kHz, mono, 16 bit."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]
"""One dimension, 16,000 a second."""

SAMPLE_RATE_HZ = 16_000
FRAME_MS = 20
FRAME_SAMPLES = SAMPLE_RATE_HZ * FRAME_MS // 1000
FRAME_BYTES = 2 * FRAME_SAMPLES


@dataclass(frozen=True, eq=False)
class Frame:
    """20 ms of sound."""

    samples: Samples
    """320 of them."""
    heard_at_s: float
    """Monotonic time at which it was read from its source."""


class Framer:
    """Cuts a stream of bytes (little endian, 16 bit) into frames."""

    def __init__(self) -> None:
        self._rest = b""

    def cut(self, chunk: bytes) -> list[Samples]:
        """The frames that `chunk` completes; what is left over waits for the next call."""
        data = self._rest + chunk
        whole = len(data) - len(data) % FRAME_BYTES
        self._rest = data[whole:]
        samples = np.frombuffer(data[:whole], "<i2").astype(np.int16, copy=False)
        return list(samples.reshape(-1, FRAME_SAMPLES))
