"""How a service is: the findings of one rule a file (`checks/`) and of the service itself."""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from appliance.service import checks
from appliance.service.paths import Paths

Severity = Literal["degraded", "failed"]
State = Literal["ok", "degraded", "failed"]


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be."""

    rule: str
    """The rule's name, which is the name of its file."""
    message: str
    """A sentence for people."""
    mend: str
    """The command or step that mends it."""
    severity: Severity = "degraded"


@dataclass(frozen=True)
class Facts:
    """What the rules that every service shares may look at."""

    service: str
    paths: Paths
    now: datetime | None
    """None while the time is unknown."""
    pss_mb: float
    """Of the process and its children, 10^6 bytes."""
    budget_mb: float
    offline_s: float
    """Seconds without a connection to the broker; 0 while connected."""


Rule = Callable[[Facts], Finding | None]
Check = Callable[[], Sequence[Finding]]
"""A check of a service's own. It runs in a worker thread and may read files; it must not take
seconds."""


def rules() -> dict[str, Rule]:
    """Each rule of the folder by its name, sorted: the function `check` of each file."""
    names = sorted(module.name for module in pkgutil.iter_modules(checks.__path__))
    return {name: importlib.import_module(f"{checks.__name__}.{name}").check for name in names}


def examine(facts: Facts, own: Sequence[Check]) -> list[Finding]:
    """All findings: of the shared rules, then of the service's own checks."""
    found = [rule(facts) for rule in rules().values()]
    findings = [finding for finding in found if finding is not None]
    for check in own:
        findings += check()
    return findings


def summarise(findings: Sequence[Finding]) -> State:
    """The worst of the findings."""
    if any(finding.severity == "failed" for finding in findings):
        return "failed"
    return "degraded" if findings else "ok"
