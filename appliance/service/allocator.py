"""Freed memory goes back to the system at once.

The GNU C library keeps what was freed for the next allocation, and raises the size from which it
asks the system for each block with every large block that is freed. With pictures and tensors of 5
to 40 MB that keeps twice of what is in use (measured: 209 MB against 142 MB, PSS, after 11 photos).
"""

import ctypes

# <malloc.h>
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8
THRESHOLD_BYTES = 128 << 10
"""glibc's own default, which setting it keeps from growing."""
ARENAS = 2


def return_memory_early() -> bool:
    """For this process, to be called once at its start; whether the C library knows how."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    options = (
        (M_MMAP_THRESHOLD, THRESHOLD_BYTES),
        (M_TRIM_THRESHOLD, THRESHOLD_BYTES),
        (M_ARENA_MAX, ARENAS),
    )
    return all(library.mallopt(*option) == 1 for option in options)


def trim() -> None:
    """Gives back what is free now."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)
