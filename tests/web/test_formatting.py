"""Dates, sizes and durations as people read them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.web import formatting, texts

T = texts.load()
TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("2026-11-23", "Today"),
        ("2026-11-22", "Yesterday"),
        ("2026-07-31", "Friday, 31 July"),
        ("2024-07-31", "Wednesday, 31 July 2024"),
        (None, "Day not known"),
        ("", "Day not known"),
    ],
)
def test_a_day_is_said_as_people_say_it(day: str | None, text: str) -> None:
    assert formatting.day(T, day, TODAY) == text


def test_without_knowing_the_time_no_day_is_today() -> None:
    assert formatting.day(T, "2026-11-23", None) == "Monday, 23 November 2026"


@pytest.mark.parametrize(
    ("taken", "text"),
    [
        ("2024-07-31T18:05:00", "Wednesday, 31 July 2024, 18:05"),
        ("2024-07-31", "Wednesday, 31 July 2024"),
        (None, "Day not known"),
    ],
)
def test_a_moment_has_its_time_when_it_is_known(taken: str | None, text: str) -> None:
    assert formatting.moment(T, taken, TODAY) == text


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (timedelta(seconds=20), "Just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=30), "Yesterday"),
        (timedelta(days=6), "6 days ago"),
        (timedelta(days=30), "24 Oct 2026"),
        (-timedelta(minutes=5), "Just now"),
    ],
)
def test_how_long_ago_is_coarse(before: timedelta, text: str) -> None:
    assert formatting.ago(T, (NOW - before).isoformat(), NOW) == text


def test_how_long_ago_is_a_day_while_the_time_is_unknown() -> None:
    assert formatting.ago(T, "2026-11-23T17:00:00", None) == "23 Nov 2026"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (2_400, "2.4 kB"), (999_700, "1.0 MB"),
     (85_000_000, "85 MB"), (1_909_000_000, "1.9 GB"), (5_000_000_000_000, "5000 GB")],
)  # fmt: skip
def test_a_size_has_two_digits_that_matter(size: int, text: str) -> None:
    assert formatting.size(T, size) == text


@given(st.dates(date(1800, 1, 1)), st.dates(date(1990, 1, 1)))
def test_any_day_can_be_said(day: date, today: date) -> None:
    assert formatting.day(T, day.isoformat(), today)
    assert formatting.day_of_month(T, day.isoformat())
    assert formatting.short_day(T, day.isoformat())
