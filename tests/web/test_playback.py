"""A camera's recordings on the page: its days, when something was recorded, the pieces."""

import datetime as dt
import os
import re
import struct
from pathlib import Path

import pytest

from appliance.camera import queries
from appliance.camera.footage.recordings import name_of
from tests.web.camera_neighbour import CAMERAS, RUNNER, add, journal_of
from tests.web.conftest import Page

NOW = dt.datetime(2026, 11, 23, 17, 30, tzinfo=dt.UTC)
"""As `conftest.SetClock` stands."""
NOW_MS = round(NOW.timestamp() * 1000)
VIEW = "/cameras/front_door/recordings"


def box(kind: bytes, size_bytes: int) -> bytes:
    return struct.pack(">I4s", size_bytes, kind) + bytes(size_bytes - 8)


HEAD = box(b"ftyp", 24) + box(b"moov", 600)
FRAGMENT = box(b"moof", 100) + box(b"mdat", 5_000)
PIECE = HEAD + 20 * FRAGMENT


def at_ms(day: int, hour: int, minute: int = 0, second: int = 0) -> int:
    """A time of November, where the box stands."""
    moment = dt.datetime(2026, 11, day, hour, minute, second).astimezone()
    return round(moment.timestamp() * 1000)


def keep(page: Page, start_ms: int, data: bytes = PIECE, written_ms: int = 0) -> Path:
    """A piece of ten seconds."""
    path = page.parts.paths.camera / queries.RECORDINGS / "front_door" / name_of(start_ms)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, ((written_ms or start_ms + 10_000) / 1000,) * 2)
    return path


def hour_of(page: Page, begin_ms: int) -> None:
    for number in range(360):
        keep(page, begin_ms + number * 10_000, b"")


@pytest.fixture
def cameras(empty_page: Page) -> Page:
    with journal_of(empty_page.parts.paths.camera) as journal:
        journal.replace_cameras(CAMERAS)
    return empty_page


def recorded_minutes(text: str) -> list[list[float]]:
    found = re.search(r'data-recorded="([^"]*)"', text)
    assert found
    return [[float(each) for each in pair.split("-")] for pair in found[1].split(",")]


def test_a_day_shows_where_there_are_recordings_and_events(cameras: Page) -> None:
    hour_of(cameras, at_ms(22, 9))
    hour_of(cameras, at_ms(22, 11, 30))
    with journal_of(cameras.parts.paths.camera) as journal:
        add(journal, cameras.parts.paths.camera, at_ms(22, 12, 42), RUNNER)
    text = cameras.browser.get(f"{VIEW}?day=2026-11-22").text
    assert recorded_minutes(text) == [[540, 600], [690, 750]]
    assert f'data-at="{at_ms(22, 12)}"' in text
    assert f'data-at="{at_ms(22, 9)}" data-gap=' in text  # where playing begins


def test_days_of_recordings_can_be_chosen_the_newest_first(cameras: Page) -> None:
    for day in (14, 20, 23):
        keep(cameras, at_ms(day, 8))
    text = cameras.browser.get(f"{VIEW}?day=2026-11-20").text
    assert re.findall(r'<option value="([^"]+)"', text) == [
        "2026-11-23",
        "2026-11-20",
        "2026-11-14",
    ]
    assert f'href="{VIEW}?day=2026-11-14" aria-label="The day before"' in text
    assert f'href="{VIEW}?day=2026-11-23" aria-label="The day after"' in text


def test_without_a_day_the_newest_is_shown_and_of_today_its_end(cameras: Page) -> None:
    keep(cameras, at_ms(20, 8))
    assert 'value="2026-11-20" selected' in cameras.browser.get(VIEW).text
    hour_of(cameras, NOW_MS - 3_600_000)
    text = cameras.browser.get(VIEW).text
    assert f'data-at="{NOW_MS - 60_000}"' in text
    assert "data-plays data-gap" not in text


@pytest.mark.parametrize(
    "query", ["day=2026-11-22&time=10:02", "day=2026-11-22&time=10:02:00", f"at={at_ms(22, 10, 2)}"]
)
def test_a_time_is_played_at_once(cameras: Page, query: str) -> None:
    keep(cameras, at_ms(22, 10))
    text = cameras.browser.get(f"{VIEW}?{query}").text
    assert f'data-at="{at_ms(22, 10, 2)}" data-plays' in text
    assert 'value="10:02:00"' in text


@pytest.mark.parametrize(
    "query", ["day=never", "day=0001-01-01", "at=1", "at=9999999999999", "at=x", "time=10:02",
              "day=2026-11-22&time=29:00", "day=2026-11-22&time=%00"],
)  # fmt: skip
def test_what_is_no_time_is_passed_over(cameras: Page, query: str) -> None:
    keep(cameras, at_ms(22, 10))
    answer = cameras.browser.get(f"{VIEW}?{query}")
    assert answer.status_code == 200
    assert "data-plays data-gap" not in answer.text


def test_a_day_without_recordings_says_so(cameras: Page) -> None:
    keep(cameras, at_ms(22, 10))
    text = cameras.browser.get(f"{VIEW}?day=2026-11-21").text
    assert "Nothing was recorded on this day" in text
    assert 'id="player"' not in text


