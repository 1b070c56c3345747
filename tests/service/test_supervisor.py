"""Supervision on a PC, with real processes."""

import os
import re
import signal
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.service.supervised import Supervised, wait_for


def test_a_unit_runs_once_it_has_said_so(supervised: Supervised) -> None:
    supervised.write_unit("one")
    supervised.start()
    supervised.running("one")
    assert supervised.state("one").status == "eats 0 bytes"


def test_a_killed_service_is_back(supervised: Supervised) -> None:
    supervised.write_unit("one")
    supervised.start()
    pid = supervised.running("one")
    begun_s = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    supervised.running("one", other_than=pid)
    assert time.monotonic() - begun_s < 5
    state = supervised.state("one")
    assert (state.restarts, state.result) == (1, "signal SIGKILL")


def test_a_service_that_always_fails_is_started_again_and_again(supervised: Supervised) -> None:
    supervised.write_unit("one", "--exit", "3")
    supervised.start()
    wait_for("three starts", lambda: supervised.state("one").restarts >= 3)
    assert supervised.state("one").result == "exit-code 3"


@pytest.mark.parametrize("way", ["stopped", "silent"])
def test_a_hung_service_is_ended_by_its_watchdog(supervised: Supervised, way: str) -> None:
    arguments = () if way == "stopped" else ("--never-stop",)
    supervised.write_unit("one", *arguments, service="WatchdogSec=1")
    supervised.start()
    pid = supervised.running("one")
    os.kill(pid, signal.SIGSTOP)
    supervised.running("one", other_than=pid)
    assert supervised.state("one").result == "watchdog"


def test_a_service_that_gives_signs_of_life_is_let_live(supervised: Supervised) -> None:
    supervised.write_unit("one", service="WatchdogSec=400ms")
    supervised.write_unit("two", unit="After=appliance-one.service")
    supervised.start()
    pid = supervised.running("one")
    started_s = time.monotonic()
    wait_for("three watchdog times over", lambda: time.monotonic() - started_s > 1.2)
    assert supervised.running("one") == pid


def test_a_start_that_never_ends_is_tried_anew(supervised: Supervised) -> None:
    supervised.write_unit("one", "--never-ready", service="TimeoutStartSec=500ms")
    supervised.start()
    wait_for("a new try", lambda: supervised.state("one").restarts >= 1)
    assert supervised.state("one").result == "timeout"


def test_a_service_that_will_not_stop_is_killed_in_time(supervised: Supervised) -> None:
    supervised.write_unit("one", "--never-stop", service="TimeoutStopSec=500ms")
    supervised.start()
    supervised.running("one")
    assert supervised.stop() == 0
    assert supervised.notes() == ["one started", "one asked"]
    assert supervised.processes() == []


def test_units_start_in_order_and_stop_in_reverse(supervised: Supervised) -> None:
    supervised.write_unit("b", unit="After=appliance-a.service")
    supervised.write_unit("a", unit="After=network.target")
    supervised.write_unit("c", unit="After=appliance-b.service")
    supervised.start()
    supervised.running("c")
    assert supervised.notes() == ["a started", "b started", "c started"]
    assert supervised.stop() == 0
    stops = [note for note in supervised.notes() if note.endswith("stopped")]
    assert stops == ["c stopped", "b stopped", "a stopped"]


def test_a_unit_that_fails_does_not_hold_up_those_after_it(supervised: Supervised) -> None:
    supervised.write_unit("a", "--exit", "1")
    supervised.write_unit("b", unit="After=appliance-a.service")
    supervised.start()
    supervised.running("b")


def test_no_process_is_left_after_a_service_was_killed(supervised: Supervised) -> None:
    supervised.write_unit("one", "--with-orphans", service="RestartSec=60")
    supervised.start()
    pid = supervised.running("one")
    assert len(supervised.processes()) == 4  # with the supervisor
    os.kill(pid, signal.SIGKILL)
    supervisor = supervised.process
    assert supervisor is not None
    wait_for("all gone", lambda: supervised.processes() == [supervisor.pid])


def test_no_process_is_left_after_a_stop(supervised: Supervised) -> None:
    supervised.write_unit("one", "--with-orphans")
    supervised.start()
    supervised.running("one")
    assert supervised.stop() == 0
    assert supervised.processes() == []
    assert not (supervised.paths.runtime / "supervisor.json").exists()


