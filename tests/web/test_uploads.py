"""Uploads: a file arrives whole or not at all, under a name that can do no harm."""

import errno
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect

from appliance.service.durable import TEMPORARY_PREFIX
from appliance.service.paths import Paths
from appliance.web.errors import UploadRefused
from appliance.web.settings import Settings
from appliance.web.uploads import NAME_BYTES, Spool, quoted_name
from tests.web.conftest import Browser, Page, make_page


def arrived(paths: Paths) -> dict[str, bytes]:
    """Names as they were sent, and contents."""
    return {unquote(path.name[33:]): path.read_bytes() for path in paths.uploads.iterdir()}


@pytest.fixture
def spool(paths: Paths) -> Spool:
    made = Spool(paths.uploads, limit_mb=2, reserve_mb=1)
    made.prepare()
    return made


async def pieces(*parts: bytes | Exception) -> AsyncIterator[bytes]:
    for part in parts:
        if isinstance(part, Exception):
            raise part
        yield part


def test_a_file_arrives_whole_under_its_name(spool: Spool, paths: Paths) -> None:
    Browser.loop.run(spool.take("Ida & Åse.jpg", pieces(b"one", b"two")))
    assert arrived(paths) == {"Ida & Åse.jpg": b"onetwo"}


def test_an_upload_that_breaks_off_leaves_nothing(spool: Spool, paths: Paths) -> None:
    with pytest.raises(ClientDisconnect):
        Browser.loop.run(spool.take("a.jpg", pieces(b"x" * 1_500_000, ClientDisconnect())))
    assert arrived(paths) == {}


@pytest.mark.parametrize("announced", [3_000_000, None])
def test_a_file_that_is_too_large_is_refused(
    spool: Spool, paths: Paths, announced: int | None
) -> None:
    with pytest.raises(UploadRefused) as refused:
        Browser.loop.run(spool.take("a.jpg", pieces(*[b"x" * 500_000] * 6), announced))
    assert refused.value.status == 413
    assert arrived(paths) == {}


def test_a_full_disk_is_said_and_leaves_nothing(
    spool: Spool, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = os.statvfs_result((4096, 4096, 1000, 100, 100, 0, 0, 0, 0, 255))
    monkeypatch.setattr("appliance.web.uploads.os.statvfs", lambda _: full)
    with pytest.raises(UploadRefused) as refused:
        Browser.loop.run(spool.take("a.jpg", pieces(b"x")))
    assert (refused.value.status, refused.value.text) == (507, "upload.full")
    assert arrived(paths) == {}


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_meanwhile_is_said_and_leaves_nothing(
    spool: Spool, paths: Paths, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def fail(*_: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr("appliance.web.uploads.move_file", fail)
    with pytest.raises(UploadRefused):
        Browser.loop.run(spool.take("a.jpg", pieces(b"x")))
    assert arrived(paths) == {}


def test_what_a_crash_left_half_written_is_removed_at_the_next_start(
    spool: Spool, paths: Paths
) -> None:
    (paths.uploads / f"{TEMPORARY_PREFIX}0123").write_bytes(b"half")
    spool.prepare()
    assert arrived(paths) == {}


@given(st.text())
def test_any_name_becomes_one_name_in_the_folder(name: str) -> None:
    quoted = quoted_name(name)
    assert 0 < len(quoted.encode()) <= NAME_BYTES
    assert "/" not in quoted
    assert not set(quoted) & {"\0", "\n", "\\"}


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="/\\\0"), max_size=20))
def test_a_short_name_comes_back_as_it_was(stem: str) -> None:
    name = f"{stem.strip()}.jpg"
    assert unquote(quoted_name(name)) == name.strip()


def test_a_long_name_keeps_its_ending() -> None:
    assert quoted_name("ä" * 300 + ".heic").endswith(".heic")


def test_the_browser_sends_one_file_as_the_body_of_a_request(empty_page: Page) -> None:
    answer = empty_page.browser.post("/upload/file?name=IMG_1.jpg", content=b"picture")
    assert answer.status_code == 201
    assert "Arrived" in answer.json()["message"]
    assert arrived(empty_page.parts.paths) == {"IMG_1.jpg": b"picture"}


def test_the_browser_is_told_why_a_file_was_not_taken(paths: Paths) -> None:
    page = make_page(paths, Settings(upload_limit_mb=1))
    paths.uploads.mkdir(parents=True)
    answer = page.browser.post("/upload/file?name=a.jpg", content=b"x" * 1_100_000)
    assert answer.status_code == 413
    assert "1 MB" in answer.json()["message"]


def test_many_files_come_by_the_plain_form(empty_page: Page) -> None:
    files = [("files", (f"IMG_{n}.jpg", bytes([n]) * n * 700_000)) for n in range(1, 4)]
    answer = empty_page.browser.post("/upload", files=files, data={"note": "no file"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/photos")
    assert {name: len(data) for name, data in arrived(empty_page.parts.paths).items()} == {
        "IMG_1.jpg": 700_000,
        "IMG_2.jpg": 1_400_000,
        "IMG_3.jpg": 2_100_000,
    }
    assert "3 photos arrived" in empty_page.browser.get("/photos").text


@pytest.mark.parametrize("name", ["Zoë.jpg", "фото.jpg", "写真 🐈.jpg"])
def test_names_in_any_script_come_by_the_plain_form(empty_page: Page, name: str) -> None:
    head = f'Content-Disposition: form-data; name="files"; filename="{name}"'
    body = f"--b\r\n{head}\r\n\r\nphoto\r\n--b--\r\n".encode()
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    assert empty_page.browser.post("/upload", content=body, headers=kind).status_code == 303
    assert arrived(empty_page.parts.paths) == {name: b"photo"}


def test_a_plain_form_without_a_file_says_so(empty_page: Page) -> None:
    empty_page.browser.post("/upload", files=[("files", ("", b""))])
    assert "No file was chosen." in empty_page.browser.get("/upload").text


def test_a_plain_form_keeps_what_arrived_before_a_refused_file(empty_page: Page) -> None:
    page = empty_page
    parts = replace(page.parts, settings=Settings(upload_limit_mb=1))
    browser = Browser(parts, "127.0.0.1")
    files = [("files", ("small.jpg", b"x")), ("files", ("large.jpg", b"x" * 1_100_000))]
    browser.post("/upload", files=files)
    assert arrived(parts.paths) == {"small.jpg": b"x"}
    assert "Too large" in browser.get("/upload").text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("text/plain", b"x"),
        ("multipart/form-data; boundary=b", b"no boundary here"),
        ("multipart/form-data; boundary=" + "b" * 5_000, b"x"),
        ("multipart/form-data; boundary=b", b"--b\r\nA" + b"a" * 10_000),
        ("multipart/form-data; boundary=b",
         b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\ncut off'),
    ],
)  # fmt: skip
def test_a_malformed_form_leaves_nothing(empty_page: Page, kind: str, body: bytes) -> None:
    answer = empty_page.browser.post("/upload", content=body, headers={"Content-Type": kind})
    assert answer.status_code in {303, 400}
    assert arrived(empty_page.parts.paths) == {}
