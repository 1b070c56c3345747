"""What a camera costs: of the children that record and watch it, and of the plain way to do it."""

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from appliance.camera.children import protocol
from appliance.camera.children.source_child import SourceChild
from appliance.camera.children.spawner import Spawner
from appliance.camera.errors import SourceFailed
from appliance.models import selection
from appliance.models.store import Store
from appliance.service.memory import pss_bytes

WARM_UP_S = 8.0
"""Starting, and the first looks around."""
LATE_S = 20
"""How long a machine that is too busy is waited for."""
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


@dataclass(frozen=True)
class Watched:
    """A stream of the camera, and what a child does with it."""

    start: protocol.Start
    rate_hz: float
    """Of its pictures."""


class _Meter:
    """Of one child: what it spent by the time that it had taken so many packets. A machine that is
    too busy to keep the camera's pace does not make it cheaper."""

    def __init__(self, watched: Watched, spawner: Spawner) -> None:
        self._rate_hz = watched.rate_hz
        self.child = SourceChild(watched.start, spawner.spawn)
        self._readings: list[tuple[int, float]] = []

    def hear(self, report: protocol.Report) -> None:
        if isinstance(report, protocol.Alive):
            self._readings.append((report.packets, _cpu_s(_pid(self.child))))

    def begin(self) -> None:
        """Forgets all but the last reading."""
        del self._readings[:-1]

    @property
    def ready(self) -> bool:
        return len(self._readings) >= 2

    def read(self) -> Cost:
        """Since `begin`. Raises SourceFailed when there was nothing to read."""
        if not self.ready:
            raise SourceFailed("", "its process was too slow to be measured")
        (first, began_s), (last, ended_s) = self._readings[0], self._readings[-1]
        cores = (ended_s - began_s) / ((last - first) / self._rate_hz)
        return Cost(cores, pss_bytes(_pid(self.child)))


async def measure(streams: list[Watched], models: Path, duration_s: float) -> Cost:
    """What the children of one camera cost together, for so long after they have warmed up, with
    the process that they are forked from.

    Raises SourceFailed when one of them ends meanwhile.
    """
    spawner = Spawner(models)
    meters = [_Meter(each, spawner) for each in streams]
    running = [asyncio.create_task(meter.child.run(meter.hear)) for meter in meters]
    try:
        await _pass(running, WARM_UP_S)
        for meter in meters:
            meter.begin()
        await _pass(running, duration_s)
        for _ in range(LATE_S):
            if all(meter.ready for meter in meters):
                break
            await _pass(running, 1.0)
        total = Cost(0.0, 0 if spawner.pid is None else pss_bytes(spawner.pid))
        for meter in meters:
            total += meter.read()
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
