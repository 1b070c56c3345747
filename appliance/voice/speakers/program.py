"""Programs that run once: bytes in, bytes out, within a time limit."""

import asyncio
import asyncio.subprocess
import contextlib
import os
from collections.abc import Sequence

MESSAGE_LIMIT = 200


class ProgramFailed(Exception):
    """It could not be started, said no, or took too long."""

    def __init__(self, program: str, reason: str, *, missing: bool = False) -> None:
        super().__init__(f"{program}: {reason}")
        self.program = program
        self.reason = reason
        self.missing = missing
        """Whether it is not installed."""


async def run_program(arguments: Sequence[str], data: bytes, limit_s: float) -> bytes:
    """What it writes when it is given `data`. Raises ProgramFailed.

    Nothing is left of it afterwards, also when this is cancelled.
    """
    program = arguments[0]
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"LC_ALL": "C"},
        )
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        reason = "it is not installed" if missing else error.strerror or "it does not start"
        raise ProgramFailed(program, reason, missing=missing) from error
    try:
        async with asyncio.timeout(limit_s):
            written, said = await process.communicate(data)
    except TimeoutError as error:
        raise ProgramFailed(program, f"no end within {limit_s:.0f} s") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        lines = said.decode("utf-8", "replace").strip().splitlines()
        raise ProgramFailed(program, lines[-1][:MESSAGE_LIMIT] if lines else "it has failed")
    return written
