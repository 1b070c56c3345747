"""A process that parses what strangers send gives up the files and the network that it does not
need (Linux Landlock). Descriptors that it has, or is sent, go on working.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Sequence
from pathlib import Path

# <linux/landlock.h>, <linux/prctl.h>; the numbers of these calls are the same on every architecture
CREATE_RULESET = 444
ADD_RULE = 445
RESTRICT_SELF = 446
CREATE_RULESET_VERSION = 1
RULE_PATH_BENEATH = 1
PR_SET_NO_NEW_PRIVS = 38
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights over files there are from a version of the interface on."""
NETWORK_FROM_VERSION = 4
NETWORK_RIGHTS = 0b11
"""To bind and to connect TCP."""
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = (1 << number for number in range(4))
MAKE_DIR, MAKE_REG = 1 << 7, 1 << 8
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
READING = EXECUTE | READ_FILE | READ_DIR
WRITING = READING | WRITE_FILE | MAKE_DIR | MAKE_REG | TRUNCATE
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
"""Rights that a rule for something that is no folder may give."""


def give_up_files_and_network() -> bool:
    """For this thread and all that it starts, for good; False where the kernel cannot do it."""
    return _restrict((), (), network=False)


def keep_files(readable: Sequence[Path], writable: Sequence[Path]) -> bool:
    """Gives up all files but what is named or below it, and keeps the network: for this thread and
    all that it starts, for good; False where the kernel cannot do it.

    Paths that are not there are passed over. `writable` are folders in which files are made, or
    devices; nothing can be removed.
    """
    return _restrict(readable, writable, network=True)


def _restrict(readable: Sequence[Path], writable: Sequence[Path], *, network: bool) -> bool:
    library = ctypes.CDLL(None, use_errno=True)
    version = library.syscall(CREATE_RULESET, None, 0, CREATE_RULESET_VERSION)
    if version < 1:
        return False
    known = (1 << max(count for since, count in FILE_RIGHTS.items() if since <= version)) - 1
    handled = struct.pack("Q", known)
    if version >= NETWORK_FROM_VERSION and not network:
        handled += struct.pack("Q", NETWORK_RIGHTS)
    ruleset = library.syscall(CREATE_RULESET, handled, len(handled), 0)
    if ruleset < 0:
        return False
    try:
        for paths, rights in ((readable, READING), (writable, WRITING | IOCTL_DEV)):
            for path in paths:
                if not _allow(library, ruleset, path, rights & known):
                    return False
        if library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            return False
        return bool(library.syscall(RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(library: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> bool:
    """Whether the rule was added, or there is nothing of that name."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= OF_FILES
        rule = struct.pack("=Qi", rights, descriptor)  # packed: struct landlock_path_beneath_attr
        return bool(library.syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, rule, 0) == 0)
    finally:
        os.close(descriptor)
