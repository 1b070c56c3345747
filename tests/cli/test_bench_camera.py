"""`appliance bench camera` on streams that are small, for a moment."""

import json
from pathlib import Path

import pytest

from appliance.camera import costs
from appliance.cli import bench_camera
from appliance.cli.main import main
from appliance.demo.staging.streams import Form


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch, models_folder: Path) -> None:
    monkeypatch.setenv("APPLIANCE_DATA", str(models_folder.parent))
    monkeypatch.setattr(costs, "WARM_UP_S", 3.0)
    monkeypatch.setattr(bench_camera, "MARGIN_S", 1.0)
    form = Form(160, 90, 10, 100_000)
    monkeypatch.setattr(bench_camera, "FORMS", {"main": form, "sub": form})


def test_it_prints_both_ways_and_the_plain_loop_beside_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], models_folder: Path
) -> None:
    if not (models_folder / "ssd-mobilenetv2").is_dir():
        pytest.skip("the model ssd-mobilenetv2 is not fetched")
    words = ["--seconds", "1", "--clips", str(tmp_path), "--json"]
    assert main(["bench", "camera", *words]) == 0
    report = json.loads(capsys.readouterr().out)
    for scene in ("still", "busy"):
        for way in ("with_sub_stream", "without_sub_stream", "plain_loop"):
            assert report[scene][way]["cpu_s_per_camera_hour"] > 0
            assert report[scene][way]["pss_mb"] > 10
        assert report[scene]["plain_loop_to_with_sub_stream"] > 1
    assert len(list(tmp_path.glob("*.mp4"))) == 4


def test_a_measurement_of_no_time_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["bench", "camera", "--seconds", "0"])
    assert "must be 1 to 3600" in capsys.readouterr().err
