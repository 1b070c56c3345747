"""A WAV file, heard once."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Literal

from appliance.voice.audio.recording import read_recording
from appliance.voice.audio.sound import FRAME_BYTES, FRAME_MS
from appliance.voice.errors import MicrophoneFailed, WrongRecording

CLOSING_SILENCE_MS = 2000
"""Follows the file, so that the end of what was said at its very end can be heard."""


class File:
    """A WAV file of any kind that `recording` reads."""

    live = False

    def __init__(self, path: Path, pace: Literal["real", "fast"] = "real") -> None:
        """`fast` gives the sound as fast as it is taken."""
        self.name = str(path)
        self._path = path
        self._pace = pace

    async def listen(self) -> AsyncGenerator[bytes, None]:
        """As `Source.listen`."""
        try:
            recording = await asyncio.to_thread(read_recording, self._path)
        except WrongRecording as error:
            raise MicrophoneFailed(self.name, str(error).rstrip("."), error.mend) from error
        data = recording.samples.astype("<i2").tobytes()
        data += bytes(-len(data) % FRAME_BYTES + CLOSING_SILENCE_MS // FRAME_MS * FRAME_BYTES)
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        for number, start in enumerate(range(0, len(data), FRAME_BYTES), 1):
            if self._pace == "real":
                await asyncio.sleep(begin_s + number * FRAME_MS / 1000 - loop.time())
            yield data[start : start + FRAME_BYTES]
