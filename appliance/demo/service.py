"""The process of the virtual home; `appliance run --demo` starts it, nothing else does."""

import asyncio
import contextlib
import functools
import logging
import os
import signal
import sys

from appliance.bus.topics import DEMO
from appliance.demo.client import HomeClient
from appliance.demo.home import Home, furnish
from appliance.service import broker, log
from appliance.service.notify import Notifier, watchdog_s
from appliance.service.paths import Paths

SPEAKER = ("-m", "appliance.demo", "speak")

logger = logging.getLogger(__name__)


def main() -> int:
    log.configure(DEMO)
    os.umask(0o027)
    return asyncio.run(_run(Paths.from_environment()))


async def _run(paths: Paths) -> int:
    stopping, notifier = asyncio.Event(), Notifier()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    home = Home(furnish())
    home.recall(paths.virtual_home)
    locate = functools.partial(broker.locate, paths, DEMO)
    client = HomeClient(home, paths.virtual_home, locate, f"virtual-{os.getpid()}")
    tasks = [
        asyncio.create_task(client.run(stopping), name="home"),
        asyncio.create_task(_tend_watchdog(notifier), name="watchdog"),
        asyncio.create_task(_speak(paths), name="speaker"),
    ]
    notifier.ready()
    logger.info("started", extra={"pid": os.getpid()})
    await asyncio.wait(tasks[:2], return_when=asyncio.FIRST_COMPLETED)
    notifier.stopping()
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
    return 0


async def _tend_watchdog(notifier: Notifier) -> None:
    """Signs of life, three a limit, while the loop turns."""
    limit_s = watchdog_s()
    while limit_s is not None:
        notifier.watchdog()
        await asyncio.sleep(limit_s / 3)
    await asyncio.Event().wait()


async def _speak(paths: Paths) -> None:
    """Lets a process of its own speak the sentences of the demo, once after `appliance run`."""
    try:
        paths.demo_unspoken.unlink()
    except FileNotFoundError:
        return
    speaking = await asyncio.create_subprocess_exec(sys.executable, *SPEAKER)
    try:
        await speaking.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            speaking.kill()
            await speaking.wait()
