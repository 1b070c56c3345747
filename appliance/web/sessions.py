"""Who is logged in: random tokens, of which only hashes are kept; and the limit on attempts."""

import hashlib
import logging
import secrets
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

import msgspec

from appliance.service.clock import Clock
from appliance.service.durable import make_folder, write_file
from appliance.web.errors import TooManyAttempts

COOKIE = "appliance_session"
SESSIONS = 64
"""Devices that can be logged in; the oldest is logged out by one more."""

ATTEMPTS = 5
RECOVERY_S = 30.0
"""An attempt more after this time."""
PEERS = 256

_decoder = msgspec.json.Decoder(dict[str, int])
logger = logging.getLogger(__name__)


class Sessions:
    """Kept over a restart in a file of the page's own, so that nobody is logged out by one."""

    def __init__(self, path: Path, days: int, clock: Clock) -> None:
        self._path = path
        self._lifetime_s = days * 24 * 3600
        self._clock = clock
        self._expiry = self._load()
        """SHA-256 of the token: seconds since 1970 at which it ends."""

    def start(self) -> str:
        """A new token for the cookie. Writes the file if it can."""
        token = secrets.token_urlsafe(32)
        self._expiry[_digest(token)] = self._now() + self._lifetime_s
        while len(self._expiry) > SESSIONS:
            self._expiry.pop(next(iter(self._expiry)))
        self._save()
        return token

    def valid(self, token: str | None) -> bool:
        expiry = self._expiry.get(_digest(token)) if token else None
        return expiry is not None and expiry > self._now()

    def end(self, token: str | None) -> None:
        if token and self._expiry.pop(_digest(token), None):
            self._save()

    def end_all(self) -> None:
        self._expiry.clear()
        self._save()

    @property
    def lifetime_s(self) -> int:
        return self._lifetime_s

    def _now(self) -> int:
        now = self._clock.now()
        return int(now.timestamp()) if now else 0  # an unknown time ends nobody's session

    def _load(self) -> dict[str, int]:
        try:
            return _decoder.decode(self._path.read_bytes())
        except (OSError, msgspec.DecodeError):
            return {}

    def _save(self) -> None:
        """On a full disk nobody is kept from logging in, and no old file brings a session back that
        was ended: rather all devices log in again after the next start."""
        try:
            make_folder(self._path.parent, 0o700)
            write_file(self._path, msgspec.json.encode(self._expiry), 0o600)
        except OSError as error:
            logger.warning("sessions not saved", extra={"reason": error.strerror})
            with suppress(OSError):  # a disk that cannot be written at all
                self._path.unlink(missing_ok=True)


class AttemptLimit:
    """A few attempts at once, then one every half minute, each device by its address."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Address: attempts spent, and when that was counted."""

    def take(self, peer: str) -> None:
        """Raises TooManyAttempts."""
        now = self._clock.monotonic()
        spent, at = self._spent.pop(peer, (0.0, now))
        spent = max(0.0, spent - (now - at) / RECOVERY_S)
        if spent > ATTEMPTS - 1:
            self._spent[peer] = (spent, now)
            raise TooManyAttempts(round((spent - (ATTEMPTS - 1)) * RECOVERY_S) + 1)
        self._spent[peer] = (spent + 1, now)
        while len(self._spent) > PEERS:
            self._spent.popitem(last=False)

    def forgive(self, peer: str) -> None:
        self._spent.pop(peer, None)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
