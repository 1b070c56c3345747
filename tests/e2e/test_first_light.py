"""What a new user sees after `make run`."""

import os
import shutil
import time
from pathlib import Path

import pytest

from appliance.albums import queries
from tests.e2e.bus import retained
from tests.e2e.conftest import MakeBox


def test_demo_library_shows_its_people_and_home_assistant_finds_the_box(
    make_box: MakeBox, demo_folder: Path
) -> None:
    box = make_box(demo=demo_folder)
    photos = sum(file.suffix in {".jpg", ".png"} for file in demo_folder.iterdir())
    started = time.monotonic()
    box.start("--demo")
    box.ready()

    def people() -> int:
        reader = queries.open_library(box.data / "albums")
        try:
            counts = queries.counts(reader)
        finally:
            reader.close()
        return counts.people if counts.photos == photos else 0

    box.wait("people of the demo library", lambda: people() >= 5, 60 - time.monotonic() + started)
    discovery = retained(box.data, "homeassistant/device/#", count=4)
    found = {topic.split("_")[-1] for topic in discovery}
    assert found == {"albums/config", "camera/config", "voice/config", "web/config"}


def test_second_start_is_ready_within_ten_seconds_without_a_network(make_box: MakeBox) -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("taking the network away needs root and unshare")
    box = make_box()
    box.start("--no-demo")
    box.ready()
    assert box.stop() == 0
    box.start(
        "--no-demo",
        prefix=("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "run"),
    )
    box.wait("the page's address", box.url, 10)


def test_status_names_each_service_with_its_process_and_memory(make_box: MakeBox) -> None:
    box = make_box()
    box.start("--no-demo")
    box.ready()
    services = box.status()
    for name in ("albums", "camera", "voice", "web"):
        assert services[name]["state"] == "online"
        assert Path(f"/proc/{services[name]['pid']}").exists()
        assert services[name]["pss_mb"] > 1
        assert services[name]["version"]


def test_ctrl_c_leaves_no_process_behind(make_box: MakeBox) -> None:
    box = make_box()
    box.start("--no-demo")
    box.ready()
    assert box.processes()
    assert box.stop() == 0
    assert box.processes() == []
