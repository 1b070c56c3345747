"""The virtual home of `make run`: typed and spoken to, and processes that die meanwhile."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.box import Box
from tests.e2e.bus import retained
from tests.e2e.conftest import MakeBox

ROOMS = {"Kitchen", "Living room", "Bedroom", "Hall"}
LAMP = "virtual/hall_light/state"
DEVICES = 11


@pytest.fixture
def home(make_box: MakeBox, models_folder: Path) -> Box:
    """A box with the demo that speaks when it is asked to, not by itself."""
    need_recogniser(models_folder)
    box = make_box()
    os.mkfifo(box.data.parent / "microphone")
    (box.data / "config").mkdir()
    settings = f'[voice]\nmicrophone = "{box.data.parent / "microphone"}"\n'
    (box.data / "config" / "appliance.toml").write_text(settings)
    box.start("--demo")
    box.ready()
    say_until_known(box)
    return box


def need_recogniser(models_folder: Path) -> None:
    if not (models_folder / "moonshine-tiny-en").is_dir():
        pytest.skip("the model moonshine-tiny-en is not fetched")


def say_until_known(box: Box) -> None:
    """The home has announced itself, and voice has learnt its names and listens."""
    box.wait("voice knows the lamp", lambda: say(box, "turn off the hall light") == 0, 30)
    box.wait("voice listens", lambda: '"capturing"' in listening(box), 30)
    box.wait("the lamp is off", lambda: is_lamp(box, b"OFF"), 10)


def say(box: Box, *arguments: str) -> int:
    return box.command("say", *arguments).returncode


def listening(box: Box) -> str:
    found = retained(box.data, "appliance/+/voice/listening", count=1)
    return "".join(payload.decode() for payload in found.values())


def said(box: Box, topic: str) -> bytes:
    """What a device last said."""
    return retained(box.data, topic, count=1, reader="household").get(topic, b"")


def is_lamp(box: Box, payload: bytes) -> bool:
    return said(box, LAMP) == payload


def kill(box: Box, service: str) -> None:
    """kill -9; returns when another process has taken its place."""
    before = box.pids("mosquitto")[0] if service == "broker" else box.status()[service]["pid"]
    os.kill(before, signal.SIGKILL)
    box.wait(
        f"{service} in a new process",
        lambda: (
            (now := box.status().get(service, {})).get("state") == "online" and now["pid"] != before
        ),
        20,
    )


def test_the_demo_is_spoken_to_once_and_its_devices_obey(
    make_box: MakeBox, models_folder: Path
) -> None:
    need_recogniser(models_folder)
    box = make_box()
    box.start("--demo")
    box.ready()
    announced = retained(box.data, "homeassistant/+/virtual/+/config", count=DEVICES)
    assert len(announced) == DEVICES
    assert {room for room in ROOMS if any(room.encode() in each for each in announced.values())}
    box.wait("a lamp is on", lambda: b'"ON"' in said(box, "virtual/kitchen_lamp"), 40)
    box.wait(
        "the door that was asked about is unlocked",
        lambda: said(box, "virtual/front_door/state") == b"UNLOCKED",
        60,
    )
    box.wait(
        "the demo falls silent", lambda: "sentence=yes heard=understood" in box.log.read_text(), 20
    )
    assert not (box.data / "run" / "demo" / "unspoken").exists()


def test_a_typed_and_a_spoken_command_switch_the_lamp(home: Box) -> None:
    assert say(home, "turn on the hall light") == 0
    home.wait("the lamp is on", lambda: is_lamp(home, b"ON"), 5)
    assert say(home, "--aloud", "turn off the hall light") == 0
    home.wait("the lamp is off", lambda: is_lamp(home, b"OFF"), 5)


def test_a_question_is_answered_aloud_and_what_is_no_command_is_not_obeyed(home: Box) -> None:
    assert say(home, "--aloud", "which lights are on") == 0
    assert say(home, "--aloud", "the weather was fine and we went for a walk") == 1


@pytest.mark.parametrize("service", ["voice", "demo", "broker"])
def test_what_is_killed_comes_back_and_does_nothing_late(home: Box, service: str) -> None:
    speaking = subprocess.Popen(
        [sys.executable, "-m", "appliance.cli.main", "say", "--aloud", "turn on the hall light"],
        env=home.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    home.wait("it is being spoken", lambda: speaks(home, speaking), 20)
    kill(home, service)
    speaking.wait(40)
    home.wait("every service online", home.online, 20)
    if service == "voice":
        assert is_lamp(home, b"OFF"), "half a sentence was obeyed by the next process"
    home.wait("its names are known", lambda: say(home, "turn off the hall light") == 0, 20)
    home.wait("the lamp is off", lambda: is_lamp(home, b"OFF"), 10)
    home.wait(
        "it is spoken to again", lambda: say(home, "--aloud", "turn on the hall light") == 0, 60
    )
    home.wait("the lamp is on", lambda: is_lamp(home, b"ON"), 10)


def speaks(box: Box, process: subprocess.Popen[bytes]) -> bool:
    """Whether the process has opened the microphone's pipe, or has ended."""
    pipe = box.data.parent / "microphone"
    folder = Path(f"/proc/{process.pid}/fd")
    try:
        return any(link.resolve() == pipe for link in folder.iterdir())
    except OSError:
        return process.poll() is not None


def test_a_home_that_is_gone_is_named_not_commanded(home: Box) -> None:
    os.kill(home.status()["demo"]["pid"], signal.SIGSTOP)
    home.wait(
        "the broker misses the home",
        lambda: said(home, "virtual/availability") == b"offline",
        40,
    )
    answer = home.command("say", "turn on the hall light")
    assert answer.returncode == 1
    assert "available" in answer.stdout
    os.kill(home.status()["demo"]["pid"], signal.SIGCONT)
    home.wait("the home is back", lambda: said(home, "virtual/availability") == b"online", 20)
    assert is_lamp(home, b"OFF")


def test_without_the_demo_there_is_no_home(home: Box) -> None:
    home.stop()
    home.start("--no-demo")
    home.ready()
    assert "demo" not in home.status()
    assert retained(home.data, "homeassistant/+/virtual/+/config", count=1, limit_s=1) == {}
    assert say(home, "turn on the hall light") == 1
