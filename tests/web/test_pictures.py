"""Picture files: by the ids of the database, kept by browsers as long as they may be."""

import shutil

import pytest

from appliance.bus.errors import NoAnswer
from appliance.bus.messages.albums import MakePreview, PreviewReady
from appliance.bus.messages.service import Availability
from tests.web.conftest import Browser, Page
from tests.web.household import Household


def original(household: Household) -> bytes:
    with household.database.reading() as reader:
        file = reader.execute("SELECT file FROM photo WHERE id = 1").fetchone()[0]
    return (household.paths.library / file).read_bytes()


def test_a_thumbnail_is_a_webp_picture(page: Page) -> None:
    answer = page.browser.get("/photos/1/thumbnail")
    assert answer.headers["content-type"] == "image/webp"
    assert answer.content[8:12] == b"WEBP"


@pytest.mark.parametrize("path", ["/photos/1/thumbnail", "/people/1/cover"])
def test_a_browser_that_has_a_picture_is_told_so(page: Page, path: str) -> None:
    etag = page.browser.get(path).headers["etag"]
    again = page.browser.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_faces_are_asked_for_each_time_so_that_forgotten_ones_are_gone(page: Page) -> None:
    assert page.browser.get("/people/1/cover").headers["cache-control"] == "private, no-cache"


def test_a_missing_preview_is_made_when_it_is_first_looked_at(
    page: Page, household: Household
) -> None:
    folder = household.paths.albums / "previews"
    folder.mkdir()
    (folder / "made.jpg").write_bytes(b"made")
    page.messenger.answer = PreviewReady(file="previews/made.jpg")
    assert page.browser.get("/photos/1/preview").content == b"made"
    assert page.messenger.asked == [MakePreview(photo=1)]


def test_while_albums_is_away_the_original_stands_in_for_the_preview(
    page: Page, household: Household
) -> None:
    Browser.loop.run(page.parts.status.take_availability(Availability.OFFLINE, "albums"))
    answer = page.browser.get("/photos/1/preview")
    assert answer.content == original(household)
    assert answer.headers["cache-control"] == "no-store"
    assert page.messenger.asked == []


def test_when_albums_does_not_answer_the_original_stands_in(
    page: Page, household: Household
) -> None:
    page.messenger.answer = NoAnswer("albums/preview", "albums", 8.0)
    assert page.browser.get("/photos/1/preview").content == original(household)


def test_an_original_that_browsers_cannot_draw_gives_way_to_the_thumbnail(
    page: Page, household: Household
) -> None:
    page.messenger.answer = NoAnswer("albums/preview", "albums", 8.0)
    with household.database.transaction() as connection:
        connection.execute("UPDATE photo SET format = 'heic' WHERE id = 1")
    assert page.browser.get("/photos/1/preview").content[8:12] == b"WEBP"


def test_a_preview_outside_the_albums_folder_is_never_sent(
    page: Page, household: Household
) -> None:
    secret = household.paths.config / "secret"
    secret.write_text("secret")
    page.messenger.answer = PreviewReady(file=str(secret))
    assert page.browser.get("/photos/1/preview").content == original(household)


def test_the_original_is_saved_under_the_name_it_had(page: Page, household: Household) -> None:
    answer = page.browser.get("/photos/1/original")
    assert 'filename="IMG_0000.jpg"' in answer.headers["content-disposition"]
    assert answer.content == original(household)


def test_an_original_called_like_a_script_is_served_as_none(
    page: Page, household: Household
) -> None:
    with household.database.transaction() as connection:
        row = connection.execute("SELECT file FROM photo WHERE id = 1").fetchone()
        (household.paths.library / row[0]).rename(household.paths.library / "photo.js")
        connection.execute("UPDATE photo SET file = 'photo.js' WHERE id = 1")
    answer = page.browser.get("/photos/1/original")
    assert answer.headers["content-type"] == "application/octet-stream"


def test_a_name_that_tries_to_leave_its_folder_is_only_a_name(
    page: Page, household: Household
) -> None:
    with household.database.transaction() as connection:
        connection.execute("UPDATE photo SET name = '../../etc/passwd' WHERE id = 1")
    answer = page.browser.get("/photos/1/original")
    assert 'filename="passwd"' in answer.headers["content-disposition"]


def test_a_photo_whose_files_are_gone_is_not_found(page: Page, household: Household) -> None:
    shutil.rmtree(household.paths.albums / "thumbnails")
    assert page.browser.get("/photos/1/thumbnail").status_code == 404


def test_static_files_are_kept_for_ever_under_the_address_with_their_hash(page: Page) -> None:
    text = page.browser.get("/").text
    address = text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in page.browser.get(address).headers["cache-control"]
