"""The time of day is unknown: the clock says a time before the program was made."""

from appliance.service.health import Facts, Finding


def check(facts: Facts) -> Finding | None:
    if facts.now is not None:
        return None
    return Finding(
        rule="clock",
        message="The box does not know the time yet; what happens now is kept without a date.",
        mend="connect it to the network, or: timedatectl set-time 'YYYY-MM-DD hh:mm:ss'",
    )
