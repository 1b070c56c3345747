"""A sound card, read by `arecord` (alsa-utils), which converts rate, channels and format."""

import asyncio
import asyncio.subprocess
import contextlib
import fcntl
import os
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

from appliance.voice.audio.sound import FRAME_BYTES, FRAME_MS, SAMPLE_RATE_HZ
from appliance.voice.errors import MicrophoneFailed
from appliance.voice.microphones.cards import DEFAULT, SOUND, has_microphone

PIPE_BYTES = 4096
"""The smallest pipe of Linux, 128 ms: sound that waits in it has an age that nobody knows."""
BUFFER_MS = 200
STOP_LIMIT_S = 1.0
MESSAGE_LIMIT_BYTES = 4096

_MENDS = {
    "No such file or directory": "plug it in; `arecord -L` lists the names for voice.microphone",
    "No such device": "plug it in; `arecord -L` lists the names for voice.microphone",
    "Device or resource busy": "end the other program that records from it",
    "Permission denied": "add the service's user to the group audio",
}
_MEND = "`arecord -L` lists the names for voice.microphone"


class Alsa:
    """A device by its ALSA name (`default`, `plughw:CARD=Device,DEV=0`)."""

    live = True

    def __init__(self, name: str, program: str = "arecord", sound: Path = SOUND) -> None:
        """A `hw:` device is taken with ALSA's conversions, since few record 16 kHz mono."""
        self.name = name
        self._device = f"plug{name}" if name.startswith("hw:") else name
        self._program = program
        self._sound = sound

    async def listen(self) -> AsyncGenerator[bytes, None]:
        """As `Source.listen`; `arecord` runs from the first piece until this is closed."""
        if self.name == DEFAULT and not has_microphone(self._sound):
            raise MicrophoneFailed(self.name, "there is none", "plug one in")
        async with _pipe() as (reader, write_end):
            process = await self._start(write_end)
            try:
                while chunk := await reader.read(8 * FRAME_BYTES):
                    yield chunk
                raise await self._failure(process)
            finally:
                await _stop(process)

    async def _start(self, write_end: int) -> asyncio.subprocess.Process:
        arguments = (
            *("-q", "-D", self._device, "-t", "raw", "-f", "S16_LE", "-c", "1"),
            *("-r", str(SAMPLE_RATE_HZ), f"--period-time={FRAME_MS * 1000}"),
            f"--buffer-time={BUFFER_MS * 1000}",
        )
        try:
            return await asyncio.create_subprocess_exec(
                self._program,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=asyncio.subprocess.PIPE,
                env=os.environ | {"LC_ALL": "C"},
            )
        except OSError as error:
            reason = f"{self._program} cannot be started ({error.strerror})"
            raise MicrophoneFailed(self.name, reason, "apt install alsa-utils") from error
        finally:
            os.close(write_end)

    async def _failure(self, process: asyncio.subprocess.Process) -> MicrophoneFailed:
        """What `arecord` said before it ended."""
        said = b""
        if process.stderr is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_LIMIT_S):
                    said = await process.stderr.read(MESSAGE_LIMIT_BYTES)
        text = said.decode("utf-8", "replace")
        for words, mend in _MENDS.items():
            if words in text:
                return MicrophoneFailed(self.name, words.lower(), mend)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return MicrophoneFailed(self.name, lines[-1] if lines else "arecord has ended", _MEND)


@contextlib.asynccontextmanager
async def _pipe() -> AsyncIterator[tuple[asyncio.StreamReader, int]]:
    """A small pipe: our end as a reader, the other for a child (who gets it closes it here)."""
    read_end, write_end = os.pipe()
    with contextlib.suppress(OSError):  # refused to a user who has too many pipes
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    reader = asyncio.StreamReader(limit=PIPE_BYTES)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", buffering=0)
    )
    try:
        yield reader, write_end
    finally:
        transport.close()


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Returns when the device is free."""
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_LIMIT_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
