"""A process that needs no file by name and no network any more gives both up (Linux Landlock).

Descriptors that it has, or is sent, go on working.
"""

import ctypes
import os
import struct

# <linux/landlock.h>, <linux/prctl.h>; the numbers of these calls are the same on every architecture
CREATE_RULESET = 444
RESTRICT_SELF = 446
CREATE_RULESET_VERSION = 1
PR_SET_NO_NEW_PRIVS = 38
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights over files there are from a version of the interface on."""
NETWORK_FROM_VERSION = 4
NETWORK_RIGHTS = 0b11
"""To bind and to connect TCP."""


def give_up_files_and_network() -> bool:
    """For this thread and all that it starts, for good; False where the kernel cannot do it."""
    library = ctypes.CDLL(None, use_errno=True)
    version = library.syscall(CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)
    if version < 1:
        return False
    rights = max(count for since, count in FILE_RIGHTS.items() if since <= version)
    handled = struct.pack("Q", (1 << rights) - 1)
    if version >= NETWORK_FROM_VERSION:
        handled += struct.pack("Q", NETWORK_RIGHTS)
    ruleset = library.syscall(CREATE_RULESET, handled, len(handled), 0)
    if ruleset < 0:
        return False
    try:
        if library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return False
        # No rule allows anything.
        return bool(library.syscall(RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)
