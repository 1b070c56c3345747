"""Cameras in the settings file, and on the page without their passwords."""

import tomllib
from pathlib import Path

import pytest

from appliance.camera.settings import SECTION, Settings
from appliance.service.errors import WrongSetting
from appliance.service.settings import check, load
from appliance.web import configuration
from appliance.web.errors import WrongEntries

FILE = """\
# the house
[camera]
retention_days = 3

[[camera.cameras]]
name = "Front door"
url = "rtsp://admin:s3cret@192.168.1.20/main?channel=1"  # over the door
false_alarms_per_day = 0.5

[[camera.cameras]]
name = "Bench"
url = "/dev/video0"
armed = false
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "appliance.toml"
    file.write_text(FILE)
    return file


def shown(path: Path) -> str:
    """What the page shows of the cameras."""
    return next(one for one in configuration.fields(path)[SECTION] if one.key == "cameras").value


def entered(path: Path, **changes: str) -> dict[str, str]:
    """The form as the page shows it, with changes."""
    return {one.key: one.value for one in configuration.fields(path)[SECTION]} | changes


def test_cameras_are_read_from_the_file(path: Path) -> None:
    assert check(path) == []
    door, bench = load(path, SECTION, Settings).cameras
    assert (door.key, door.false_alarms_per_day, door.armed) == ("front_door", 0.5, True)
    assert (bench.key, bench.url, bench.armed) == ("bench", "/dev/video0", False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("/dev/video0", "http://camera/"), "matching regex"),
        (('"Bench"', '"front-DOOR"'), "two cameras would be called front_door"),
        (('"Bench"', '"!?"'), "at least one letter or digit"),
        (("armed = false", "arms = false"), "unknown key"),
    ],
)
def test_a_wrong_camera_is_refused_without_saying_a_password(
    path: Path, change: tuple[str, str], said: str
) -> None:
    path.write_text(FILE.replace(*change))
    with pytest.raises(WrongSetting) as wrong:
        load(path, SECTION, Settings)
    assert said in str(wrong.value)
    assert "s3cret" not in str(wrong.value)


def test_the_page_hides_passwords(path: Path) -> None:
    text = shown(path)
    assert "s3cret" not in text
    assert 'url = "rtsp://admin:•••@192.168.1.20/main?channel=1"' in text
    assert [one["name"] for one in tomllib.loads(text)["cameras"]] == ["Front door", "Bench"]


def test_saving_what_is_shown_changes_nothing(path: Path) -> None:
    assert not configuration.save(path, SECTION, entered(path))
    assert path.read_text() == FILE


def test_a_hidden_password_stays_when_something_else_changes(path: Path) -> None:
    cameras = shown(path).replace('"Bench"', '"Garden bench"').replace("0.5", "2.0")
    assert configuration.save(path, SECTION, entered(path, cameras=cameras))
    door, bench = load(path, SECTION, Settings).cameras
    assert "s3cret" in door.url
    assert (door.false_alarms_per_day, bench.name) == (2.0, "Garden bench")
    assert "# the house" in path.read_text()


def test_a_camera_is_added_to_an_empty_file(path: Path) -> None:
    path.write_text("")
    cameras = '[[cameras]]\nname = "Yard"\nurl = "rtsp://1.2.3.4/"'
    assert configuration.save(path, SECTION, entered(path, cameras=cameras))
    assert [each.name for each in load(path, SECTION, Settings).cameras] == ["Yard"]


def test_the_last_camera_is_taken_away(path: Path) -> None:
    assert configuration.save(path, SECTION, entered(path, cameras=""))
    assert load(path, SECTION, Settings).cameras == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = 3", "begins with the line [[cameras]]"),
        ("[[cameras]]\nname", "not in the form of the settings file"),
        ('[[cameras]]\nname = "A"', "missing required field `url`"),
    ],
)
def test_what_is_no_camera_is_said_at_the_field_and_changes_nothing(
    path: Path, text: str, said: str
) -> None:
    with pytest.raises(WrongEntries) as wrong:
        configuration.save(path, SECTION, entered(path, cameras=text))
    assert said in wrong.value.problems["cameras"]
    assert path.read_text() == FILE
