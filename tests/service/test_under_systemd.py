"""The units under the real systemd: sandbox, users and folders let the services do their work, and
nothing hangs.

systemd boots in namespaces over an overlay of this machine's file system, which root can do on most
machines.
"""

import json
import os
import shutil
import subprocess
import sysconfig
import time
import urllib.request
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import appliance
from tests.camera.scenes import encode, paint, walker
from tests.service.supervised import PROGRAMS, wait_for

CHECKOUT = Path(appliance.__file__).parents[1]
BOOT_LIMIT_S = 30.0
CAMERA = '\n[[camera.cameras]]\nname = "Yard"\nurl = "/data/camera/film.mp4"\n'
NAMESPACES = ["--pid", "--mount", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child"]
PYTHON = "/usr/lib/appliance/venv/bin/python"


class Machine:
    """A booted systemd in its namespaces."""

    def __init__(self, work: Path) -> None:
        self.log = work / "boot.log"
        packages = sysconfig.get_paths()["purelib"]
        boot = [str(PROGRAMS / "boot-systemd"), str(work), packages, str(CHECKOUT)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["unshare", *NAMESPACES, "--propagation", "private", *boot],
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    @property
    def environment(self) -> dict[str, str]:
        """Ours, without what points at the data of the checkout: systemd hands it on."""
        return {key: value for key, value in os.environ.items() if "APPLIANCE" not in key}

    def first_process(self) -> int | None:
        """systemd's process id as this machine counts."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0]) if children else None

    def call(self, *command: str, data: bytes = b"", limit_s: float = 20) -> str:
        """Runs a command inside; what it prints."""
        pid = self.first_process()
        assert pid is not None
        done = subprocess.run(
            ["nsenter", "-t", str(pid), "-m", "-p", "-u", "-i", "-r", "-w", *command],
            input=data,
            env=self.environment,
            capture_output=True,
            check=False,
            timeout=limit_s,
        )
        return done.stdout.decode(errors="replace")

    def show(self, unit: str, name: str) -> str:
        return self.call("systemctl", "show", "--value", "-p", name, f"appliance-{unit}").strip()

    def started_anew(self, unit: str, before: str) -> bool:
        """It runs, in another process than `before`."""
        return self.active(unit) and self.show(unit, "MainPID") not in ("0", before)

    def active(self, *units: str) -> bool:
        return all(self.show(unit, "ActiveState") == "active" for unit in units)

    def status(self) -> dict[str, Any]:
        text = self.call(PYTHON, "-m", "appliance.cli.main", "status", "--json")
        services = json.loads(text)["services"] if text else {}
        assert isinstance(services, dict)
        return services

    def journal(self) -> str:
        return self.call("journalctl", "--no-pager", "-o", "cat", "-n", "60")

    def boot(self) -> str | None:
        """Waits until systemd answers; why it never will."""
        deadline_s = time.monotonic() + BOOT_LIMIT_S
        while time.monotonic() < deadline_s:
            if self.process.poll() is not None:
                return f"status {self.process.returncode}: {self.log.read_text().strip()}"
            try:
                if self.first_process() and "appliance" in self.call(
                    "systemctl", "list-units", "appliance*", limit_s=5
                ):
                    return None
            except subprocess.TimeoutExpired:
                pass
            time.sleep(0.2)  # polling with a deadline: the other side is another process
        return "systemd does not answer"

    def stop(self) -> None:
        self.process.kill()  # and with it, by --kill-child, all that runs inside
        self.process.wait()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    if os.geteuid() != 0:
        pytest.skip("booting systemd needs root")
    for program in ("/lib/systemd/systemd", "/usr/sbin/mosquitto", "unshare", "nsenter"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    version = subprocess.run(
        ["/usr/bin/python3", "--version"], capture_output=True, text=True, check=False
    )
    if not version.stdout.startswith("Python 3.11."):
        pytest.skip("the system's Python is not 3.11")
    machine = Machine(tmp_path_factory.mktemp("systemd"))
    try:
        reason = machine.boot()
        if reason is not None:
            pytest.skip(f"systemd does not boot in namespaces here: {reason}")
        wait_for(
            "every service active",
            lambda: machine.active("broker", "albums", "camera", "voice", "web"),
            60,
        )
        yield machine
    finally:
        machine.stop()


def test_every_service_is_online(machine: Machine) -> None:
    def online() -> bool:
        services = machine.status()
        return {name: service["state"] for name, service in services.items()} == {
            "broker": "online",
            "albums": "online",
            "camera": "online",
            "voice": "online",
            "web": "online",
        }

    try:
        wait_for("every service online", online, 60)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{machine.status()}\n{machine.journal()}") from error


def test_each_service_runs_as_its_own_user(machine: Machine) -> None:
    for unit in ("broker", "albums", "camera", "voice", "web"):
        pid = machine.show(unit, "MainPID")
        assert machine.call("stat", "-c", "%U", f"/proc/{pid}").strip() == f"appliance-{unit}"


def test_a_photo_in_the_inbox_reaches_the_page(machine: Machine) -> None:
    """Albums decodes another user's file in its sandbox; web reads what albums has written."""
    picture = BytesIO()
    Image.linear_gradient("L").resize((640, 480)).convert("RGB").save(picture, "JPEG")
    machine.call("tee", "/data/inbox/sea.jpg", data=picture.getvalue())
    address = json.loads(machine.call("cat", "/run/appliance/web/address.json"))["url"]

    def page() -> bool:
        with urllib.request.urlopen(f"{address}photos", timeout=5) as response:
            return "/photos/1" in response.read().decode()

    wait_for(f"the photo on the page; {machine.journal()}", page, 20)
    owner = machine.call("find", "/data/library", "-name", "sea.jpg", "-printf", "%g")
    assert owner == "appliance"


def test_a_killed_service_is_back_within_five_seconds(machine: Machine) -> None:
    pid = machine.show("albums", "MainPID")
    machine.call("kill", "-9", pid)
    wait_for("a new process", lambda: machine.started_anew("albums", pid), 5)


def test_a_hung_service_is_ended_by_its_watchdog(machine: Machine) -> None:
    pid = machine.show("web", "MainPID")
    machine.call("kill", "-STOP", pid)
    wait_for("a new process", lambda: machine.started_anew("web", pid), 20)


def test_the_box_speaks_within_its_sandbox(machine: Machine) -> None:
    """espeak-ng and aplay run as the service's user; ALSA's file device takes what they say."""
    for program in ("espeak-ng", "aplay"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    spoken = "/data/voice/spoken.raw"
    settings = f'[voice]\nmicrophone = ""\nspeaker = "file:FILE={spoken},FORMAT=raw"\n'
    pid = machine.show("voice", "MainPID")
    machine.call("tee", "/data/config/appliance.toml", data=settings.encode())
    machine.call("systemctl", "restart", "appliance-voice", limit_s=40)
    wait_for("voice with its new settings", lambda: machine.started_anew("voice", pid), 20)

    def says() -> bool:
        said = machine.call(PYTHON, "-m", "appliance.cli.main", "say", "timer for one second")
        return said.strip() == "Timer for 1 second."

    wait_for("a timer", says, 20)
    wait_for(
        f"the end of the timer, said aloud; {machine.journal()}",
        lambda: int(machine.call("stat", "-c", "%s", spoken).strip() or 0) > 16_000,
        20,
    )
    owner = machine.call("stat", "-c", "%U", "/data/voice/timers.json").strip()
    assert owner == "appliance-voice"


def test_the_page_shows_what_a_camera_sees_within_both_sandboxes(
    machine: Machine, tmp_path: Path
) -> None:
    """The camera's process plays a film; its live picture passes through the runtime folder."""
    film = encode(tmp_path / "film.mp4", paint(5, [walker(0, 120)]))
    machine.call("tee", "/data/camera/film.mp4", data=film.read_bytes())
    machine.call("tee", "-a", "/data/config/appliance.toml", data=CAMERA.encode())
    pid = machine.show("camera", "MainPID")
    machine.call("systemctl", "restart", "appliance-camera", limit_s=40)
    wait_for("the camera", lambda: machine.started_anew("camera", pid), 20)
    address = json.loads(machine.call("cat", "/run/appliance/web/address.json"))["url"]

    def picture() -> bool:
        try:
            with urllib.request.urlopen(f"{address}cameras/yard/picture", timeout=5) as response:
                return bool(response.read().startswith(b"\xff\xd8\xff"))
        except OSError:  # not yet
            return False

    wait_for(f"the camera's picture on the page; {machine.journal()}", picture, 30)
    owner = machine.call("stat", "-c", "%U %G %a", "/run/appliance/camera/yard.jpg")
    assert owner.split() == ["appliance-camera", "appliance", "640"]
    assert "live" not in machine.call("ls", "/data/camera").split()


def test_nothing_is_denied_to_a_service(machine: Machine) -> None:
    """A system call or a path that the sandbox forbids would show up as an error of the service."""
    lines = machine.call("journalctl", "-o", "cat", "-u", "appliance-*").splitlines()
    denied = ("PermissionError", "Operation not permitted", "Read-only file system", "SIGSYS")
    assert not [line for line in lines if any(word in line for word in denied)]


def test_the_target_stops_all_of_them(machine: Machine) -> None:
    machine.call("systemctl", "stop", "appliance.target", limit_s=30)
    wait_for(
        "all inactive",
        lambda: (
            {machine.show(u, "ActiveState") for u in ("broker", "albums", "web")} == {"inactive"}
        ),
        20,
    )
    assert "albums.sqlite-wal" not in machine.call("ls", "/data/albums")
