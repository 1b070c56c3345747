"""Both sides of sd_notify(3)."""

import asyncio
import os
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.service.notify import Notifier, watchdog_s
from appliance.service.notify_socket import NotifySocket, parse


def test_without_a_supervisor_nothing_is_sent() -> None:
    notifier = Notifier({})
    notifier.ready()
    notifier.watchdog()
    assert not notifier.supervised


def test_a_message_arrives_with_its_senders_process_id(monkeypatch: pytest.MonkeyPatch) -> None:
    async def exchange() -> tuple[int, Mapping[str, str]]:
        heard: asyncio.Queue[tuple[int, Mapping[str, str]]] = asyncio.Queue()
        socket_ = NotifySocket(lambda pid, message: heard.put_nowait((pid, message)))
        monkeypatch.setenv("NOTIFY_SOCKET", socket_.address)
        notifier = Notifier()
        notifier.status("two\nlines")
        notifier.close()
        try:
            async with asyncio.timeout(5):
                return await heard.get()
        finally:
            socket_.close()

    assert asyncio.run(exchange()) == (os.getpid(), {"STATUS": "two lines"})


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_descriptors_that_come_along_are_not_kept() -> None:
    async def exchange() -> None:
        heard = asyncio.Event()
        listening = NotifySocket(lambda *_: heard.set())
        before = open_descriptors()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect("\0" + listening.address[1:])
            socket.send_fds(sender, [b"FDSTORE=1"], [0, 1, 2])
        async with asyncio.timeout(5):
            await heard.wait()
        assert open_descriptors() == before
        listening.close()

    asyncio.run(exchange())


def test_the_watchdogs_time_is_for_the_process_it_names() -> None:
    assert watchdog_s({}) is None
    assert watchdog_s({"WATCHDOG_USEC": "3000000"}) == 3
    assert watchdog_s({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "12"}, pid=12) == 3
    assert watchdog_s({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "13"}, pid=12) is None


@pytest.mark.parametrize("text", ["", "0", "soon", "-5", "1.5"])
def test_a_senseless_watchdog_time_is_none(text: str) -> None:
    assert watchdog_s({"WATCHDOG_USEC": text}) is None


@given(data=st.binary(max_size=300))
def test_any_bytes_are_a_message(data: bytes) -> None:
    assert all("\n" not in name + value for name, value in parse(data).items())
