"""The service has not reached the broker for more than 10 seconds."""

from appliance.service.health import Facts, Finding

LIMIT_S = 10.0


def check(facts: Facts) -> Finding | None:
    if facts.offline_s <= LIMIT_S:
        return None
    return Finding(
        rule="broker",
        message=f"No connection to the message broker for {facts.offline_s:.0f} seconds.",
        mend="appliance restart broker",
    )
