"""Each rule finds what it is there for, and says what mends it."""

import importlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from appliance.service import checks
from appliance.service.checks import disk_space
from appliance.service.health import Facts, Finding, examine, rules, summarise
from appliance.service.paths import Paths

DOCUMENT = Path(__file__).parents[2] / "docs" / "operations.md"


def facts(
    folder: Path,
    *,
    now: datetime | None = datetime(2026, 12, 1, tzinfo=UTC),
    pss_mb: float = 30.0,
    offline_s: float = 0.0,
) -> Facts:
    return Facts(
        service="albums",
        paths=Paths(folder, folder / "run"),
        now=now,
        pss_mb=pss_mb,
        budget_mb=40.0,
        offline_s=offline_s,
    )


def test_a_healthy_service_has_no_findings(tmp_path: Path) -> None:
    assert examine(facts(tmp_path), []) == []
    assert summarise([]) == "ok"


def test_a_rule_is_found_by_its_file() -> None:
    folder = Path(checks.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert set(rules()) == files


def test_an_unknown_time_is_a_finding(tmp_path: Path) -> None:
    assert [f.rule for f in examine(facts(tmp_path, now=None), [])] == ["clock"]


def test_memory_beyond_the_budget_is_a_finding(tmp_path: Path) -> None:
    (finding,) = examine(facts(tmp_path, pss_mb=41), [])
    assert finding.rule == "memory"
    assert "41 MB" in finding.message
    assert finding.mend.startswith("appliance restart albums;")


@pytest.mark.parametrize(("offline_s", "found"), [(10.0, []), (10.1, ["broker"])])
def test_a_broker_that_is_away_for_long_is_a_finding(
    tmp_path: Path, offline_s: float, found: list[str]
) -> None:
    assert [f.rule for f in examine(facts(tmp_path, offline_s=offline_s), [])] == found


def test_a_full_disk_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_space, "LOW_BYTES", 2**62)
    (finding,) = examine(facts(tmp_path), [])
    assert (finding.rule, finding.severity) == ("disk_space", "degraded")


def test_a_missing_data_partition_is_a_failure(tmp_path: Path) -> None:
    (finding,) = examine(facts(tmp_path / "missing"), [])
    assert (finding.rule, finding.severity) == ("disk_space", "failed")
    assert summarise([finding]) == "failed"


def test_a_services_own_checks_come_last(tmp_path: Path) -> None:
    own = Finding("lens", "The lens is dirty.", "wipe it")

    def check() -> Sequence[Finding]:
        return [own]

    findings = examine(facts(tmp_path, now=None), [check])
    assert [f.rule for f in findings] == ["clock", "lens"]
    assert summarise(findings) == "degraded"


def test_every_finding_names_its_rule_and_a_mend(tmp_path: Path) -> None:
    findings = examine(facts(tmp_path / "missing", now=None, pss_mb=99, offline_s=99), [])
    assert [f.rule for f in findings] == sorted(rules())
    assert all(f.mend and f.message.endswith(".") for f in findings)


def test_the_documentation_lists_every_rule_with_its_words() -> None:
    text = DOCUMENT.read_text()
    for name in rules():
        words = str(importlib.import_module(f"{checks.__name__}.{name}").__doc__).split()
        assert f"| `{name}` | {' '.join(words)} |" in text
