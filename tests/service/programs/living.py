"""A service for the tests of supervision: notes its life in a journal, and misbehaves as it is
told."""

import argparse
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

from appliance.service.notify import Notifier, watchdog_s


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("journal", type=Path)
    parser.add_argument("--never-ready", action="store_true")
    parser.add_argument("--never-stop", action="store_true")
    parser.add_argument("--with-orphans", action="store_true")
    parser.add_argument("--eat-mb", type=int, default=0)
    parser.add_argument("--exit", type=int)
    options = parser.parse_args()

    def note(event: str) -> None:
        with options.journal.open("a") as journal:
            journal.write(f"{options.name} {event}\n")

    stopping = threading.Event()

    def stop(*_: int | FrameType | None) -> None:
        note("asked")
        if not options.never_stop:
            stopping.set()

    signal.signal(signal.SIGTERM, stop)
    note("started")
    sys.stderr.write(f"niceness {os.nice(0)}\n")
    if options.with_orphans:
        script = "import os,time\nif os.fork(): os._exit(0)\nos.setsid()\ntime.sleep(600)"
        subprocess.run([sys.executable, "-c", script], check=True)
        subprocess.Popen(["sleep", "600"])
    eaten = b"x" * (options.eat_mb * 1_000_000)
    if options.exit is not None:
        raise SystemExit(options.exit)
    notifier = Notifier()
    if not options.never_ready:
        notifier.status(f"eats {len(eaten)} bytes")
        notifier.ready()
    interval_s = (watchdog_s() or 60.0) / 3
    while not stopping.wait(interval_s):
        notifier.watchdog()
    note("stopped")


main()
