"""The catalogue holds all that the page says, and nothing else."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args

import jinja2
import pytest
from jinja2 import nodes

from appliance.bus.messages.voice import Presence, Stage
from appliance.bus.topics import SERVICES
from appliance.service.settings import sections
from appliance.voice.dialogue.sentences import ANSWERS, CARRIED_OUT
from appliance.voice.hearing.wake import WORDS
from appliance.voice.household.entities import DOMAINS
from appliance.web import texts
from appliance.web.errors import MissingText
from appliance.web.rendering import BOX_LINKS, FOLDER, MAIN_LINKS
from appliance.web.views.ear import Kind
from appliance.web.views.eye import Kind as EyeKind
from appliance.web.views.learned import REGIONS, SIZES
from appliance.web.views.sightings import CAUSES, KINDS
from appliance.web.views.vocabulary import GROUPS
from appliance.web.views.voice import intent_name

ROOM = Path(texts.__file__).parents[1]
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))
SPOKEN_ATTRIBUTES = frozenset({"aria-label", "alt", "title", "placeholder"})

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

FAMILIES = {
    "box.state": ("ok", "degraded", "failed", "offline", "unknown"),
    "condition": ("ok", "degraded", "failed", "offline", "unknown"),
    "service": SERVICES,
    "health.well": SERVICES,
    "models.state": ("present", "missing", "damaged"),
    "settings.section": tuple(sections()),
    "gone": ("photo", "person", "sighting"),
    "size": ("kb", "mb", "gb"),
    "camera.eye": get_args(EyeKind),
    "camera.eye_text": get_args(EyeKind),
    "camera.kind": tuple(KINDS),
    "camera.cause": tuple(CAUSES),
    "camera.speed": tuple(str(step) for step in range(len(SIZES))),
    "camera.region": tuple(name for line in REGIONS for name in line),
    "voice.ear": get_args(Kind),
    "voice.ear_text": get_args(Kind),
    "voice.wake": WORDS,
    "voice.group": (*GROUPS, "own"),
    "voice.domain": (*sorted(DOMAINS), "other"),
    "voice.presence": get_args(Presence),
    "voice.stage": get_args(Stage),
    "voice.grammar": ("spoken", "typed", "answers"),
    "voice.intent": tuple(intent_name(each) for each in CARRIED_OUT - ANSWERS),
    "date.month": MONTHS,
    "date.month_short": MONTHS,
    "date.weekday": WEEKDAYS,
    "date.weekday_short": WEEKDAYS,
    "journal": (
        "name", "name_named", "merge", "merge_named", "separate", "separate_named", "remove_face",
        "remove_face_named", "assign_face", "assign_face_named", "forget", "agree", "disagree",
        "other",
    ),
}  # fmt: skip
"""Keys that are put together from a value: `t("condition." ~ state)`."""


class Literals(HTMLParser):
    """Text and spoken attributes of a template whose expressions are blanked out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style"}
        self.found += [value for name, value in attrs if name in SPOKEN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_says_nothing_by_itself(path: Path) -> None:
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(), flags=re.DOTALL)
    parser = Literals()
    parser.feed(source)
    assert [text for text in parser.found if re.search(r"[A-Za-z]{2,}", text)] == []


def used_keys() -> set[str]:
    """Every key that a template or a module names."""
    keys = {link.text for link in MAIN_LINKS + BOX_LINKS}
    environment = jinja2.Environment(autoescape=True)
    for path in TEMPLATES:
        for call in environment.parse(path.read_text()).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t":
                first = call.args[0]
                constants = [first] if isinstance(first, nodes.Const) else []
                if isinstance(first, nodes.CondExpr):
                    constants = [*first.find_all(nodes.Const)]
                keys |= {constant.value for constant in constants}
    catalogue = texts.load()
    for path in ROOM.rglob("*.py"):
        keys |= (
            set(re.findall(r'"([a-z]+(?:\.[a-z_]+)+|[a-z_]+)"', path.read_text()))
            & catalogue.keys()
        )
    for family, members in FAMILIES.items():
        keys |= {f"{family}.{member}" for member in members}
    return keys


def test_every_text_that_is_used_is_there() -> None:
    assert used_keys() - texts.load().keys() == set()


def test_every_text_that_is_there_is_used() -> None:
    assert texts.load().keys() - used_keys() == set()


def test_a_number_chooses_the_form() -> None:
    t = texts.load()
    assert t("count.photos", count=1) == "1 photo"
    assert t("count.photos", count=0) == "0 photos"


def test_large_numbers_are_readable() -> None:
    assert texts.load()("count.photos", count=50_000) == "50,000 photos"


def test_a_text_without_its_value_is_an_error_that_names_it() -> None:
    with pytest.raises(MissingText, match=r"done\.named"):
        texts.load()("done.named")


def test_an_unknown_key_is_an_error_that_says_where_to_add_it() -> None:
    with pytest.raises(MissingText) as missing:
        texts.load()("no.such.key")
    assert "en.toml" in missing.value.mend
