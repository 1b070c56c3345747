import time
import wave
from pathlib import Path

import numpy as np
import pytest

from appliance.models.errors import WrongInput
from appliance.voice.audio.labels import Label, read_labels, read_speech
from appliance.voice.evaluation import FastClock, Outcome, RealClock, end_of_speech_s, report
from appliance.voice.hearing.endpointing import End

HEADER = "file\tintent\tslots\n"
COMMAND = Label(Path("a.wav"), "Turn", {"name": "lamp"})
NO_COMMAND = Label(Path("b.wav"), "none", {})


def outcome(
    label: Label,
    *,
    acted: bool = False,
    right: bool = False,
    latency_ms: float | None = None,
    end: End | None = None,
    asked: bool = False,
) -> Outcome:
    return Outcome(
        label=label,
        acted=acted,
        asked=asked,
        right=right,
        cut_early=False,
        latency_ms=latency_ms,
        end=end,
        audio_s=4.0,
        compute_s=0.2,
    )


def table(folder: Path, text: str) -> Path:
    path = folder / "labels.tsv"
    path.write_text(text)
    return path


def test_a_row_says_what_must_come_of_a_recording(tmp_path: Path) -> None:
    path = table(tmp_path, HEADER + 'a.wav\tTurn\t{"name": "lamp"}\nb.wav\tnone\t{}\n')
    labels = read_labels(path, tmp_path)
    assert [(label.command, dict(label.slots)) for label in labels] == [
        (True, {"name": "lamp"}),
        (False, {}),
    ]
    assert labels[0].path == tmp_path / "a.wav"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file\tintent\n", "slots"),
        (HEADER + "a.wav\tTurn\t[1]\n", "line 2"),
        (HEADER + "a.wav\tTurn\n", "line 2"),
        (HEADER + "\tTurn\t{}\n", "line 2"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_where(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(WrongInput, match=said):
        read_labels(table(tmp_path, text), tmp_path)


@pytest.mark.parametrize("name", ["missing.wav", "no sound.wav"])
def test_a_recording_that_cannot_be_heard_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "no sound.wav").write_bytes(b"hello")
    with pytest.raises(WrongInput, match=name):
        read_speech(tmp_path / name)


def test_a_recording_is_read_as_samples(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(np.arange(1000, dtype="<i2").tobytes())
    assert np.array_equal(read_speech(tmp_path / "a.wav"), np.arange(1000))


def test_speech_ends_with_the_last_frame_that_is_not_much_quieter_than_the_loudest() -> None:
    levels = [0, 8000, 8000, 300, 50, 0]  # 300 is 28 dB below 8000, and 50 is 44 dB
    assert end_of_speech_s(np.repeat(np.array(levels, np.int16), 320)) == pytest.approx(0.08)


def test_rates_are_of_the_recordings_that_they_speak_of() -> None:
    found = report(
        [
            outcome(COMMAND, acted=True, right=True, latency_ms=200.0, end=End.COMPLETE),
            outcome(COMMAND, acted=True, latency_ms=400.0, end=End.SILENCE),
            outcome(COMMAND),
            outcome(NO_COMMAND, acted=True),
            outcome(NO_COMMAND, right=True),
        ],
        pss_mb=100.0,
    )
    assert found.intent_accuracy == pytest.approx(2 / 5)
    assert found.wrong_action_rate == pytest.approx(1 / 3)
    assert found.false_accept_rate == pytest.approx(1 / 2)
    assert (found.complete.n, found.complete.p50, found.extendable.p95) == (1, 200.0, 400.0)
    assert found.compute_ratio == pytest.approx(0.05)


def test_without_actions_there_is_no_latency() -> None:
    assert report([outcome(COMMAND)], 0.0).complete.p50 is None


def test_fast_sound_is_there_at_once_and_work_delays_what_comes_after() -> None:
    clock = FastClock()
    began = time.perf_counter()
    clock.arrive(10.0)
    assert time.perf_counter() - began < 5.0
    late = clock.now_s()
    assert late >= 10.0
    clock.arrive(9.0)
    assert clock.now_s() >= late


def test_real_sound_comes_when_it_would_be_spoken() -> None:
    clock = RealClock()
    clock.arrive(0.05)
    assert clock.now_s() >= 0.05
