"""What each view shows: with photos, without, with things missing, without JavaScript."""

import re

import pytest

from appliance.albums import queries
from appliance.bus.messages.albums import PhotoImported
from appliance.bus.messages.service import Availability, Health, Reason
from appliance.service.paths import Paths
from appliance.web.views.photos import BLOCK, months
from tests.web.conftest import Browser, Page, make_page
from tests.web.household import Household

VIEWS = (
    "/", "/photos", "/people", "/activity", "/quarantine", "/models", "/settings", "/health",
    "/more", "/upload", "/notice",
)  # fmt: skip
ONES = (
    "/photos/1", "/photos/day/2026-11-21", "/people/1", "/people/1/merge", "/people/1/forget",
    "/people/1/same/2", "/quarantine/1/discard", "/people?q=ad", "/grouping/stop",
)  # fmt: skip


def tell(page: Page, **health: object) -> None:
    """Says something of albums, as the bus would."""
    facts: dict[str, object] = {
        "state": "ok", "pid": 4711, "software": "0.1.0", "pss_mb": 96.4, "started_at": "",
    }  # fmt: skip
    message = Health(**(facts | health))  # type: ignore[arg-type]
    Browser.loop.run(page.parts.status.take_health(message, "albums"))


def is_away(page: Page) -> None:
    status = page.parts.status
    Browser.loop.run(status.take_availability(Availability.OFFLINE, "albums"))


@pytest.mark.parametrize("path", VIEWS + ONES)
def test_every_view_is_a_whole_page_with_one_heading(page: Page, path: str) -> None:
    answer = page.browser.get(path)
    assert answer.status_code == 200
    if path != "/notice":
        assert answer.text.count("<h1") == 1
        assert "<main" in answer.text


@pytest.mark.parametrize("path", VIEWS)
def test_every_view_says_something_without_photos(empty_page: Page, path: str) -> None:
    assert empty_page.browser.get(path).status_code == 200


@pytest.mark.parametrize("path", VIEWS)
def test_every_view_says_something_before_albums_has_ever_run(paths: Paths, path: str) -> None:
    assert make_page(paths).browser.get(path).status_code == 200


def test_a_home_without_photos_invites_to_bring_some(empty_page: Page) -> None:
    text = empty_page.browser.get("/").text
    assert "Bring your first photos" in text
    assert 'href="/upload"' in text


def test_home_asks_one_question_at_a_time(page: Page) -> None:
    text = page.browser.get("/").text
    assert text.count('id="question"') == 1
    assert "Is this the same person?" in text


def test_a_question_that_nobody_can_answer_is_passed_over(page: Page) -> None:
    first = page.browser.get("/").text
    skip = re.search(r'href="(/\?skip=[^"]+)"', first)
    assert skip
    assert "Who is this?" in page.browser.get(skip[1]).text


def test_home_asks_to_agree_before_photos_are_sorted_by_people(
    page: Page, household: Household
) -> None:
    with household.database.transaction() as connection:
        connection.execute("DELETE FROM consent")
    text = page.browser.get("/").text
    assert "Shall photos be sorted by the people in them?" in text
    assert "Who is this?" not in text


def test_home_tells_what_came_in(page: Page) -> None:
    event = PhotoImported(event_type="imported", photo=1, faces=2, people=[1, 2])
    Browser.loop.run(page.parts.status.take_import(event, "albums"))
    assert "A photo of 2 people came in" in page.browser.get("/").text


def test_the_names_of_people_are_escaped(page: Page, household: Household) -> None:
    with household.database.transaction() as connection:
        connection.execute("UPDATE person SET name = '<script>alert(1)</script>' WHERE id = 1")
    for path in ("/", "/people", "/people/1", "/photos/1"):
        assert "<script>alert" not in page.browser.get(path).text


@pytest.mark.parametrize("path", ["/", "/photos", "/people", "/photos/1", "/health"])
def test_photos_are_shown_while_albums_is_away_and_the_page_says_so(page: Page, path: str) -> None:
    is_away(page)
    answer = page.browser.get(path)
    assert answer.status_code == 200
    assert "Sorting photos has stopped" in answer.text


def test_the_page_says_when_the_parts_cannot_talk(page: Page) -> None:
    page.parts.status.connected = False
    assert "cannot talk to each other" in page.browser.get("/").text


def test_health_shows_reasons_with_the_command_that_mends_them(page: Page) -> None:
    reason = Reason(rule="models", message="A model is missing.", mend="appliance models fetch")
    tell(page, state="degraded", reasons=[reason])
    text = page.browser.get("/health").text
    assert "A model is missing." in text
    assert 'data-copy="appliance models fetch"' in text