def test_services_end_with_a_supervisor_that_is_killed(supervised: Supervised) -> None:
    supervised.write_unit("one")
    supervised.write_unit("two")
    supervised.start()
    supervised.running("one")
    supervised.running("two")
    assert supervised.process is not None
    supervised.process.kill()
    supervised.process.wait()
    wait_for("all gone", lambda: not supervised.processes())
    assert supervised.state("one").phase == "waiting"  # nobody holds the lock: not running


def test_a_killed_supervisor_can_be_followed_by_another(supervised: Supervised) -> None:
    supervised.write_unit("one")
    supervised.start()
    pid = supervised.running("one")
    assert supervised.process is not None
    supervised.process.kill()
    supervised.process.wait()
    supervised.start()
    supervised.running("one", other_than=pid)


def test_two_supervisors_do_not_share_a_folder(supervised: Supervised) -> None:
    supervised.write_unit("one")
    supervised.start()
    pid = supervised.running("one")
    first = supervised.process
    supervised.start()
    second = supervised.process
    supervised.process = first
    assert second is not None
    assert second.wait(30) == 1
    assert "AlreadyRunning" in supervised.text()
    assert supervised.running("one") == pid


def test_another_runtime_folder_does_not_let_a_second_one_in(supervised: Supervised) -> None:
    supervised.write_unit("one")
    supervised.start()
    pid = supervised.running("one")
    first, own = supervised.process, supervised.paths
    supervised.paths = replace(own, runtime=own.runtime.with_name("other"))
    supervised.start()
    second = supervised.process
    supervised.process, supervised.paths = first, own
    assert second is not None
    try:
        assert second.wait(30) == 1
    finally:
        second.kill()
    assert supervised.running("one") == pid


def test_memory_beyond_its_limit_is_a_fuse(supervised: Supervised) -> None:
    supervised.write_unit("one", "--eat-mb", "80", service="MemoryMax=60M")
    supervised.start()
    wait_for("the fuse", lambda: supervised.state("one").result == "memory")


def test_commands_around_the_service_run_in_its_environment(supervised: Supervised) -> None:
    stop = '/bin/sh -c "echo after ${SERVICE_RESULT} ${WHO} >>${MARK}"'
    supervised.write_unit(
        "one",
        service=(
            'Environment=WHO=me "OTHER=a b"\n'
            'ExecStartPre=/bin/sh -c "echo before ${WHO} >>${MARK}"\n'
            "ExecStartPre=-/bin/false\n"
            f"ExecStopPost={stop}"
        ),
    )
    supervised.start()
    supervised.running("one")
    supervised.stop()
    assert supervised.notes() == [
        "before me",
        "one started",
        "one asked",
        "one stopped",
        "after stopped me",
    ]


def test_a_failed_command_before_keeps_the_service_from_starting(supervised: Supervised) -> None:
    supervised.write_unit("one", service="ExecStartPre=/bin/false")
    supervised.start()
    wait_for("a new try", lambda: supervised.state("one").restarts >= 1)
    assert supervised.state("one").result == "start-pre exit-code 1"
    assert supervised.notes() == []


def test_a_missing_program_is_a_state_not_an_end(supervised: Supervised) -> None:
    supervised.write_unit("one", start="/nonexistent/program")
    supervised.write_unit("two")
    supervised.start()
    wait_for("a new try", lambda: supervised.state("one").restarts >= 1)
    assert supervised.state("one").result == "resources No such file or directory"
    supervised.running("two")


def test_a_message_from_another_process_keeps_nothing_alive(supervised: Supervised) -> None:
    supervised.write_unit("one", "--never-ready", service="TimeoutStartSec=2")
    supervised.start()
    pid = wait_for("its process", lambda: supervised.state("one").pid)
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    found = re.search(rb"NOTIFY_SOCKET=@([^\0]+)", environment)
    assert found is not None
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as forger:
        forger.connect(b"\0" + found[1])
        forger.send(b"READY=1\nSTATUS=forged\nMAINPID=1")
    wait_for("a new try", lambda: supervised.state("one").result == "timeout")
    assert supervised.state("one").status != "forged"


def test_weight_becomes_niceness(supervised: Supervised) -> None:
    supervised.write_unit("one", service="CPUWeight=50")
    supervised.start()
    supervised.running("one")
    wait_for("its line", lambda: "one: niceness 3" in supervised.text())
