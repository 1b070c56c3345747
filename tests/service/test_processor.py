"""How much of the processor a process has used."""

import subprocess
import sys
from pathlib import Path

from appliance.service.processor import TICKS_A_SECOND, tree_cpu_s

WORK = """
import subprocess, sys, time
def work(seconds):
    while time.process_time() < seconds:
        pass
work(0.3)
if len(sys.argv) > 1:
    subprocess.run([sys.executable, "-c", sys.argv[1]])
print("done", flush=True)
sys.stdin.read()
"""


def used_s(*arguments: str) -> float:
    """What a process has used by the time that it is done with its work."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin
    assert process.stdout
    process.stdout.readline()
    used = tree_cpu_s(process.pid)
    process.communicate()
    assert tree_cpu_s(process.pid) == 0
    return used


def test_work_is_counted_and_so_is_that_of_children_that_have_ended() -> None:
    assert 0.2 < used_s() < 2
    child = "import time\nwhile time.process_time() < 1.0: pass"
    assert 1.1 < used_s(child) < 4


def test_a_name_with_brackets_and_spaces_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "7" / "task").mkdir(parents=True)
    fields = " ".join(["S", *["0"] * 10, "100", "50", "25", "25", *["9"] * 20])
    (tmp_path / "7" / "stat").write_text(f"7 (a) b) 1 2) {fields}\n")
    assert tree_cpu_s(7, tmp_path) == 200 / TICKS_A_SECOND
