"""Lines of Mosquitto's password file (mosquitto_passwd(1)), without the program."""

import base64
import hashlib
import secrets

ITERATIONS = 101
"""Mosquitto's own default. Our passwords are 256 random bits: no number of iterations matters."""
SALT_BYTES = 12


def random_password() -> str:
    """256 bits as 43 characters that need no quoting anywhere."""
    return secrets.token_urlsafe(32)


def password_line(account: str, password: str, salt: bytes | None = None) -> str:
    """`account:$7$iterations$salt$hash` with PBKDF2-HMAC-SHA512, as Mosquitto 2 reads it."""
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"{account}:$7${ITERATIONS}${_base64(salt)}${_base64(digest)}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
