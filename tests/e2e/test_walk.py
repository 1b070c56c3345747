"""A household's first evening with the box, in a real browser, on real photos and models."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from appliance.albums import queries
from tests.e2e.box import Box
from tests.e2e.conftest import MakeBox

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SORTED_LIMIT_MS = 60_000
NAME = "Theodora Quill"


@pytest.fixture
def page() -> Iterator[Page]:
    if not os.access(CHROMIUM, os.X_OK):
        pytest.skip("Debian's chromium is not installed (`make test` installs it)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser.new_page(locale="en-GB", viewport={"width": 1280, "height": 900})
        finally:
            browser.close()


def people(page: Page, url: str) -> list[str]:
    """The addresses of the people that the page lists."""
    page.goto(f"{url}people")
    links = page.locator("main a[href^='/people/']")
    found = [links.nth(number).get_attribute("href") or "" for number in range(links.count())]
    return sorted({address.strip("/") for address in found if address[8:].isdecimal()})


def wait_for_people(box: Box, page: Page, url: str, count: int) -> list[str]:
    return box.wait(
        f"{count} people on the page",
        lambda: found if len(found := people(page, url)) >= count else None,
        SORTED_LIMIT_MS / 1000,
    )


def searched(box: Box) -> int:
    """Photos on which faces were looked for."""
    reader = queries.open_library(box.data / "albums")
    try:
        (count,) = reader.execute("SELECT count(searched_by) FROM photo").fetchone()
    finally:
        reader.close()
    return int(count)


def test_photos_are_uploaded_sorted_named_merged_undone_and_forgotten(
    make_box: MakeBox, demo_folder: Path, page: Page
) -> None:
    box = make_box()
    box.start("--no-demo")
    url = box.ready()

    page.goto(f"{url}upload")
    photos = sorted(demo_folder.glob("group-*.jpg"))
    page.locator("#files").set_input_files([str(photo) for photo in photos])
    expect(page.get_by_text("All done.")).to_be_visible(timeout=SORTED_LIMIT_MS)

    page.goto(url)
    page.get_by_role("button", name="Yes, sort by people").first.click()
    expect(page.get_by_text("Faces are being compared")).to_be_visible()
    box.wait("every photo searched for faces", lambda: searched(box) == len(photos), 60)
    first, second = wait_for_people(box, page, url, 5)[:2]

    page.goto(url + first)
    page.locator("#name").fill(NAME)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name=NAME, level=1)).to_be_visible()

    before = len(people(page, url))
    page.goto(f"{url}{second}/merge")
    page.get_by_role("button", name=NAME).or_(page.get_by_role("link", name=NAME)).first.click()
    expect(page.get_by_text("Put together.")).to_be_visible()
    assert len(people(page, url)) == before - 1

    page.goto(f"{url}activity")
    page.get_by_role("button", name="Undo: Put together").click()
    expect(page.get_by_text("Undone.", exact=True)).to_be_visible()
    assert len(people(page, url)) == before

    page.goto(url + first)
    page.get_by_role("link", name="Forget this person").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    expect(page.get_by_text("Forgotten, for good.")).to_be_visible()
    assert first not in people(page, url)
    assert box.stop() == 0
    holders = [
        file
        for folder in ("albums", "state", "config")
        for file in (box.data / folder).rglob("*")
        if file.is_file() and NAME.encode() in file.read_bytes()
    ]
    assert holders == []
