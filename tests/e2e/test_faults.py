"""Processes die, hang and come back while the household uses the box."""

import os
import signal
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.conftest import MakeBox


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as response:
        return str(response.read().decode())


@pytest.mark.parametrize("service", ["albums", "camera", "voice", "web"])
def test_killed_service_is_back_within_five_seconds(make_box: MakeBox, service: str) -> None:
    box = make_box()
    box.start("--no-demo")
    box.ready()
    before = box.status()[service]["pid"]
    os.kill(before, signal.SIGKILL)
    box.wait(
        f"{service} in a new process",
        lambda: (
            (now := box.status().get(service, {})).get("state") == "online" and now["pid"] != before
        ),
        5,
    )


def test_killed_broker_comes_back_and_every_service_with_it(make_box: MakeBox) -> None:
    box = make_box()
    box.start("--no-demo")
    box.ready()
    before = box.pids("mosquitto")
    os.kill(before[0], signal.SIGKILL)
    box.wait("a new broker", lambda: set(box.pids("mosquitto")) - set(before), 10)
    box.wait("every service online", box.online, 15)


def test_page_answers_while_albums_is_stopped(make_box: MakeBox, demo_folder: Path) -> None:
    box = make_box()
    photo = next(demo_folder.rglob("*.jpg"))
    box.start("--no-demo")
    url = box.ready()
    (box.data / "inbox" / "one.jpg").write_bytes(photo.read_bytes())
    box.wait("the photo on the page", lambda: "/photos/1" in fetch(f"{url}photos"), 30)
    os.kill(box.status()["albums"]["pid"], signal.SIGSTOP)
    assert "/photos/1" in fetch(f"{url}photos")


def test_hung_service_is_ended_by_its_watchdog(make_box: MakeBox) -> None:
    box = make_box()
    box.start("--no-demo")
    box.ready()
    before = box.status()["albums"]["pid"]
    os.kill(before, signal.SIGSTOP)
    box.wait("the hung process gone", lambda: not Path(f"/proc/{before}").exists(), 60)
    box.wait("albums online again", box.online, 15)
