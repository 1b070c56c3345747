"""The password, sessions, and the limit on attempts."""

import errno
import stat
from datetime import timedelta

import pytest

from appliance.service.paths import Paths
from appliance.web.errors import TooManyAttempts, WrongPassword
from appliance.web.passwords import PasswordFile
from appliance.web.sessions import ATTEMPTS, COOKIE, SESSIONS, AttemptLimit, Sessions
from tests.web.conftest import Page, SetClock

PASSWORD = "correct horse"


@pytest.fixture
def locked(page: Page) -> Page:
    """The page with a password."""
    page.parts.password.set(PASSWORD)
    return page


def test_the_right_password_opens_the_page(locked: Page) -> None:
    answer = locked.browser.post("/login", data={"password": PASSWORD, "next": "/people"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/people")
    assert locked.browser.get("/people").status_code == 200


def test_the_cookie_is_kept_from_scripts_and_other_sites(locked: Page) -> None:
    answer = locked.browser.post("/login", data={"password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie


def test_a_wrong_password_says_so_and_opens_nothing(locked: Page) -> None:
    answer = locked.browser.post("/login", data={"password": "battery staple"})
    assert answer.status_code == 403
    assert "not the password" in answer.text
    assert COOKIE not in locked.browser.cookies


def test_attempts_are_limited_for_each_device(locked: Page) -> None:
    for _ in range(ATTEMPTS):
        locked.browser.post("/login", data={"password": "guess"})
    answer = locked.browser.post("/login", data={"password": PASSWORD})
    assert answer.status_code == 429
    assert "seconds" in answer.text
    other = locked.stranger()
    assert other.post("/login", data={"password": PASSWORD}).status_code == 303


def test_an_attempt_comes_back_after_half_a_minute() -> None:
    clock = SetClock()
    limit = AttemptLimit(clock)
    for _ in range(ATTEMPTS):
        limit.take("peer")
    with pytest.raises(TooManyAttempts) as refused:
        limit.take("peer")
    clock.seconds += refused.value.wait_s
    limit.take("peer")


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", ""])
def test_logging_in_never_leads_to_another_website(locked: Page, path: str) -> None:
    answer = locked.browser.post("/login", data={"password": PASSWORD, "next": path})
    assert answer.headers["location"] == "/"


def test_logging_out_ends_the_session_on_the_box(locked: Page) -> None:
    locked.browser.post("/login", data={"password": PASSWORD})
    token = locked.browser.cookies[COOKIE]
    locked.browser.post("/logout")
    assert not locked.parts.sessions.valid(token)
    assert locked.browser.get("/").status_code == 303


def test_setting_a_password_logs_this_device_in_and_the_others_out(page: Page) -> None:
    answer = page.browser.post("/settings/password", data={"password": PASSWORD})
    assert answer.status_code == 303
    assert page.browser.get("/settings").status_code == 200
    assert page.stranger().get("/settings").status_code == 303


def test_changing_the_password_needs_the_one_before(locked: Page) -> None:
    locked.browser.post("/login", data={"password": PASSWORD})
    form = {"password": "new password", "current": "guess"}
    assert locked.browser.post("/settings/password", data=form).status_code == 422
    locked.parts.password.check(PASSWORD)
    form["current"] = PASSWORD
    assert locked.browser.post("/settings/password", data=form).status_code == 303
    locked.parts.password.check("new password")


def test_a_short_password_is_refused_at_its_field(page: Page) -> None:
    answer = page.browser.post("/settings/password", data={"password": "short"})
    assert answer.status_code == 422
    assert "Too short" in answer.text
    assert not page.parts.password.is_set


def test_removing_the_password_closes_the_page_to_other_machines(locked: Page) -> None:
    locked.browser.post("/login", data={"password": PASSWORD})
    form = {"current": PASSWORD, "remove": "yes"}
    assert locked.browser.post("/settings/password", data=form).status_code == 303
    assert locked.stranger("192.168.1.7").get("/").status_code == 403


def test_the_file_holds_a_hash_that_only_the_page_can_read(paths: Paths) -> None:
    file = PasswordFile(paths.config / "web" / "password")
    file.set(PASSWORD)
    path = paths.config / "web" / "password"
    assert PASSWORD not in path.read_text()
    assert path.read_text().startswith("scrypt$")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "scrypt$1", "plain$a$b$c$d$e", "scrypt$16384$8$5$!!$!!"])
def test_a_damaged_password_file_lets_nobody_in(paths: Paths, text: str) -> None:
    paths.config.mkdir(parents=True)
    (paths.config / "password").write_text(text)
    with pytest.raises(WrongPassword):
        PasswordFile(paths.config / "password").check(PASSWORD)


def test_sessions_outlive_a_restart_of_the_page_and_end_with_their_days(paths: Paths) -> None:
    clock = SetClock()
    token = Sessions(paths.config / "sessions.json", 30, clock).start()
    assert token not in (paths.config / "sessions.json").read_text()
    again = Sessions(paths.config / "sessions.json", 30, clock)
    assert again.valid(token)
    assert clock.time is not None
    clock.time += timedelta(days=31)
    assert not again.valid(token)


def test_no_session_ends_while_the_time_is_unknown(paths: Paths) -> None:
    clock = SetClock()
    sessions = Sessions(paths.config / "sessions.json", 30, clock)
    token = sessions.start()
    clock.time = None
    assert sessions.valid(token)


def test_the_oldest_of_too_many_devices_is_logged_out(paths: Paths) -> None:
    sessions = Sessions(paths.config / "sessions.json", 30, SetClock())
    tokens = [sessions.start() for _ in range(SESSIONS + 1)]
    assert not sessions.valid(tokens[0])
    assert sessions.valid(tokens[1])


@pytest.mark.parametrize("token", [None, "", "x", "x" * 5000])
def test_a_made_up_token_is_no_session(page: Page, token: str | None) -> None:
    assert not page.parts.sessions.valid(token)


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full: no file can be written."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for module in ("passwords", "sessions"):
        monkeypatch.setattr(f"appliance.web.{module}.write_file", fail)


@pytest.mark.usefixtures("full")
def test_a_full_disk_keeps_nobody_from_logging_in(paths: Paths) -> None:
    clock = SetClock()
    sessions = Sessions(paths.config / "web/sessions.json", 30, clock)
    assert sessions.valid(sessions.start())


def test_a_session_that_ends_on_a_full_disk_does_not_come_back(
    paths: Paths, request: pytest.FixtureRequest
) -> None:
    file = paths.config / "web/sessions.json"
    sessions = Sessions(file, 30, SetClock())
    token = sessions.start()
    request.getfixturevalue("full")
    sessions.end(token)
    assert not Sessions(file, 30, SetClock()).valid(token)


def test_a_password_that_cannot_be_saved_is_said_and_the_old_one_holds(
    locked: Page, request: pytest.FixtureRequest
) -> None:
    locked.browser.post("/login", data={"password": PASSWORD})
    request.getfixturevalue("full")
    form = {"current": PASSWORD, "password": "another password"}
    answer = locked.browser.post("/settings/password", data=form)
    assert answer.status_code == 507
    assert "No space left" in answer.text
    locked.parts.password.check(PASSWORD)
    assert locked.browser.get("/settings").status_code == 200
