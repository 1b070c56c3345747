"""The settings file, edited on the page: comments kept, wrong values said at their field."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.bus.errors import Offline
from appliance.bus.messages.service import SettingsChanged
from appliance.service.settings import check, load, sections
from appliance.web import configuration
from appliance.web.errors import WrongEntries
from appliance.web.settings import SECTION, Settings
from tests.web.conftest import Page

FILE = """\
# The family's box
[web]
port = 9000  # because of the printer
"""
DEFAULTS = {
    "listen": "loopback", "port": "8480", "host_names": "", "theme": "auto",
    "session_days": "30", "upload_limit_mb": "200", "upload_reserve_mb": "500",
}  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "appliance.toml"


def test_every_setting_of_every_room_is_shown_with_its_description(path: Path) -> None:
    shown = configuration.fields(path)
    assert set(shown) == set(sections())
    for fields in shown.values():
        assert [field.key for field in fields if not field.description] == []


def test_a_number_is_shown_with_its_range_and_default(path: Path) -> None:
    port = next(field for field in configuration.fields(path)["web"] if field.key == "port")
    assert (port.kind, port.value, port.default) == ("number", "8480", "8480")
    assert (port.minimum, port.maximum) == (1024, 65500)


def test_saving_keeps_comments_and_what_it_does_not_know(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(FILE + "\n[future]\nkey = 1\n")
    assert configuration.save(path, "web", DEFAULTS | {"port": "9001", "theme": "dark"})
    text = path.read_text()
    assert "# The family's box" in text
    assert "port = 9001  # because of the printer" in text
    assert 'theme = "dark"' in text
    assert "[future]" in text


def test_a_default_is_not_written_down(path: Path) -> None:
    assert not configuration.save(path, "web", DEFAULTS)
    assert not path.exists()


def test_a_list_has_a_line_for_each_item(path: Path) -> None:
    configuration.save(path, "web", DEFAULTS | {"host_names": "box.example\n\n photos \n"})
    assert load(path, SECTION, Settings).host_names == ["box.example", "photos"]


@pytest.mark.parametrize(
    ("key", "value"),
    [("port", "80"), ("port", "many"), ("port", ""), ("port", "8480.5"), ("theme", "pink"),
     ("host_names", "not a name"), ("session_days", "0")],
)  # fmt: skip
def test_a_wrong_value_is_said_of_its_key_and_nothing_is_saved(
    path: Path, key: str, value: str
) -> None:
    with pytest.raises(WrongEntries) as wrong:
        configuration.save(path, "web", DEFAULTS | {key: value, "upload_limit_mb": "7"})
    assert set(wrong.value.problems) == {key}
    assert not path.exists()


@given(entered=st.fixed_dictionaries({key: st.text(max_size=20) for key in DEFAULTS}))
def test_what_is_saved_is_always_a_file_that_services_can_read(
    tmp_path_factory: pytest.TempPathFactory, entered: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("config") / "appliance.toml"
    path.write_text(FILE)
    try:
        configuration.save(path, "web", DEFAULTS | entered)
    except WrongEntries:
        assert path.read_text() == FILE
    assert check(path) == []


def test_the_page_shows_a_wrong_value_at_its_field(page: Page) -> None:
    answer = page.browser.post("/settings/web", data=DEFAULTS | {"port": "80"})
    assert answer.status_code == 422
    field = re.search(r'<input class="input" id="web-port".*?</div>', answer.text, re.DOTALL)
    assert field
    assert 'value="80"' in field[0]
    assert 'aria-invalid="true"' in field[0]
    assert 'role="alert"' in field[0]
    assert page.messenger.published == []


def test_services_are_told_after_saving(page: Page) -> None:
    answer = page.browser.post("/settings/web", data=DEFAULTS | {"theme": "dark"})
    assert answer.status_code == 303
    assert page.messenger.published == [SettingsChanged(sections=["web"])]
    settings = tomllib.loads(page.parts.paths.settings_file.read_text())
    assert settings == {"web": {"theme": "dark"}}
    assert "Saved." in page.browser.get("/settings").text


def test_saving_works_without_a_broker(page: Page) -> None:
    page.messenger.answer = Offline("no broker")
    answer = page.browser.post("/settings/web", data=DEFAULTS | {"theme": "dark"})
    assert answer.status_code == 303
    assert page.parts.paths.settings_file.exists()


def test_a_settings_file_that_is_broken_is_shown_and_not_touched(page: Page) -> None:
    file = page.parts.paths.settings_file
    file.write_text("[web\n")
    assert "cannot be read" in page.browser.get("/settings").text
    assert page.browser.post("/settings/web", data=DEFAULTS).status_code == 500
    assert file.read_text() == "[web\n"


def test_an_unknown_section_is_not_found(page: Page) -> None:
    assert page.browser.post("/settings/nothing", data={}).status_code == 404
