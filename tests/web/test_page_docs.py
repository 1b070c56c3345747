"""docs/page.md is about the page as it is."""

import re
from pathlib import Path

import msgspec
import pytest

from appliance.web.application import ROUTES
from appliance.web.settings import Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "page.md"
PARTS = re.compile(
    r"/(notice|photos/blocks)$|/(thumbnail|preview|original|crop|cover|sound|picture|snapshot|clip)$"
    r"|/recordings/(pieces|\{start\}\.mp4)$"
)
"""Addresses of pictures, of sounds, of films and of parts of views."""


def table(heading: str) -> dict[str, str]:
    """The first column of a section's table, and the rest of each row."""
    section = DOCUMENT.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (.*)$", section, re.MULTILINE)
    return dict(rows)


def test_every_view_is_documented() -> None:
    views = {
        re.sub(r":int", "", route.path)
        for route in ROUTES
        if "GET" in (route.methods or ()) and not PARTS.search(route.path)
    }
    assert set(table("Views")) == views


def test_every_setting_is_documented_with_its_default() -> None:
    documented = table("Settings")
    fields = msgspec.structs.fields(Settings)
    assert list(documented) == [field.name for field in fields]
    for field in fields:
        default = msgspec.json.encode(getattr(Settings(), field.name)).decode()
        assert documented[field.name].startswith(f"`{default}`")


@pytest.mark.parametrize("picture", re.findall(r"\]\((screenshots/[^)]+)\)", DOCUMENT.read_text()))
def test_every_picture_is_there(picture: str) -> None:
    assert (DOCUMENT.parent / picture).is_file()