def test_before_anything_was_recorded_it_is_said_when_it_will(cameras: Page) -> None:
    text = cameras.browser.get(VIEW).text
    assert "Nothing is recorded yet" in text
    assert 'href="/settings#camera"' in text


def test_the_pieces_of_a_day_are_told_by_their_times(cameras: Page) -> None:
    for start_ms in (at_ms(22, 10), at_ms(22, 10, 0, 10), at_ms(22, 11)):
        keep(cameras, start_ms)
    answer = cameras.browser.get(f"{VIEW}/pieces?day=2026-11-22")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "start": at_ms(22, 0),
        "pieces": [[36_000_000, 10_000], [36_010_000, 10_000], [39_600_000, 10_000]],
    }
    assert cameras.browser.get(f"{VIEW}/pieces?day=x").status_code == 404


def test_a_finished_piece_is_kept_by_browsers_and_read_in_parts(cameras: Page) -> None:
    keep(cameras, at_ms(22, 10))
    path = f"{VIEW}/{at_ms(22, 10)}.mp4"
    whole = cameras.browser.get(path)
    assert (whole.content, whole.headers["content-type"]) == (PIECE, "video/mp4")
    assert whole.headers["cache-control"] == "private, max-age=86400, immutable"
    part = cameras.browser.get(path, headers={"Range": "bytes=1000-1099"})
    assert (part.status_code, part.content) == (206, PIECE[1000:1100])


def test_of_a_piece_that_is_written_what_is_whole_is_sent_and_not_kept(cameras: Page) -> None:
    start_ms = NOW_MS - 8_000
    keep(cameras, start_ms, HEAD + FRAGMENT + FRAGMENT[:3_000], NOW_MS)
    answer = cameras.browser.get(f"{VIEW}/{start_ms}.mp4")
    assert answer.content == HEAD + FRAGMENT
    assert answer.headers["content-length"] == str(len(HEAD + FRAGMENT))
    assert answer.headers["cache-control"] == "no-store"


def test_of_a_piece_that_a_kill_cut_off_what_is_whole_is_sent(cameras: Page) -> None:
    keep(cameras, at_ms(22, 10), PIECE[:-1])
    answer = cameras.browser.get(f"{VIEW}/{at_ms(22, 10)}.mp4")
    assert answer.content == PIECE[: -len(FRAGMENT)]
    assert "immutable" in answer.headers["cache-control"]


def test_a_piece_is_saved_under_its_time(cameras: Page) -> None:
    for data in (PIECE, PIECE[:-1]):
        keep(cameras, at_ms(22, 10, 2, 3), data)
        answer = cameras.browser.get(f"{VIEW}/{at_ms(22, 10, 2, 3)}.mp4?save")
        said = answer.headers["content-disposition"]
        assert said.startswith("attachment;")
        assert "front_door" in said
        assert "10-02-03.mp4" in said


def test_a_piece_that_was_deleted_is_not_found(cameras: Page) -> None:
    keep(cameras, at_ms(22, 10)).unlink()
    assert cameras.browser.get(f"{VIEW}/{at_ms(22, 10)}.mp4").status_code == 404


@pytest.mark.parametrize(
    "name",
    ["0", "..%2f..%2fsecret", "1790000%2f1790000000000", "+790000000000", "٣٣٣٣٣٣٣٣٣٣٣٣٣",
     "01790000000000", "9999999999999", "%00", ".."],
)  # fmt: skip
def test_what_is_no_piece_is_not_found(cameras: Page, name: str) -> None:
    (cameras.parts.paths.camera / queries.RECORDINGS).mkdir(parents=True, exist_ok=True)
    (cameras.parts.paths.camera / queries.RECORDINGS / "secret.mp4").write_bytes(PIECE)
    assert cameras.browser.get(f"{VIEW}/{name}.mp4").status_code == 404


@pytest.mark.parametrize("part", ["", "/pieces?day=2026-11-22", f"/{at_ms(22, 10)}.mp4"])
def test_of_a_camera_that_is_not_set_up_nothing_is_played(cameras: Page, part: str) -> None:
    keep(cameras, at_ms(22, 10))
    assert cameras.browser.get(f"/cameras/cellar/recordings{part}").status_code == 404


@pytest.mark.parametrize("part", ["", "/pieces?day=2026-11-22", f"/{at_ms(22, 10)}.mp4"])
def test_without_the_password_nobody_plays(cameras: Page, part: str) -> None:
    keep(cameras, at_ms(22, 10))
    cameras.parts.password.set("correct horse")
    answer = cameras.stranger().get(f"{VIEW}{part}", headers={"Accept": "*/*"})
    assert answer.status_code == 401


def test_an_event_leads_to_what_was_around_it(cameras: Page) -> None:
    with journal_of(cameras.parts.paths.camera) as journal:
        seen = add(journal, cameras.parts.paths.camera, at_ms(22, 12, 42), RUNNER)
    path = f"/cameras/front_door/events/{seen}"
    assert f'href="{VIEW}?at={at_ms(22, 12) - 5000}"' in cameras.browser.get(path).text
    with journal_of(cameras.parts.paths.camera) as journal:
        journal.replace_cameras({"garden": "Garden"})
    assert f"{VIEW}?at=" not in cameras.browser.get(path).text
