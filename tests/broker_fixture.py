"""A real Mosquitto for the tests of every room, prepared as on the box.

It has one more account, which may do everything: the other side of a test.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path

import aiomqtt
import msgspec
import pytest

from appliance.bus import passwords
from appliance.bus.client import Account, Address, Bus
from appliance.bus.names import root
from appliance.service import broker as preparation
from appliance.service.durable import make_folder
from appliance.service.paths import Paths

START_LIMIT_S = 60.0
TESTER = "tester"
TESTER_PASSWORD = "the tester may do everything"


class Broker:
    """Our broker of one box."""

    def __init__(self, paths: Paths, *, demo: bool = False) -> None:
        self.paths = paths
        self.demo = demo
        make_folder(paths.runtime / "broker")
        # A port of our own: `prepare` keeps the last one while it is free.
        (paths.runtime / "broker" / "address.json").write_bytes(
            msgspec.json.encode({"host": "127.0.0.1", "port": free_port()})
        )
        self.box = preparation.box_id(paths, machine_id=Path("/nonexistent"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        return self.locate("observer")[0].port

    @property
    def root(self) -> str:
        return root(self.box)

    def start(self) -> None:
        """Prepares and starts Mosquitto; returns when it says that it is ready."""
        configuration = preparation.prepare(self.paths, demo=self.demo)
        folder = configuration.parent
        with (folder / "passwd").open("a") as file:
            file.write(passwords.password_line(TESTER, TESTER_PASSWORD) + "\n")
        with (folder / "acl").open("a") as file:
            file.write(f"user {TESTER}\ntopic readwrite #\n")
        self._process = start_mosquitto(configuration)

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None:
            stop(self._process)

    def suspend(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def locate(self, service: str) -> tuple[Address, Account]:
        return preparation.locate(self.paths, service)

    def bus(self, service: str, **options: object) -> Bus:
        """A client that is not running yet."""
        return Bus(partial(self.locate, service), service, self.box, **options)  # type: ignore[arg-type]

    def client(
        self, account: str | None = TESTER, password: str = TESTER_PASSWORD
    ) -> aiomqtt.Client:
        """A bare MQTT client, not connected yet: the other side, or an intruder."""
        return aiomqtt.Client(
            "127.0.0.1",
            self.port,
            username=account,
            password=password if account else None,
            protocol=aiomqtt.ProtocolVersion.V5,
        )

    def client_of(self, service: str) -> aiomqtt.Client:
        """A bare client with a service's own account."""
        return self.client(service, self.locate(service)[1].password)


@contextlib.asynccontextmanager
async def running(*buses: Bus) -> AsyncIterator[None]:
    """Runs clients until the block ends; it begins when all are connected."""
    tasks = [asyncio.create_task(bus.run()) for bus in buses]
    try:
        for bus in buses:
            await asyncio.wait_for(bus.connected.wait(), START_LIMIT_S)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_mosquitto(configuration: Path) -> subprocess.Popen[bytes]:
    """Starts it and waits until it tells (sd_notify) that it listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind("")  # Linux chooses a name in the abstract namespace (unix(7), autobind)
        name = notify.getsockname().decode().replace("\0", "@")
        notify.settimeout(START_LIMIT_S)
        process = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", str(configuration)],
            env=os.environ | {"NOTIFY_SOCKET": name},
            stderr=subprocess.DEVNULL,
        )
        try:
            while b"READY=1" not in notify.recv(4096):
                pass
        except TimeoutError:
            stop(process)
            raise
    return process


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGCONT)
    process.terminate()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture
def make_broker(tmp_path: Path) -> Iterator[Callable[..., Broker]]:
    """Makes started brokers of boxes with that name; they are stopped when the test ends."""
    brokers: list[Broker] = []

    def make(name: str, *, demo: bool = False) -> Broker:
        paths = Paths(tmp_path / name / "data", tmp_path / name / "run")
        brokers.append(Broker(paths, demo=demo))
        brokers[-1].start()
        return brokers[-1]

    yield make
    for each in brokers:
        each.stop()


@pytest.fixture
def broker(make_broker: Callable[..., Broker]) -> Broker:
    """Our broker, running."""
    return make_broker("box")
