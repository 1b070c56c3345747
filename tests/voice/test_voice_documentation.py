"""docs/voice.md says what is."""

import re
from pathlib import Path

import msgspec

from appliance.voice import health
from appliance.voice.announcements import device
from appliance.voice.settings import Settings

DOCUMENT = (Path(__file__).parents[2] / "docs" / "voice.md").read_text("utf-8")


def table(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    section = DOCUMENT.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip(" `") for cell in row] for row in rows[2:]]


def json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def test_every_setting_is_documented_with_its_default() -> None:
    documented = {row[0]: row[1] for row in table("Settings")}
    actual = {
        field.name: field.default if isinstance(field.default, str) else json(field.default)
        for field in msgspec.structs.fields(Settings)
    }
    assert documented == actual


def test_every_setting_describes_itself() -> None:
    for field in msgspec.inspect.type_info(Settings).fields:  # type: ignore[attr-defined]
        assert field.type.extra_json_schema["description"].endswith("."), field.name


def test_every_health_rule_is_documented() -> None:
    source = Path(health.__file__).read_text("utf-8")
    actual = set(re.findall(r'Finding\(\s*"(\w+)"', source))
    assert {row[0] for row in table("Health")} == actual


def test_every_entity_of_home_assistant_is_documented() -> None:
    documented = {name.strip() for row in table("Home Assistant") for name in row[0].split(",")}
    assert documented == {component.name for component in device().components}
