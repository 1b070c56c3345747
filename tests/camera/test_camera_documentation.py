"""docs/camera.md says what is."""

import re
from pathlib import Path

import msgspec
import pytest

from appliance.camera import health
from appliance.camera.announcements import camera_device
from appliance.camera.settings import Camera, Settings

DOCUMENT = (Path(__file__).parents[2] / "docs" / "camera.md").read_text("utf-8")


def table(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    section = DOCUMENT.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip(" `") for cell in row] for row in rows[2:]]


def default(field: msgspec.structs.FieldInfo) -> str:
    if field.default_factory is not msgspec.NODEFAULT:
        return msgspec.json.encode(field.default_factory()).decode()
    if field.default is msgspec.NODEFAULT:
        return ""
    return msgspec.json.encode(field.default).decode()


@pytest.mark.parametrize(
    ("heading", "kind"), [("Settings", Settings), ("Setting one up", Camera)], ids=["room", "one"]
)
def test_every_setting_is_documented_with_its_default(
    heading: str, kind: type[msgspec.Struct]
) -> None:
    documented = {row[0]: row[1] for row in table(heading)}
    assert documented == {field.name: default(field) for field in msgspec.structs.fields(kind)}


def test_every_health_rule_is_documented() -> None:
    source = Path(health.__file__).read_text("utf-8")
    actual = set(re.findall(r'Finding\(\s*"(\w+)"', source))
    assert {row[0] for row in table("Health")} == actual


def test_every_entity_of_home_assistant_is_documented() -> None:
    documented = {name.strip() for row in table("Home Assistant") for name in row[0].split(",")}
    components = camera_device("front_door", "Front door").components
    assert documented == {component.name for component in components}
