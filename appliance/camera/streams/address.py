"""Where a camera's pictures come from, as the settings say it: an address, a device or a file."""

import re
from typing import Literal

Kind = Literal["network", "device", "file"]
HIDDEN = "•••"
_PASSWORD = re.compile(r"([a-z][a-z0-9+.-]*://[^\s/?#@:]*):[^\s/?#]*@", re.IGNORECASE)
_QUERY = re.compile(r"([?&](?:password|passwd|pwd|pass|token|key)=)[^&\s'\"]*", re.IGNORECASE)


def kind_of(url: str) -> Kind:
    if url.startswith("/dev/"):
        return "device"
    return "file" if url.startswith("/") else "network"


def redact(text: str) -> str:
    """Any text without the passwords of the addresses in it: for logs, health and the bus."""
    return _QUERY.sub(rf"\1{HIDDEN}", _PASSWORD.sub(rf"\1:{HIDDEN}@", text))
