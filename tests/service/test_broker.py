"""What the broker and its clients find on disk before it starts."""

import errno
import socket
import stat
from pathlib import Path

import pytest

from appliance.bus.errors import Offline
from appliance.bus.topics import HOUSEHOLD, OBSERVER, SERVICES, SPEAKER
from appliance.service import broker
from appliance.service.errors import WrongSetting
from appliance.service.paths import Paths

ACCOUNTS = (*SERVICES, OBSERVER, SPEAKER, HOUSEHOLD)


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "data", tmp_path / "run")


def write_settings(paths: Paths, text: str) -> None:
    paths.config.mkdir(parents=True, exist_ok=True)
    paths.settings_file.write_text(text)


def test_the_box_id_comes_from_the_machine_id_without_telling_it(
    paths: Paths, tmp_path: Path
) -> None:
    machine = tmp_path / "machine-id"
    machine.write_text("0123456789abcdef0123456789abcdef\n")
    box = broker.box_id(paths, machine)
    other = Paths(tmp_path / "other", tmp_path / "run")
    assert broker.box_id(other, machine) == box
    assert box not in machine.read_text()


def test_the_box_id_stays_when_the_machine_id_changes(paths: Paths, tmp_path: Path) -> None:
    machine = tmp_path / "machine-id"
    machine.write_text("0123456789abcdef0123456789abcdef\n")
    box = broker.box_id(paths, machine)
    machine.write_text("f" * 32)
    assert broker.box_id(paths, machine) == box


@pytest.mark.parametrize("text", [None, "", "uninitialized\n"])
def test_without_a_machine_id_the_box_id_is_random(tmp_path: Path, text: str | None) -> None:
    machine = tmp_path / "machine-id"
    if text is not None:
        machine.write_text(text)
    boxes = {
        broker.box_id(Paths(tmp_path / str(number), tmp_path / "run"), machine)
        for number in range(3)
    }
    assert len(boxes) == 3


@pytest.mark.parametrize("damaged", [b"", b"\x00" * 8, b"../../x\n"])
def test_a_damaged_box_id_is_made_again(paths: Paths, tmp_path: Path, damaged: bytes) -> None:
    machine = tmp_path / "machine-id"
    machine.write_text("0123456789abcdef0123456789abcdef\n")
    box = broker.box_id(paths, machine)
    (paths.state / "box-id").write_bytes(damaged)
    assert broker.box_id(paths, machine) == box


def test_each_account_has_its_own_password_that_stays(paths: Paths) -> None:
    broker.prepare(paths)
    first = {account: broker.locate(paths, account)[1].password for account in ACCOUNTS}
    broker.prepare(paths)
    assert {account: broker.locate(paths, account)[1].password for account in ACCOUNTS} == first
    assert len(set(first.values())) == len(ACCOUNTS)


def test_secrets_are_for_owner_and_group_only(paths: Paths) -> None:
    written = broker.prepare(paths)
    secrets = [*(paths.config / "bus").glob("*.password"), *written.parent.glob("[mp]*")]
    assert len(secrets) == len(ACCOUNTS) + 2
    for file in secrets:
        assert stat.S_IMODE(file.stat().st_mode) == 0o640, file


def test_the_password_file_has_no_plain_password(paths: Paths) -> None:
    folder = broker.prepare(paths).parent
    lines = (folder / "passwd").read_text()
    for account in ACCOUNTS:
        assert broker.locate(paths, account)[1].password not in lines
        assert f"{account}:$7$" in lines


def test_an_account_shows_no_password_when_printed(paths: Paths) -> None:
    broker.prepare(paths)
    account = broker.locate(paths, "web")[1]
    assert account.password not in repr(account)


def test_the_last_port_is_kept_while_it_is_free(paths: Paths) -> None:
    broker.prepare(paths)
    port = broker.locate(paths, "web")[0].port
    broker.prepare(paths)
    assert broker.locate(paths, "web")[0].port == port
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        broker.prepare(paths)
    assert broker.locate(paths, "web")[0].port != port


