"""What each service room brings along, so that a new one forgets nothing (docs/architecture.md)."""

import importlib
import importlib.util
from pathlib import Path

import pytest

from appliance.bus.topics import SERVICES
from appliance.service.process import Service
from appliance.service.settings import sections
from appliance.service.unit import read_units

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "systemd"
USERS = ROOT / "rootfs-overlay/usr/lib/sysusers.d/appliance.conf"
MAP = ROOT / "docs/architecture.md"

every_room = pytest.mark.parametrize("room", SERVICES)


def process_of(room: str) -> type[Service]:
    """The class of the room's process."""
    module = importlib.import_module(f"appliance.{room}.service")
    found: type[Service]
    (found,) = (kind for kind in vars(module).values() if getattr(kind, "name", None) == room)
    return found


@every_room
def test_a_room_has_the_face_of_all_rooms(room: str) -> None:
    assert importlib.util.find_spec(f"appliance.{room}.__main__")
    assert room in sections()
    assert process_of(room).budget_mb > 0


@every_room
def test_the_fuse_is_about_twice_the_budget(room: str) -> None:
    fuse_bytes = read_units(UNITS)[room].memory_max_bytes
    assert 1.8 <= fuse_bytes / (process_of(room).budget_mb * 1e6) <= 2.7


@every_room
def test_the_target_starts_it(room: str) -> None:
    assert f"appliance-{room}.service" in (UNITS / "appliance.target").read_text().split()[1:]


@every_room
def test_it_has_a_user_of_its_own(room: str) -> None:
    users = [line.split()[1] for line in USERS.read_text().splitlines() if line.startswith("u ")]
    assert f"appliance-{room}" in users
    assert f"User=appliance-{room}\n" in (UNITS / f"appliance-{room}.service").read_text()


@every_room
def test_the_map_shows_it(room: str) -> None:
    assert f"`appliance/{room}/`" in MAP.read_text()
