"""Films and cameras for the tests of the camera room."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.camera.children.opening import open_detector
from tests.broker_fixture import free_port
from tests.camera.films import encode, write_units
from tests.camera.room import table
from tests.camera.rtsp import SYSTEM_PYTHON, Server
from tests.camera.street import film_usual_life, learn

FRAMES = 200
USER, PASSWORD = "viewer", "s3cret-pass"


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`main.h264`, `main.h265` (640x360) and `sub.h264` (320x180), eight seconds each."""
    folder = tmp_path_factory.mktemp("films")
    for name, codec, width in (("main", "h264", 640), ("main", "h265", 640), ("sub", "h264", 320)):
        write_units(folder / f"{name}.{codec}", encode(codec, FRAMES, width, width * 9 // 16))
    return folder


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a camera has learned that has seen the street for some minutes."""
    models = os.environ.get("APPLIANCE_TEST_MODELS")
    film = film_usual_life(tmp_path_factory.mktemp("street") / "usual.mp4")
    return learn(film, open_detector(Path(models)) if models else None)


@pytest.fixture
def server(films: Path) -> Iterator[Server]:
    """A camera that wants a password: `main`, `sub`, and `hevc`."""
    if not SYSTEM_PYTHON.exists():
        pytest.skip("there is no Python of the system's for GStreamer's RTSP server")
    made = Server(
        free_port(),
        {
            "main": f"h264:{films / 'main.h264'}",
            "sub": f"h264:{films / 'sub.h264'}",
            "hevc": f"h265:{films / 'main.h265'}",
        },
        USER,
        PASSWORD,
    )
    made.start()
    yield made
    made.cut()


@pytest.fixture
def large_server(tmp_path: Path) -> Iterator[Server]:
    """A camera of 1920x1080 without a smaller stream: `main` and `hevc`."""
    if not SYSTEM_PYTHON.exists():
        pytest.skip("there is no Python of the system's for GStreamer's RTSP server")
    for codec in ("h264", "h265"):
        write_units(tmp_path / f"large.{codec}", encode(codec, 50, 640, 360, scale=3))
    made = Server(
        free_port(),
        {"main": f"h264:{tmp_path / 'large.h264'}", "hevc": f"h265:{tmp_path / 'large.h265'}"},
    )
    made.start()
    yield made
    made.cut()


@pytest.fixture
def front(server: Server) -> str:
    return table("Front door", server.address("main"), server.address("sub"))
