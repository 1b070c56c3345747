"""What our broker and its clients need on disk: box id, passwords, configuration, address.

`python -m appliance.service.broker prepare` writes it all before Mosquitto starts.
"""

import argparse
import contextlib
import grp
import hashlib
import hmac
import logging
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import msgspec

from appliance.bus import broker, passwords
from appliance.bus.acl import access_list
from appliance.bus.connection import Account, Address
from appliance.bus.errors import Offline
from appliance.bus.settings import SECTION, Settings
from appliance.bus.topics import DEMO, HOUSEHOLD, OBSERVER, SERVICES, SPEAKER
from appliance.service import log, settings
from appliance.service.durable import make_folder, write_file
from appliance.service.errors import ServiceError, WrongSetting
from appliance.service.paths import DEMO_SWITCH, Paths

LOOPBACK = "127.0.0.1"
FIRST_PORT = 18_830
BROKER_ACCOUNT = "appliance-broker"
"""The user and group that Mosquitto runs as on the box."""
MACHINE_ID = Path("/etc/machine-id")
CERTIFICATE_DAYS = 36_500
"""So long that one made while the clock stood at 1970 holds too."""


logger = logging.getLogger(__name__)


class _Address(msgspec.Struct, frozen=True):
    host: str
    port: int


class NoCertificate(ServiceError):
    """The listener on the local network has no certificate and none could be made."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"No certificate for the broker's listener on the network: {reason}.")
        self.reason = reason
        self.mend = "apt install openssl, or set lan_listener = false in [bus]"


def locate(paths: Paths, service: str) -> tuple[Address, Account]:
    """Where the broker listens and with which account `service` goes there.

    Raises Offline while the broker was never prepared, PermissionError for another's password.
    """
    try:
        address = msgspec.json.decode(_address_file(paths).read_bytes(), type=_Address)
        password = _password_file(paths, service).read_text("ascii")
    except FileNotFoundError as error:
        raise Offline(f"{error.filename} is not there yet") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Offline(f"{_address_file(paths)} is damaged") from None
    return Address(address.host, address.port), Account(service, password)


def box_id(paths: Paths, machine_id: Path = MACHINE_ID) -> str:
    """Eight hexadecimal digits that name this box for ever; made when they are first asked for.

    They come from the machine id by a keyed hash, since that is not to be told (machine-id(5)).
    """
    file = paths.state / "box-id"
    with contextlib.suppress(FileNotFoundError):
        text = file.read_text("ascii", errors="replace").strip()
        if re.fullmatch(r"[0-9a-f]{8}", text):
            return text
    try:
        machine = machine_id.read_text("ascii", errors="replace").strip()
    except OSError:
        machine = ""
    if re.fullmatch(r"[0-9a-f]{32}", machine):
        box = hmac.new(bytes.fromhex(machine), b"appliance", hashlib.sha256).hexdigest()[:8]
    else:
        box = secrets.token_hex(4)
    make_folder(paths.state, 0o755)
    write_file(file, f"{box}\n".encode(), 0o644)
    return box


def prepare(paths: Paths, *, demo: bool = False) -> Path:
    """Writes all that Mosquitto reads; the path of its configuration.

    With `demo`, virtual devices have an account; without it nothing is left of them. Raises
    WrongSetting and NoCertificate.
    """
    chosen = settings.load(paths.settings_file, SECTION, Settings)
    box = box_id(paths)
    folder = _runtime(paths)
    files = broker.Files(folder / "passwd", folder / "acl", folder / "store")
    make_folder(paths.config / "bus", 0o755)
    make_folder(files.store)
    _give(files.store, BROKER_ACCOUNT, 0o770)
    if not demo:
        _forget_demo(paths, files.store)
    household = _household(paths, chosen)
    lan = _lan_listener(paths, chosen, box)
    lines = [
        passwords.password_line(account, _password(paths, account))
        for account in (*SERVICES, OBSERVER, SPEAKER, HOUSEHOLD, *([DEMO] if demo else []))
    ]
    port = _free_port(paths)
    configuration = broker.configuration(
        box,
        port,
        files,
        user=_broker_user(),
        household=household,
        lan=lan,
        device_roots=chosen.device_roots,
    )
    written = folder / "mosquitto.conf"
    for file, text in (
        (files.passwords, "\n".join(lines) + "\n"),
        (files.access_list, access_list(box, chosen.device_roots, demo=demo)),
        (written, configuration),
    ):
        write_file(file, text.encode(), 0o640)
        _give(file, BROKER_ACCOUNT, 0o640)
    write_file(_address_file(paths), msgspec.json.encode(_Address(LOOPBACK, port)), 0o644)
    return written


def _forget_demo(paths: Paths, store: Path) -> None:
    """Devices that had no time to take themselves back would stay in the store as unavailable.
    What else is in there comes again from who said it, as after a reboot of the box."""
    password = _password_file(paths, DEMO)
    if password.exists():
        for file in store.iterdir():
            file.unlink()
        password.unlink()


def _runtime(paths: Paths) -> Path:
    folder = paths.runtime / "broker"
    make_folder(folder, 0o755)
    return folder


def _address_file(paths: Paths) -> Path:
    return paths.runtime / "broker" / "address.json"


def _password_file(paths: Paths, account: str) -> Path:
    return paths.config / "bus" / f"{account}.password"


def _password(paths: Paths, account: str) -> str:
    """The account's password, made once; only its service's group may read it."""
    file = _password_file(paths, account)
    if not file.exists():
        write_file(file, passwords.random_password().encode(), 0o640)
    _give(file, f"appliance-{account}", 0o640)
    return file.read_text("ascii")


def _give(path: Path, group: str, mode: int) -> None:
    """Lets a group of the box at `path`; on a PC, where there is none, all stays the caller's."""
    if os.geteuid() == 0:
        with contextlib.suppress(KeyError):
            os.chown(path, -1, grp.getgrnam(group).gr_gid)
    path.chmod(mode)


