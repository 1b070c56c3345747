"""The service with its children uses more memory than its budget."""

from appliance.service.health import Facts, Finding


def check(facts: Facts) -> Finding | None:
    if facts.pss_mb <= facts.budget_mb:
        return None
    return Finding(
        rule="memory",
        message=f"Uses {facts.pss_mb:.0f} MB of memory; its budget is {facts.budget_mb:.0f} MB.",
        mend=f"appliance restart {facts.service}; if it comes back: appliance status --json",
    )
