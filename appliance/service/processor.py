"""What processes cost: time of the processor.

Source: /proc/<pid>/stat, fields 14 to 17 of proc(5).
"""

import os
from pathlib import Path

from appliance.service.memory import PROC, descendants

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def tree_cpu_s(pid: int, proc: Path = PROC) -> float:
    """Seconds of one core that a process, its descendants and those of its children that have ended
    have used; 0 for one that is not there."""
    return sum(_cpu_s(member, proc) for member in (pid, *descendants(pid, proc)))


def _cpu_s(pid: int, proc: Path) -> float:
    try:
        text = (proc / str(pid) / "stat").read_text("ascii", "replace")
    except OSError:
        return 0.0
    after_name = text.rpartition(")")[2].split()  # the name in brackets may hold anything
    return sum(map(int, after_name[11:15])) / TICKS_A_SECOND
