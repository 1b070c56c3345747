"""Memory is counted as the kernel shares it out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.service.memory import children, descendants, pss_bytes, tree_pss_bytes

ROLLUP = """\
55d0-7ffd ---p 00000000 00:00 0    [rollup]
Rss:               10000 kB
Pss:                3000 kB
Pss_Anon:           1000 kB
SwapPss:             500 kB
"""


def write_process(proc: Path, pid: int, of: int | None, rollup: str = ROLLUP) -> None:
    folder = proc / str(pid)
    (folder / "task" / str(pid)).mkdir(parents=True)
    (folder / "task" / str(pid) / "children").touch()
    (folder / "smaps_rollup").write_text(rollup)
    if of is not None:
        with (proc / str(of) / "task" / str(of) / "children").open("a") as file:
            file.write(f"{pid} ")


def test_swapped_pages_count_and_parts_do_not(tmp_path: Path) -> None:
    write_process(tmp_path, 7, None)
    assert pss_bytes(7, tmp_path) == 3500 * 1024


def test_a_process_counts_with_all_its_descendants(tmp_path: Path) -> None:
    write_process(tmp_path, 7, None)
    write_process(tmp_path, 8, of=7)
    write_process(tmp_path, 9, of=8)
    write_process(tmp_path, 10, of=7, rollup="")
    assert sorted(descendants(7, tmp_path)) == [8, 9, 10]
    assert tree_pss_bytes(7, tmp_path) == 3 * 3500 * 1024


def test_a_process_that_has_ended_counts_nothing(tmp_path: Path) -> None:
    assert tree_pss_bytes(7, tmp_path) == 0
    with pytest.raises(OSError, match="No such file"):
        pss_bytes(7, tmp_path)


def test_the_kernels_own_figures_are_read() -> None:
    program = "import sys; eaten = b'x' * 30_000_000; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert child.pid in children(os.getpid())
        assert 30_000_000 < pss_bytes(child.pid) < 60_000_000
        child.communicate(b"")
