"""docs/bus.md says what is."""

from pathlib import Path

import msgspec
import pytest

from appliance.bus.answering import CONCURRENT_LIMIT, WAITING_LIMIT
from appliance.bus.outbox import EVENT_LIMIT
from appliance.bus.settings import Settings
from appliance.bus.subscriptions import WAITING_LIMIT as MESSAGE_LIMIT
from appliance.bus.topics import controls, questions, topics

TEXT = (Path(__file__).parents[2] / "docs" / "bus.md").read_text()
LINES = TEXT.splitlines()


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading."""
    below = LINES[LINES.index(heading) + 1 :]
    start = next(number for number, line in enumerate(below) if line.startswith("|")) + 2
    cells = []
    for line in below[start:]:
        if not line.startswith("|"):
            break
        cells.append([cell.strip() for cell in line.strip("|").split("|")])
    return cells


def test_every_topic_is_listed_with_its_writers_and_readers() -> None:
    expected = [
        [f"`{each.path}`", each.kind.value, ", ".join(each.publishers), ", ".join(each.subscribers)]
        for each in topics()
    ] + [
        [f"`{each.path}`", "question", ", ".join(each.askers), each.answerer]
        for each in questions()
    ]
    assert sorted(rows("## Topics")) == sorted(expected)


def test_every_control_is_listed_with_who_obeys() -> None:
    expected = [[f"`{each.path}`", each.service, each.summary] for each in controls()]
    assert rows("## Home Assistant") == expected


def test_every_setting_is_listed_with_its_default() -> None:
    defaults = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    listed = {row[0]: row[1] for row in rows("## Settings of the table `[bus]`")}
    assert listed == {
        f"`{name}`": f"`{msgspec.json.encode(value).decode()}`" for name, value in defaults.items()
    }


@pytest.mark.parametrize(
    "sentence",
    [
        f"the oldest of {MESSAGE_LIMIT} messages",
        f"{CONCURRENT_LIMIT} are worked on and {WAITING_LIMIT} wait",
        f"up to {EVENT_LIMIT} of the newest events",
    ],
)
def test_limits_are_as_in_the_program(sentence: str) -> None:
    assert sentence in TEXT
