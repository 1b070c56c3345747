"""What a camera costs: of the children that record and watch it, and of the plain way to do it."""

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from appliance.camera import protocol
from appliance.camera.errors import SourceFailed
from appliance.camera.source_child import SourceChild
from appliance.camera.spawner import Spawner
from appliance.models import selection
from appliance.models.store import Store
from appliance.service.memory import pss_bytes

WARM_UP_S = 8.0
"""Starting, and the first looks around."""
HOUR_S = 3600.0


@dataclass(frozen=True)
class Cost:
    """Of a camera."""

    cores: float
    """Of the processor, while it runs at the camera's pace."""
    pss_bytes: int

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.cores + other.cores, self.pss_bytes + other.pss_bytes)

    @property
    def cpu_s_per_hour(self) -> float:
        return self.cores * HOUR_S


async def measure(starts: list[protocol.Start], models: Path, duration_s: float) -> Cost:
    """What the children of one camera cost together, for so long after they have warmed up, with
    the process that they are forked from.

    Raises SourceFailed when one of them ends meanwhile.
    """
    spawner = Spawner(models)
    children = [SourceChild(start, spawner.spawn) for start in starts]
    running = [asyncio.create_task(child.run(lambda _: None)) for child in children]
    try:
        await _pass(running, WARM_UP_S)
        began = [_cpu_s(_pid(child)) for child in children]
        begin_s = time.monotonic()
        await _pass(running, duration_s)
        elapsed_s = time.monotonic() - begin_s
        total = Cost(0.0, 0 if spawner.pid is None else pss_bytes(spawner.pid))
        for child, before_s in zip(children, began, strict=True):
            pid = _pid(child)
            total += Cost((_cpu_s(pid) - before_s) / elapsed_s, pss_bytes(pid))
        return total
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.to_thread(spawner.close)


async def _pass(running: list[asyncio.Task[None]], duration_s: float) -> None:
    done, _ = await asyncio.wait(running, timeout=duration_s, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


def _pid(child: SourceChild) -> int:
    pid = child.pid
    if pid is None:
        raise SourceFailed("", "its process ended")
    return pid


def _cpu_s(pid: int) -> float:
    """User and system time of all threads: fields 14 and 15 of proc_pid_stat(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_plain_loop(clip: Path, models: Path) -> Cost:
    """`cv2.VideoCapture` and the detector on each frame, as fast as it goes, in this process.

    Raises SourceFailed and what the models' store raises.
    """
    detector = selection.object_detector(Store(models))
    capture = cv2.VideoCapture(str(clip))
    rate_hz, frames = capture.get(cv2.CAP_PROP_FPS), 0
    began_s = time.process_time()
    while True:
        there, frame = capture.read()
        if not there:
            break
        detector.find(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8))
        frames += 1
    if not frames:
        raise SourceFailed(clip.name, "OpenCV cannot read it")
    spent_s = time.process_time() - began_s
    return Cost(spent_s * rate_hz / frames, pss_bytes(os.getpid()))
