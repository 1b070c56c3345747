"""What was freed goes back to the system, which the C library alone does not see to."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
from appliance.service.allocator import return_memory_early, trim

def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

if sys.argv[1] == "early":
    assert return_memory_early()
before = resident_bytes()
first = b"x" * 30_000_000
del first  # from now on the library takes smaller blocks from its heap and keeps that
blocks = [b"y" * 10_000_000 for _ in range(2)]
blocks.clear()
if sys.argv[1] == "trimmed":
    trim()
print(resident_bytes() - before)
"""


def kept_bytes(how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.parametrize("how", ["early", "trimmed"])
def test_freed_memory_goes_back(how: str) -> None:
    assert kept_bytes(how) < 2_000_000


def test_without_being_told_the_library_keeps_it() -> None:
    """What the module is for; should this fail one day, it can go."""
    assert kept_bytes("untold") > 10_000_000
