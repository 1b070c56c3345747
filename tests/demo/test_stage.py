"""What `appliance run` lays ready for the demo."""

import stat
import tomllib
from pathlib import Path

import pytest

from appliance.camera import settings as camera
from appliance.demo import stage
from appliance.service import settings
from appliance.service.paths import Paths
from appliance.service.unit import read_units
from appliance.voice.settings import SECTION, Settings


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setattr("appliance.demo.stage.PROGRAM", "true")  # some program that is there
    paths = Paths(tmp_path / 'a "quoted" folder', tmp_path / 'a "quoted" folder' / "run")
    for folder in (paths.config, paths.runtime):
        folder.mkdir(parents=True)
    return paths


def microphone(paths: Paths) -> str:
    """What voice listens to."""
    return settings.load(paths.settings_file, SECTION, Settings, paths.defaults_file).microphone


def test_without_a_microphone_voice_listens_to_a_pipe(paths: Paths) -> None:
    assert stage.set_up(paths, microphone=False)
    assert microphone(paths) == str(paths.demo_microphone)
    assert stat.S_ISFIFO(paths.demo_microphone.stat().st_mode)
    assert paths.demo_unspoken.exists()
    assert not paths.settings_file.exists()


def test_a_real_microphone_stays_the_microphone(paths: Paths) -> None:
    assert not stage.set_up(paths, microphone=True)
    assert microphone(paths) == "default"


@pytest.mark.parametrize("chosen", ["plughw:CARD=Device", ""])
def test_what_the_household_chose_stays(paths: Paths, chosen: str) -> None:
    paths.settings_file.write_text(f'[voice]\nmicrophone = "{chosen}"\n')
    assert not stage.set_up(paths, microphone=False)
    assert microphone(paths) == chosen


def test_a_household_that_chooses_while_the_demo_runs_is_obeyed(paths: Paths) -> None:
    stage.set_up(paths, microphone=False)
    paths.settings_file.write_text('[voice]\nmicrophone = "hw:1"\nwake_word = "alexa"\n')
    assert microphone(paths) == "hw:1"


def test_without_espeak_ng_the_demo_stays_silent(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.demo.stage.PROGRAM", "no-such-program")
    assert not stage.set_up(paths, microphone=False)
    assert microphone(paths) == "default"


def test_without_the_demo_nothing_of_it_holds(paths: Paths) -> None:
    stage.set_up(paths, microphone=False)
    stage.clear(paths)
    assert microphone(paths) == "default"
    assert not paths.demo_unspoken.exists()


def cameras(paths: Paths) -> list[tuple[str, str]]:
    """Names and addresses of the cameras that the camera room takes."""
    chosen = settings.load(
        paths.settings_file, camera.SECTION, camera.Settings, paths.defaults_file
    )
    return [(each.name, each.url) for each in chosen.cameras]


@pytest.mark.parametrize("microphone_there", [True, False])
def test_a_camera_shows_the_clip_with_the_thresholds_of_every_day(
    paths: Paths, microphone_there: bool
) -> None:
    clip = paths.data / 'a "street".mp4'
    assert stage.set_up(paths, microphone=microphone_there, clip=clip) is not microphone_there
    assert cameras(paths) == [("Demo street", str(clip))]
    assert microphone(paths) == ("default" if microphone_there else str(paths.demo_microphone))
    stage.clear(paths)
    assert cameras(paths) == []


def test_cameras_of_the_household_stay_the_cameras(paths: Paths) -> None:
    paths.settings_file.write_text(
        '[[camera.cameras]]\nname = "Door"\nurl = "rtsp://1.2.3.4/"\n[voice]\n'
    )
    stage.set_up(paths, microphone=True, clip=paths.demo_clip)
    assert cameras(paths) == [("Door", "rtsp://1.2.3.4/")]


def test_a_second_start_uses_the_same_pipe(paths: Paths) -> None:
    stage.set_up(paths, microphone=False)
    before = paths.demo_microphone.stat().st_ino
    stage.clear(paths)
    stage.set_up(paths, microphone=False)
    assert paths.demo_microphone.stat().st_ino == before


def test_its_unit_is_one_that_a_pc_obeys_and_no_image_has() -> None:
    assert set(read_units(stage.UNITS)) == {"demo"}
    systemd = stage.UNITS.parents[1] / "systemd"
    assert "demo" not in read_units(systemd)
    assert "demo" not in (systemd / "appliance.target").read_text()


def test_the_program_is_among_the_debian_packages_of_a_checkout() -> None:
    packages = stage.UNITS.parents[1] / "requirements" / "debian-run.txt"
    assert "espeak-ng" in packages.read_text().split()
    assert tomllib.loads(f"x = {stage._quoted('a')}") == {"x": "a"}
