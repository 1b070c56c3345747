"""`appliance run`: the whole appliance on this machine, until Ctrl-C."""

import argparse
import asyncio
import errno
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from appliance.bus.topics import DEMO
from appliance.cli.live_status import LiveStatus, PlainLines
from appliance.demo import library, stage
from appliance.demo.errors import ClipMissing
from appliance.service import durable
from appliance.service.errors import FolderUnusable, ProgramMissing
from appliance.service.keeper import IMAGE_PYTHON, UnitState
from appliance.service.paths import CHECKOUT, DEMO_SWITCH, Paths
from appliance.service.supervisor import Supervisor
from appliance.service.unit import Unit, read_units
from appliance.voice.microphones.cards import has_microphone
from appliance.web.address import read_address

INSTALLED_UNITS = Path("/usr/lib/systemd/system")
REFRESH_S = 0.25


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb."""
    summary = "run the whole appliance on this machine, until Ctrl-C"
    parser = subcommands.add_parser("run", help=summary, description=summary)
    parser.add_argument(
        "--demo",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="bring the fetched demo photos at the first start, a virtual home, and a camera",
    )
    parser.add_argument(
        "--clip",
        type=Path,
        metavar="FILE",
        help="what the demo's camera shows, over and over, instead of the drawn street",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 after Ctrl-C; raises ServiceError when it cannot begin."""
    paths = Paths.from_environment()
    units = read_units(unit_folder())
    if arguments.demo:
        units |= read_units(stage.UNITS)
    check_programs(units)
    if arguments.clip is not None and not arguments.clip.is_file():
        raise ClipMissing(arguments.clip)
    try:
        durable.make_folder(paths.data)
        durable.make_folder(paths.inbox)
        durable.make_folder(paths.runtime, 0o755)
        check_writable(paths)
        stage.clear(paths)
        greetings = _set_up_demo(paths, arguments.clip) if arguments.demo else ()
    except OSError as error:
        raise FolderUnusable(paths.data, error.strerror or "unknown") from error
    try:
        return asyncio.run(_run(units, paths, greetings, sys.stderr))
    finally:
        _let_go(sys.stderr)


def _set_up_demo(paths: Paths, clip: Path | None) -> tuple[str, ...]:
    """What there is to say about it. Raises OSError."""
    photos = library.lay_out(paths)
    shown = clip.resolve() if clip else paths.demo_clip if paths.demo_clip.is_file() else None
    speaks = stage.set_up(paths, microphone=has_microphone(), clip=shown)
    return (
        *((f"{photos} demo photos come in.",) if photos else ()),
        'A virtual home is here to try voice with: appliance say "turn on the kitchen lamp"',
        *((f"A camera shows {shown.name}, over and over.",) if shown else ()),
        *(("It will be spoken to once, by espeak-ng, since there is no microphone.",) * speaks),
    )


def unit_folder() -> Path:
    """The units of the checkout that this program is run from, else those that are installed."""
    return CHECKOUT / "systemd" if CHECKOUT else INSTALLED_UNITS


def check_programs(units: Mapping[str, Unit]) -> None:
    """Raises ProgramMissing for a unit whose program is not installed (ours comes with us)."""
    for unit in units.values():
        program = unit.exec_start.arguments[0]
        if program != IMAGE_PYTHON and not Path(program).exists():
            raise ProgramMissing(program, package=Path(program).name)


def check_writable(paths: Paths) -> None:
    """Raises OSError when somebody else owns the folders, or the file system is read-only."""
    for folder in (paths.data, paths.runtime):
        if not os.access(folder, os.W_OK):
            raise OSError(errno.EACCES, f"{folder} cannot be written (df -h, ls -ld)")


async def _run(
    units: Mapping[str, Unit], paths: Paths, greetings: Sequence[str], stream: TextIO
) -> int:
    show = LiveStatus(stream, paths) if stream.isatty() else PlainLines(stream)
    environment = {name: value for name, value in os.environ.items() if name != DEMO_SWITCH}
    if DEMO in units:
        environment[DEMO_SWITCH] = "1"
    supervisor = Supervisor(units, paths, show.take_line, environment)
    _listen_to_signals(supervisor)
    with show:
        for greeting in greetings:
            show.say(greeting)
        running = asyncio.create_task(supervisor.run())
        address, ready, begun_s = "", False, time.monotonic()
        while not running.done():
            states = supervisor.states
            if not address and _runs("web", states) and (address := read_address(paths)):
                show.say(f"The page: {address}")
            if not ready and supervisor.ready:
                ready = True
                show.say(f"Ready after {time.monotonic() - begun_s:.1f} s.")
            show.refresh(states, address)
            await asyncio.wait((running,), timeout=REFRESH_S)
        await running
    return 0


def _let_go(stream: TextIO) -> None:
    """What a closed terminal did not take any more must not turn a clean end into Python's exit
    status 120."""
    try:
        stream.flush()
    except OSError:
        with Path(os.devnull).open("w") as nothing:
            os.dup2(nothing.fileno(), stream.fileno())


def _runs(name: str, states: Mapping[str, UnitState]) -> bool:
    return name in states and states[name].phase == "running"


def _listen_to_signals(supervisor: Supervisor) -> None:
    """The first Ctrl-C stops everything in order, the second at once."""
    asked = False

    def stop() -> None:
        nonlocal asked
        if asked:
            supervisor.kill()
        asked = True
        supervisor.stop()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
