"""Where the page is, told to whoever started it: a file of the runtime folder."""

import msgspec

from appliance.service.durable import make_folder, write_file
from appliance.service.paths import Paths

NAME = "web/address.json"


class PageAddress(msgspec.Struct, frozen=True):
    """What the file holds."""

    url: str


def write_address(paths: Paths, url: str) -> None:
    """Blocks; raises OSError."""
    file = paths.runtime / NAME
    make_folder(file.parent)
    write_file(file, msgspec.json.encode(PageAddress(url)), 0o644)


def read_address(paths: Paths) -> str:
    """As the page last wrote it; '' before."""
    try:
        return msgspec.json.decode((paths.runtime / NAME).read_bytes(), type=PageAddress).url
    except (FileNotFoundError, msgspec.DecodeError):
        return ""
