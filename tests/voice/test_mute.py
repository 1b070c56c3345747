"""Mute is remembered."""

from pathlib import Path

from appliance.voice.microphones.mute import Mute


def test_a_new_box_is_not_muted(tmp_path: Path) -> None:
    assert not Mute(tmp_path / "voice").muted


def test_mute_outlives_the_process(tmp_path: Path) -> None:
    Mute(tmp_path / "voice").set(True)
    assert Mute(tmp_path / "voice").muted
    Mute(tmp_path / "voice").set(False)
    assert not Mute(tmp_path / "voice").muted


def test_what_is_so_already_can_be_said_again(tmp_path: Path) -> None:
    mute = Mute(tmp_path / "voice")
    for muted in (False, True, True, False, False):
        mute.set(muted)
        assert mute.muted is muted
