"""What processes cost: proportional set size, which counts a page shared by n processes as 1/n in
each.

Source: /proc/<pid>/smaps_rollup, Documentation/ABI/testing/procfs-smaps_rollup in the kernel.
"""

import re
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def pss_bytes(pid: int, proc: Path = PROC) -> int:
    """The proportional set size of one process, swapped pages included.

    Raises OSError when the process has ended or belongs to somebody else. A zombie counts 0.
    """
    text = (proc / str(pid) / "smaps_rollup").read_text("ascii")
    sizes_kib = re.findall(r"^(?:Pss|SwapPss):\s+(\d+) kB$", text, re.MULTILINE)
    return sum(map(int, sizes_kib)) * 1024


def tree_pss_bytes(pid: int, proc: Path = PROC) -> int:
    """The proportional set size of a process and all its descendants; those that end meanwhile
    count 0."""
    total = 0
    for member in (pid, *descendants(pid, proc)):
        try:
            total += pss_bytes(member, proc)
        except OSError:
            continue
    return total


def descendants(pid: int, proc: Path = PROC) -> list[int]:
    """Children, their children and so on, as they are now."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        born = children(waiting.pop(), proc)
        found += born
        waiting += born
    return found


def children(pid: int, proc: Path = PROC) -> list[int]:
    """/proc/<pid>/task/<tid>/children (proc(5)): each thread lists the children that it started."""
    found: list[int] = []
    with suppress(OSError):  # ended while being read
        for thread in (proc / str(pid) / "task").iterdir():
            found += map(int, (thread / "children").read_text("ascii").split())
    return found
