"""Who may come in, from where, and what browsers may do with the answers."""

from dataclasses import replace

import pytest

from appliance.web.settings import Settings
from tests.web.conftest import Page, browser_of

PAGES = ("/", "/photos", "/people", "/settings", "/health", "/photos/1/thumbnail", "/events")
CHANGES = ("/people/1/name", "/people/1/forget", "/undo", "/settings/web", "/grouping", "/upload")


@pytest.mark.parametrize("host", ["localhost:8480", "127.0.0.1:8480", "[::1]:8480", "localhost."])
def test_names_of_this_machine_are_known(page: Page, host: str) -> None:
    assert page.browser.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "192.168.1.20", "evil.example:8480", "a@localhost",
     "localhost/evil", "", "::1", "[::1", "[localhost]"],
)  # fmt: skip
def test_other_names_are_refused_so_that_no_website_can_rebind_its_own(
    page: Page, host: str
) -> None:
    answer = page.browser.get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert "web.host_names" in answer.text


def test_a_configured_name_is_known(page: Page) -> None:
    parts = replace(page.parts, settings=Settings(host_names=["photos.example"]))
    answer = browser_of(parts).get("/", headers={"Host": "Photos.Example:8480"})
    assert answer.status_code == 200


def test_an_address_of_the_lan_is_known_when_the_page_is_open_to_it(page: Page) -> None:
    parts = replace(page.parts, settings=Settings(listen="lan"))
    assert browser_of(parts).get("/", headers={"Host": "192.168.1.20"}).status_code == 200


@pytest.mark.parametrize("peer", ["192.168.1.7", "::ffff:192.168.1.7", "2001:db8::7", "unix"])
def test_without_a_password_other_machines_stay_out(page: Page, peer: str) -> None:
    answer = page.stranger(peer).get("/")
    assert answer.status_code == 403
    assert "password" in answer.text


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_without_a_password_this_machine_comes_in(page: Page, peer: str) -> None:
    assert page.stranger(peer).get("/").status_code == 200


@pytest.mark.parametrize("path", CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8480"},
    ],
)
def test_no_other_website_can_change_anything(
    page: Page, path: str, headers: dict[str, str]
) -> None:
    answer = page.browser.post(path, headers=headers, data={"entry": "1", "name": "Eve"})
    assert answer.status_code == 403
    assert page.messenger.asked == []


def test_a_browser_without_fetch_metadata_is_known_by_its_origin(page: Page) -> None:
    del page.browser.headers["sec-fetch-site"]
    own = {"Origin": "http://localhost:8480"}
    assert page.browser.post("/undo", data={"entry": "1"}, headers=own).status_code == 303
    assert page.browser.post("/undo", data={"entry": "1"}).status_code == 403


def test_behind_a_proxy_that_speaks_tls_the_page_is_known(page: Page) -> None:
    own = {"Origin": "https://localhost:8480"}
    assert page.browser.post("/undo", data={"entry": "1"}, headers=own).status_code == 303
    del page.browser.headers["sec-fetch-site"]
    assert page.browser.post("/undo", data={"entry": "1"}, headers=own).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_whom_a_proxy_on_this_machine_speaks_for_is_not_this_machine(
    page: Page, header: str
) -> None:
    answer = page.browser.get("/", headers={header: "127.0.0.1"})
    assert answer.status_code == 403
    assert "password" in answer.text


def test_an_address_longer_than_any_is_refused(page: Page) -> None:
    assert page.browser.get("/photos/" + "9" * 5_000).status_code == 414


def test_a_form_that_is_too_large_is_refused(page: Page) -> None:
    answer = page.browser.post("/people/1/name", data={"name": "x" * 300_000})
    assert answer.status_code == 413
    assert page.messenger.asked == []


@pytest.mark.parametrize("path", PAGES)
def test_with_a_password_nothing_is_shown_before_logging_in(page: Page, path: str) -> None:
    page.parts.password.set("correct horse")
    answer = page.browser.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=")
    assert page.browser.get(path, headers={"Accept": "image/*"}).status_code == 401


@pytest.mark.parametrize("path", CHANGES)
def test_with_a_password_nothing_is_changed_before_logging_in(page: Page, path: str) -> None:
    page.parts.password.set("correct horse")
    assert page.browser.post(path, data={"entry": "1"}).status_code == 401
    assert page.messenger.asked == []


def test_a_part_of_a_view_leads_to_the_login_when_the_session_is_over(page: Page) -> None:
    page.parts.password.set("correct horse")
    answer = page.browser.get("/notice", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/login")


@pytest.mark.parametrize("path", ["/login", "/healthz", "/static/tokens.css"])
def test_with_a_password_these_stay_open(page: Page, path: str) -> None:
    page.parts.password.set("correct horse")
    assert page.browser.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/", "/nothing", "/static/page.js", "/photos/1/thumbnail"])
def test_every_answer_forbids_what_the_page_does_not_need(page: Page, path: str) -> None:
    headers = page.browser.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_views_are_not_kept_by_the_browser(page: Page) -> None:
    assert page.browser.get("/people").headers["cache-control"] == "no-store"
