"""Runs the units of a folder until SIGINT: the core of `appliance run`, for units that the tests
write."""

import asyncio
import signal
import sys
from pathlib import Path

from appliance.service.paths import Paths
from appliance.service.supervisor import Supervisor
from appliance.service.unit import read_units


async def main(folder: Path) -> None:
    def on_line(unit: str, line: str) -> None:
        print(f"{unit}: {line}", flush=True)  # noqa: T201

    supervisor = Supervisor(read_units(folder), Paths.from_environment(), on_line)
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, supervisor.stop)
    await supervisor.run()


asyncio.run(main(Path(sys.argv[1])))
