"""A named pipe (mkfifo): 16 kHz mono 16 bit samples from any other program.

A pipe without a writer, or with one that pauses, is silence: the room is quiet then.
"""

import asyncio
import os
import stat
from collections.abc import AsyncGenerator
from pathlib import Path

from appliance.voice.audio.sound import FRAME_BYTES, FRAME_MS
from appliance.voice.errors import MicrophoneFailed

PAUSE_S = 0.1
"""A pipe that gives nothing for so long is silent."""
READ_BYTES = 8 * FRAME_BYTES


class Pipe:
    """A named pipe; its writers may come and go. They write as fast as they are heard."""

    live = False

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path

    async def listen(self) -> AsyncGenerator[bytes, None]:
        """As `Source.listen`; it has no end."""
        loop = asyncio.get_running_loop()
        descriptor = self._open()
        try:
            silent_since_s: float | None = None
            while True:
                limit_s = PAUSE_S if silent_since_s is None else FRAME_MS / 1000
                if await _readable(descriptor, limit_s):
                    silent_since_s = None
                    yield os.read(descriptor, READ_BYTES)
                    continue
                now_s = loop.time()
                if silent_since_s is None:
                    silent_since_s = now_s - PAUSE_S
                frames = int((now_s - silent_since_s) * 1000 / FRAME_MS)
                silent_since_s += frames * FRAME_MS / 1000
                if frames:
                    yield bytes(min(frames, 50) * FRAME_BYTES)
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        """Open for writing too, so that the last writer's leaving is no end of file (fifo(7))."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            reason = (error.strerror or "it cannot be opened").lower()
            raise MicrophoneFailed(self.name, reason, f"mkfifo {self.name}") from error
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise MicrophoneFailed(self.name, "it is no named pipe", f"mkfifo {self.name}")
        return descriptor


async def _readable(descriptor: int, limit_s: float) -> bool:
    """Whether there is something to read within the time."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        async with asyncio.timeout(limit_s):
            await ready.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(descriptor)
    return True
