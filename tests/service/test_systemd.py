"""What `systemctl show` says of our units."""

from appliance.service.keeper import UnitState
from appliance.service.systemd import parse

SHOWN = """\
MainPID=812
Result=success
NRestarts=2
StatusText=healthy
Id=appliance-albums.service
LoadState=loaded
ActiveState=active
SubState=running

MainPID=0
Result=watchdog
NRestarts=5
StatusText=
Id=appliance-web.service
LoadState=loaded
ActiveState=activating
SubState=auto-restart

MainPID=0
Id=appliance-gone.service
LoadState=not-found
ActiveState=inactive
"""


def test_units_that_are_loaded_become_states() -> None:
    assert parse(SHOWN) == {
        "albums": UnitState(phase="running", pid=812, restarts=2, status="healthy"),
        "web": UnitState(phase="restarting", restarts=5, result="watchdog"),
    }


def test_nothing_is_no_units() -> None:
    assert parse("") == {}