def test_health_says_how_to_start_a_service_that_is_away(page: Page) -> None:
    is_away(page)
    assert "systemctl restart appliance-albums" in page.browser.get("/health").text


def test_models_say_which_command_brings_what_is_missing(page: Page) -> None:
    text = page.browser.get("/models").text
    assert "appliance models fetch yunet" in text
    assert "Not here" in text


def test_the_first_photos_stand_in_the_timeline_itself(page: Page) -> None:
    assert "/photos/1/thumbnail" in page.browser.get("/photos").text


def test_blocks_come_when_they_are_scrolled_to(page: Page, household: Household) -> None:
    with household.database.reading() as reader:
        counts = {day.day: day.photos for day in queries.days(reader)}
    text = page.browser.get("/photos/blocks?block=2026-11-21:0&block=none:0").text
    assert 'data-block="2026-11-21:0"' in text
    assert 'data-block="none:0"' in text
    assert text.count("/thumbnail") == counts["2026-11-21"] + counts[None]


@pytest.mark.parametrize("block", ["2026-11-21", "x:y", ":", "2026-11-21:-1", "2026-11-21:1e3", ""])
def test_a_block_that_is_none_is_refused(page: Page, block: str) -> None:
    assert page.browser.get("/photos/blocks", params={"block": block}).status_code == 400


def test_a_long_day_is_cut_into_blocks_of_known_size() -> None:
    days = [queries.Day("2026-11-21", 2 * BLOCK + 1), queries.Day(None, 3)]
    first, unknown = months(days)
    assert [block.count for block in first.sections[0].blocks] == [BLOCK, BLOCK, 1]
    assert [block.key for block in first.sections[0].blocks][-1] == f"2026-11-21:{2 * BLOCK}"
    assert unknown.month is None


@pytest.mark.parametrize(
    "path",
    ["/photos/999", "/people/999", "/people/999/merge", "/people/999/forget", "/people/1/same/999",
     "/photos/999/thumbnail", "/photos/1/faces/999/crop", "/people/999/cover", "/photos/0",
     "/photos/99999999999999999999", "/photos/day/2031-01-01", "/quarantine/999/discard",
     "/nothing", "/photos/one", "/static/../guard.py", "/static/none.css"],
)  # fmt: skip
def test_what_is_not_there_says_so(page: Page, path: str) -> None:
    assert page.browser.get(path).status_code == 404


def test_somebody_who_was_merged_is_found_under_the_other(page: Page, household: Household) -> None:
    with household.database.transaction() as connection:
        connection.execute("INSERT INTO alias VALUES (77, 1)")
    answer = page.browser.get("/people/77")
    assert (answer.status_code, answer.headers["location"]) == (303, "/people/1")


def test_a_library_of_another_version_says_what_to_do(page: Page, household: Household) -> None:
    with household.database.transaction() as connection:
        connection.execute("PRAGMA user_version = 99")
    answer = page.browser.get("/photos")
    assert answer.status_code == 503
    assert "update the appliance" in answer.text


def test_the_theme_is_a_setting(paths: Paths) -> None:
    from appliance.web.settings import Settings

    page = make_page(paths, Settings(theme="dark"))
    assert 'data-theme="dark"' in page.browser.get("/").text


def test_a_damaged_library_is_said_with_its_mend(page: Page, household: Household) -> None:
    with household.database.reading() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = household.paths.albums / queries.DATABASE
    path.write_bytes(path.read_bytes()[:100] + b"\xa5" * (path.stat().st_size - 100))
    answer = page.browser.get("/photos")
    assert answer.status_code == 503
    assert "appliance restart albums" in answer.text
    assert "safe" in answer.text


def test_health_shows_memory_beside_the_budget_that_the_service_named(page: Page) -> None:
    tell(page, pss_mb=96.4, budget_mb=250)
    assert "96 of 250 MB" in page.browser.get("/health").text
    tell(page, pss_mb=96.4)  # a service of an older version says none
    assert "96 MB" in page.browser.get("/health").text


def test_a_photo_that_was_too_large_to_open_says_so(page: Page, household: Household) -> None:
    note = page.parts.texts("photo.too_large")
    assert note not in page.browser.get("/photos/1").text
    with household.database.transaction() as connection:
        connection.execute("UPDATE photo SET whole = 0 WHERE id = 1")
    assert note in page.browser.get("/photos/1").text
