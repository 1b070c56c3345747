"""`appliance status` and `appliance restart`, beside a real broker and a real supervisor."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.bus.messages.service import Availability, Health, Reason
from appliance.cli.main import main
from appliance.cli.status import EXIT_NOT_RUNNING, Heard, describe
from appliance.service.keeper import IMAGE_PYTHON, UnitState
from tests.service.supervised import PROGRAMS, Supervised, wait_for

UNITS = Path(__file__).parents[2] / "systemd"


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervised]:
    box = Supervised(tmp_path)
    monkeypatch.setenv("APPLIANCE_DATA", str(box.paths.data))
    monkeypatch.setenv("APPLIANCE_RUNTIME", str(box.paths.runtime))
    text = (UNITS / "appliance-broker.service").read_text()
    (box.units / "appliance-broker.service").write_text(text)
    box.write_unit(
        "albums",
        start=f"{IMAGE_PYTHON} {PROGRAMS / 'room.py'}",
        unit="After=appliance-broker.service",
        service=f"Environment=JOURNAL={box.journal} BEHAVIOUR=ailing\nWatchdogSec=30",
    )
    yield box
    if box.process is not None:
        box.process.kill()
        box.process.wait()


def read(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["status", "--json"]) == 0
    services = json.loads(capsys.readouterr().out)["services"]
    assert isinstance(services, dict)
    return services


def test_what_does_not_run_is_said_with_its_mend(
    box: Supervised, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status"]) == EXIT_NOT_RUNNING
    assert "make run" in capsys.readouterr().err
    assert main(["restart", "albums"]) == 1
    assert "not running" in capsys.readouterr().err


def test_the_status_has_process_memory_version_and_reasons(
    box: Supervised, capsys: pytest.CaptureFixture[str]
) -> None:
    box.start()
    pid = box.running("albums")
    wait_for("its health", lambda: read(capsys)["albums"]["version"])
    services = read(capsys)
    assert set(services) == {"broker", "albums"}
    albums = services["albums"]
    assert (albums["state"], albums["pid"], albums["restarts"]) == ("online", pid, 0)
    assert 5 < albums["pss_mb"] < 200
    assert albums["reasons"][0]["mend"] == "wipe it"
    assert services["broker"]["state"] == "online"
    assert main(["status"]) == 0
    assert "The lens is dirty." in capsys.readouterr().out


def test_the_share_of_the_processor_is_measured_when_asked_for(
    box: Supervised, capsys: pytest.CaptureFixture[str]
) -> None:
    box.start()
    box.running("albums")
    assert main(["status", "--cpu", "0.5", "--json"]) == 0
    services = json.loads(capsys.readouterr().out)["services"]
    assert 0 <= services["albums"]["cpu_percent"] < 100
    assert main(["status", "--cpu", "0.1"]) == 0
    assert "one core" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["status", "--cpu", "0"])
    assert "above 0" in capsys.readouterr().err


def test_a_broker_that_does_not_answer_is_a_reason(
    box: Supervised, capsys: pytest.CaptureFixture[str]
) -> None:
    box.start()
    box.running("albums")
    os.kill(box.running("broker"), signal.SIGSTOP)
    albums = read(capsys)["albums"]
    assert albums["state"] == "offline"
    assert albums["reasons"][0]["mend"] == "appliance restart broker"


def test_a_broker_that_cannot_start_says_which_setting_is_wrong(
    box: Supervised, capsys: pytest.CaptureFixture[str]
) -> None:
    box.paths.config.mkdir(parents=True)
    box.paths.settings_file.write_text("[bus]\nlan_port = 0\n")
    box.start()
    wait_for("its end", lambda: box.state("broker").restarts)
    services = read(capsys)
    assert services["broker"]["last_end"] == "start-pre exit-code 78"
    assert "line 2: bus.lan_port" in services["broker"]["reasons"][0]["message"]


def test_another_users_appliance_is_not_told_of(
    box: Supervised, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    box.start()
    box.running("broker")
    monkeypatch.setattr("appliance.service.broker.locate", refuse)
    assert main(["status"]) == 1
    assert "sudo" in capsys.readouterr().err


def test_a_service_is_started_anew(box: Supervised, capsys: pytest.CaptureFixture[str]) -> None:
    box.start()
    pid = box.running("albums")
    assert main(["restart", "albums"]) == 0
    assert box.running("albums") != pid
    assert "albums runs again" in capsys.readouterr().out
    assert main(["restart", "nonsense"]) == 1
    assert "there are albums, broker" in capsys.readouterr().err


def heard(health_pid: int, availability: Availability) -> Heard:
    async def fill() -> Heard:
        message = Health(
            state="degraded",
            reasons=[Reason(rule="lens", message="Dirty.", mend="wipe it")],
            pid=health_pid,
            software="9.9",
            pss_mb=12.0,
            started_at="",
        )
        heard = Heard(reached=True)
        await heard.take_health(message, "web")
        await heard.take_availability(availability, "web")
        return heard

    return asyncio.run(fill())


def test_words_of_a_process_that_is_gone_are_not_repeated() -> None:
    state = UnitState(phase="running", pid=2**22 + 1)
    old = describe("web", state, heard(2**22 + 2, Availability.ONLINE))
    assert (old["version"], old["reasons"]) == (None, [])
    new = describe("web", state, heard(2**22 + 1, Availability.ONLINE))
    assert (new["version"], new["pss_mb"]) == ("9.9", 12.0)


@pytest.mark.parametrize(
    ("phase", "availability", "state"),
    [
        ("running", Availability.ONLINE, "online"),
        ("running", Availability.OFFLINE, "offline"),
        ("restarting", Availability.ONLINE, "restarting"),
        ("stopped", Availability.OFFLINE, "stopped"),
    ],
)
def test_the_state_is_the_units_and_then_the_buss(
    phase: Any, availability: Availability, state: str
) -> None:
    assert describe("web", UnitState(phase=phase), heard(1, availability))["state"] == state