def _broker_user() -> str | None:
    """Whom Mosquitto shall become when root starts it: it takes `mosquitto` if nothing is said."""
    if os.geteuid() != 0:
        return None
    try:
        grp.getgrnam(BROKER_ACCOUNT)
    except KeyError:
        return "root"
    return BROKER_ACCOUNT


def _free_port(paths: Paths) -> int:
    """The last port while it is free, else the first, else any."""
    last = FIRST_PORT
    with contextlib.suppress(OSError, msgspec.DecodeError):
        last = msgspec.json.decode(_address_file(paths).read_bytes(), type=_Address).port
    for port in (last, FIRST_PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError, OverflowError):
                probe.bind((LOOPBACK, port))
                return int(probe.getsockname()[1])
    raise OSError("no free port on the loopback interface")


def _household(paths: Paths, chosen: Settings) -> broker.Household | None:
    if not chosen.household_host:
        return None
    return broker.Household(
        chosen.household_host,
        chosen.household_port,
        chosen.household_username,
        _household_password(paths, chosen),
        chosen.household_tls,
        paths.config / chosen.household_ca_file if chosen.household_ca_file else None,
    )


def _household_password(paths: Paths, chosen: Settings) -> str:
    if not chosen.household_password_file:
        return ""
    file = paths.config / chosen.household_password_file
    key = "household_password_file"
    if file.is_symlink():
        raise _wrong(paths, key, f"{file} must be a file, not a link")
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise _wrong(paths, key, f"{file} cannot be read: {reason}") from None
    password = text.removesuffix("\n").removesuffix("\r")
    if not password or password != password.strip() or re.search(r"[\x00-\x1f\x7f]", password):
        raise _wrong(paths, key, f"{file} must hold one line without spaces at its ends")
    return password


def _wrong(paths: Paths, key: str, problem: str) -> WrongSetting:
    file = paths.settings_file
    text = file.read_text("utf-8")
    return WrongSetting(file, f"{SECTION}.{key}", settings.locate(text, SECTION, key), problem)


def _lan_listener(paths: Paths, chosen: Settings, box: str) -> broker.LanListener | None:
    """The listener with its certificate, which is made once and signed by itself."""
    if not chosen.lan_listener:
        return None
    folder = paths.config / "bus" / "lan"
    make_folder(folder, 0o755)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if not (certificate.exists() and key.exists()):
        _make_certificate(folder, certificate, key, box)
    _give(key, BROKER_ACCOUNT, 0o640)
    certificate.chmod(0o644)
    return broker.LanListener(chosen.lan_port, certificate, key)


def _make_certificate(folder: Path, certificate: Path, key: Path, box: str) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        raise NoCertificate("the program openssl is not installed")
    new_key, new_certificate = folder / ".writing-key", folder / ".writing-certificate"
    name = f"appliance-{box}.local"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", str(CERTIFICATE_DAYS), "-subj", f"/CN={name}"]
    command += ["-addext", f"subjectAltName=DNS:{name}"]
    command += ["-keyout", str(new_key), "-out", str(new_certificate)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)  # noqa: S603 # our words only
    if done.returncode != 0:
        raise NoCertificate("openssl failed")
    write_file(key, new_key.read_bytes(), 0o640)
    write_file(certificate, new_certificate.read_bytes(), 0o644)
    new_key.unlink()
    new_certificate.unlink()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m appliance.service.broker")
    parser.add_argument("verb", choices=["prepare"], help="write what Mosquitto reads")
    parser.parse_args(arguments)
    log.configure("broker")
    try:
        prepare(Paths.from_environment(), demo=bool(os.environ.get(DEMO_SWITCH)))
    except ServiceError as error:
        logger.error("cannot prepare", extra={"reason": str(error), "mend": error.mend})  # noqa: TRY400
        return os.EX_CONFIG
    except OSError as error:
        mend = "make room on the disk, or let the folder be written"
        logger.error("cannot prepare", extra={"reason": error.strerror, "mend": mend})  # noqa: TRY400
        return os.EX_CANTCREAT
    return 0


if __name__ == "__main__":
    sys.exit(main())
