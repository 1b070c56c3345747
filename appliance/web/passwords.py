"""The one password of the page: a scrypt hash in `config/web/password`."""

import base64
import hashlib
import hmac
import os
import threading
from pathlib import Path

from appliance.service.durable import make_folder, write_file
from appliance.web.errors import WrongPassword

MINIMUM_LENGTH = 8
MAXIMUM_LENGTH = 200
COST, BLOCK_SIZE, PARALLEL = 2**14, 8, 5
"""One of OWASP's equivalent choices for scrypt; 16 MiB while it runs, which a 4 GB box can
spare."""
MEMORY_BYTES = 64 * 2**20

_one_at_a_time = threading.Lock()


class PasswordFile:
    """Blocks for about a quarter of a second in `set` and `check`: call them in a worker thread."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def is_set(self) -> bool:
        return self._path.exists()

    def set(self, password: str) -> None:
        """Replaces the password durably; readable by the page's user alone."""
        salt = os.urandom(16)
        fields = ("scrypt", COST, BLOCK_SIZE, PARALLEL, _text(salt), _text(_hash(password, salt)))
        make_folder(self._path.parent, 0o700)
        write_file(self._path, "$".join(map(str, fields)).encode(), 0o600)

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)

    def check(self, password: str) -> None:
        """Raises WrongPassword; also for a file that is not what `set` writes."""
        try:
            scheme, cost, block_size, parallel, salt, expected = self._path.read_text().split("$")
            found = _hash(
                password, base64.b64decode(salt), int(cost), int(block_size), int(parallel)
            )
            right = scheme == "scrypt" and hmac.compare_digest(found, base64.b64decode(expected))
        except (OSError, ValueError):
            raise WrongPassword from None
        if not right:
            raise WrongPassword


def _hash(
    password: str,
    salt: bytes,
    cost: int = COST,
    block_size: int = BLOCK_SIZE,
    parallel: int = PARALLEL,
) -> bytes:
    with _one_at_a_time:
        return hashlib.scrypt(
            password.encode(), salt=salt, n=cost, r=block_size, p=parallel, maxmem=MEMORY_BYTES
        )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
