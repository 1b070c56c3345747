"""Keeping a small hot model's file in memory (mlock(2))."""

import ctypes
import mmap
import os
import resource
from pathlib import Path


class MemoryLock:
    """Pages of a file that stay resident while this is open, for all who map the file."""

    def __init__(self, path: Path) -> None:
        """A refusal of the kernel (RLIMIT_MEMLOCK) is not an error: see `refusal`."""
        self.locked_bytes = 0
        self.refusal: str | None = None
        """Why the file is not locked, and what allows it; None when it is."""
        size = path.stat().st_size
        with path.open("rb") as file:
            # A private mapping that may be written gives ctypes an address; nothing is ever
            # written.
            self._mapping = mmap.mmap(
                file.fileno(), size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE
            )
        self._address = ctypes.addressof(ctypes.c_char.from_buffer(self._mapping))
        self._libc = ctypes.CDLL(None, use_errno=True)
        if self._libc.mlock(ctypes.c_void_p(self._address), ctypes.c_size_t(size)) == 0:
            self.locked_bytes = size
            return
        limit, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
        self.refusal = (
            f"{path.name} ({size} bytes) is not locked in memory: "
            f"{os.strerror(ctypes.get_errno())}; the limit is {limit} "
            "bytes (LimitMEMLOCK= of the unit)"
        )

    def close(self) -> None:
        """Lets the pages go."""
        if self.locked_bytes:
            self._libc.munlock(ctypes.c_void_p(self._address), ctypes.c_size_t(self.locked_bytes))
            self.locked_bytes = 0
        self._mapping.close()
