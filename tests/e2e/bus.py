"""The bus as an onlooker sees it."""

import subprocess
from pathlib import Path

from appliance.service.broker import locate
from appliance.service.paths import Paths


def retained(data: Path, pattern: str, wait_s: int = 3) -> dict[str, str]:
    """The retained messages on the topics that match, as Debian's own client receives them."""
    address, account = locate(Paths(data, data / "run"), "observer")
    result = subprocess.run(
        [
            "mosquitto_sub",
            *("-V", "mqttv5", "-h", address.host, "-p", str(address.port)),
            *("-u", account.service, "-P", account.password),
            *("-t", pattern, "-F", "%t %p", "--retained-only", "-W", str(wait_s)),
        ],
        capture_output=True,
        text=True,
        timeout=wait_s + 10,
        check=False,
    )
    return dict(line.split(" ", 1) for line in result.stdout.splitlines())
