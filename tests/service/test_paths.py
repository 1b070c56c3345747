"""Where data and runtime files lie: on a box, in a checkout, where the environment says."""

from pathlib import Path

import pytest

from appliance.service.paths import Paths, find_checkout


@pytest.mark.parametrize(
    ("environment", "checkout", "data", "runtime"),
    [
        ({}, None, "/data", "/run/appliance"),
        ({}, Path("/src/appliance"), "/src/appliance/data", "/src/appliance/data/run"),
        ({"APPLIANCE_DATA": "/data"}, Path("/src"), "/data", "/run/appliance"),
        ({"APPLIANCE_DATA": "/mnt/box"}, None, "/mnt/box", "/mnt/box/run"),
        ({"APPLIANCE_RUNTIME": "/run/two"}, None, "/data", "/run/two"),
    ],
)
def test_data_and_runtime_lie_where_the_environment_says_or_the_program_is_run_from(
    environment: dict[str, str], checkout: Path | None, data: str, runtime: str
) -> None:
    paths = Paths.from_environment(environment, checkout)
    assert (str(paths.data), str(paths.runtime)) == (data, runtime)


def test_program_among_site_packages_is_no_checkout(tmp_path: Path) -> None:
    assert find_checkout(tmp_path / "site-packages" / "appliance") is None


def test_folder_with_units_and_project_file_is_a_checkout(tmp_path: Path) -> None:
    (tmp_path / "systemd").mkdir()
    (tmp_path / "pyproject.toml").touch()
    assert find_checkout(tmp_path / "appliance") == tmp_path