def test_a_damaged_address_is_written_anew(paths: Paths) -> None:
    folder = broker.prepare(paths).parent
    (folder / "address.json").write_bytes(b'{"host": "127.0.0.1", "port": 99')
    with pytest.raises(Offline, match="damaged"):
        broker.locate(paths, "web")
    broker.prepare(paths)
    assert broker.locate(paths, "web")[0].host == "127.0.0.1"


def test_before_the_broker_is_prepared_there_is_no_place_to_go(paths: Paths) -> None:
    with pytest.raises(Offline, match="not there yet"):
        broker.locate(paths, "web")


def test_our_broker_listens_on_the_loopback_only_unless_asked(paths: Paths) -> None:
    lines = broker.prepare(paths).read_text().splitlines()
    listeners = [line for line in lines if line.startswith("listener")]
    assert listeners == [f"listener {broker.locate(paths, 'web')[0].port} 127.0.0.1"]
    assert not any(line.startswith("connection ") for line in lines)


def test_flash_is_spared_since_the_store_lies_in_the_runtime_folder(paths: Paths) -> None:
    text = broker.prepare(paths).read_text()
    assert f"persistence_location {paths.runtime}" in text


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        (None, "cannot be read: No such file"),
        (b"", "one line"),
        (b"two\nlines\n", "one line"),
        (b"x\nlistener 1883\n", "one line"),
        (b" spaces ", "one line"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_household_s_password_that_cannot_be_used_names_its_setting(
    paths: Paths, password: bytes | None, problem: str
) -> None:
    write_settings(paths, '[bus]\nhousehold_host = "broker"\nhousehold_password_file = "secret"\n')
    if password is not None:
        (paths.config / "secret").write_bytes(password)
    with pytest.raises(WrongSetting, match=problem) as raised:
        broker.prepare(paths)
    assert raised.value.key == "bus.household_password_file"
    assert raised.value.line == 3
    assert "listener" not in str(raised.value)


def test_a_link_to_a_password_is_not_followed(paths: Paths) -> None:
    write_settings(paths, '[bus]\nhousehold_host = "broker"\nhousehold_password_file = "secret"\n')
    (paths.data / "elsewhere").write_text("password of somebody else")
    (paths.config / "secret").symlink_to(paths.data / "elsewhere")
    with pytest.raises(WrongSetting, match="not a link"):
        broker.prepare(paths)


@pytest.mark.parametrize(
    "setting",
    [
        'household_host = "broker\\nlistener 1883"',
        'household_host = "broker address"',
        'household_username = "x\\nallow_anonymous true"',
        "household_port = 0",
        'household_ca_file = "a\\nb"',
        'household_ca_file = "/etc/ssl/private/key.pem"',
        'household_password_file = "/etc/shadow"',
        'household_password_file = "../state/secret"',
    ],
)
def test_no_setting_smuggles_a_line_into_the_broker_s_file(paths: Paths, setting: str) -> None:
    write_settings(paths, f"[bus]\n{setting}\n")
    with pytest.raises(WrongSetting) as raised:
        broker.prepare(paths)
    assert raised.value.line == 2
    assert not (paths.runtime / "broker" / "mosquitto.conf").exists()


def test_a_wrong_setting_ends_with_a_message_and_no_traceback(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_settings(paths, "[bus]\nlan_port = 0\n")
    monkeypatch.setenv("APPLIANCE_DATA", str(paths.data))
    monkeypatch.setenv("APPLIANCE_RUNTIME", str(paths.runtime))
    assert broker.main(["prepare"]) == 78
    said = capsys.readouterr().err
    assert "bus.lan_port" in said
    assert "Traceback" not in said


def test_without_openssl_the_listener_on_the_network_says_what_is_missing(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings(paths, "[bus]\nlan_listener = true\n")
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(broker.NoCertificate) as raised:
        broker.prepare(paths)
    assert "apt install openssl" in raised.value.mend


def test_a_full_disk_ends_with_a_message_and_no_traceback(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setenv("APPLIANCE_DATA", str(paths.data))
    monkeypatch.setenv("APPLIANCE_RUNTIME", str(paths.runtime))
    monkeypatch.setattr(broker, "write_file", fail)
    assert broker.main(["prepare"]) == 73
    said = capsys.readouterr().err
    assert "No space left" in said
    assert "Traceback" not in said
