"""Cameras on the network for the tests: a real RTSP server, and a wire that can be cut, frozen and
made to lie."""

import asyncio
import os
import random
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

PROGRAM = Path(__file__).parent / "programs" / "rtsp_server.py"
SYSTEM_PYTHON = Path("/usr/bin/python3")
"""Debian's, for which `gi` is built."""


class Server:
    """GStreamer's RTSP server with films."""

    def __init__(
        self, port: int, films: Mapping[str, str], user: str = "", password: str = ""
    ) -> None:
        """`films` are `<codec>:<file>` by name."""
        self.port = port
        self._films = films
        self._account = {"USER_NAME": user, "PASSWORD": password} if user else {}
        self._credentials = f"{user}:{password}@" if user else ""
        self._process: subprocess.Popen[bytes] | None = None

    def address(self, name: str, port: int = 0) -> str:
        return f"rtsp://{self._credentials}127.0.0.1:{port or self.port}/{name}"

    def start(self) -> None:
        """Returns when it serves."""
        environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        self._process = subprocess.Popen(
            [
                *(SYSTEM_PYTHON, PROGRAM, str(self.port)),
                *(f"{name}={film}" for name, film in self._films.items()),
            ],
            env={**environment, **self._account},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n", "GStreamer's RTSP server is missing"

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def cut(self) -> None:
        """The power is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._process = None


class Wire:
    """Between a camera and who watches it: hands on what comes, or something else."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.port = 0
        self.lying = False
        """Whether bytes are changed on the way from the camera."""
        self._random = random.Random(7)

    @asynccontextmanager
    async def stretched(self) -> AsyncIterator["Wire"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            inner = await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.gather(
                self._hand_on(reader, inner[1], lie=False),
                self._hand_on(inner[0], writer, lie=True),
            )

    async def _hand_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, lie: bool
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if lie and self.lying:
                    data = self._change(data)
                writer.write(data)
                await writer.drain()
        writer.close()

    def _change(self, data: bytes) -> bytes:
        changed = bytearray(data)
        for _ in range(max(1, len(data) // 200)):
            changed[self._random.randrange(len(changed))] = self._random.randrange(256)
        return bytes(changed)
