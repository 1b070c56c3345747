"""Cuts one clip, or one still picture, and ends: what is in a recording came from a stranger.

    TARGET_FD clip FROM_MS TO_MS START_MS:PATH ...
    TARGET_FD still AT_MS X,Y,WIDTH,HEIGHT START_MS:PATH ...

Prints nothing; 0 when the clip is there, 3 when nothing was recorded, 4 when the disk is full.
"""

import errno
import os
import resource
import sys
from pathlib import Path

import av

import appliance
from appliance.camera.box import Box
from appliance.camera.footage.clips import NothingRecorded, Source, cut, still
from appliance.service import allocator
from appliance.service.child import die_with_parent
from appliance.service.confinement import keep_files

NOTHING = 3
FULL = 4
SYSTEM = ("/usr", "/lib", "/lib64", "/etc")
ADDRESS_SPACE_BYTES = 1 << 30
CPU_LIMIT_S = 60


def main(arguments: list[str]) -> int:
    die_with_parent()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S))
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    allocator.return_memory_early()
    av.logging.set_level(av.logging.PANIC)
    target, what, first, second, *names = arguments
    named = [each.split(":", 1) for each in names]
    sources = [Source(Path(path), int(start_ms)) for start_ms, path in named]
    system = [Path(each) for each in (*SYSTEM, sys.prefix, sys.base_prefix)]
    package = Path(appliance.__file__).parent
    keep_files([*system, package, *(source.path for source in sources)], [])
    try:
        with os.fdopen(int(target), "wb") as file:
            if what == "clip":
                cut(sources, int(first), int(second), file)
            else:
                file.write(still(sources, int(first), Box(*map(float, second.split(",")))))
            file.flush()
            os.fsync(file.fileno())
    except NothingRecorded:
        return NOTHING
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return FULL
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
