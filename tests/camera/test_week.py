"""The hour of the week at a picture's time, by the household's clocks."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from appliance.camera.children.alignment import Alignment
from appliance.camera.children.week import WeekClock

BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"
"""As POSIX writes its rules: no time zone database is needed."""
MONDAY = datetime(2026, 11, 30, 12, 30, tzinfo=UTC)


class SetClock:
    """Says what it is set to."""

    def __init__(self, now: datetime | None) -> None:
        self.time = now
        self.passed_s = 1000.0

    def now(self) -> datetime | None:
        return self.time

    def monotonic(self) -> float:
        return self.passed_s


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", BERLIN)
        yield
    time.tzset()


def hour_at(moment: datetime | None, ago_s: float = 0.0) -> int | None:
    clock = SetClock(moment)
    return WeekClock(clock, lambda time_s: time_s).hour_of(clock.passed_s - ago_s)


@pytest.mark.usefixtures("berlin")
def test_the_hour_is_that_of_the_households_time_zone() -> None:
    assert hour_at(MONDAY) == 13


@pytest.mark.usefixtures("berlin")
def test_the_week_begins_on_monday_at_midnight() -> None:
    midnight = datetime(2026, 11, 29, 23, 0, tzinfo=UTC)
    assert hour_at(midnight) == 0
    assert hour_at(midnight - timedelta(seconds=1)) == 167


def test_while_the_time_is_unknown_there_is_no_hour() -> None:
    assert hour_at(None) is None


@pytest.mark.usefixtures("berlin")
def test_the_hour_is_that_of_the_picture_and_not_of_now() -> None:
    assert hour_at(datetime(2026, 11, 30, 12, 0, 1, tzinfo=UTC), ago_s=2.0) == 12


@pytest.mark.usefixtures("berlin")
def test_summer_time_is_followed() -> None:
    sunday = 6 * 24
    begins = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert hour_at(begins - timedelta(minutes=1)) == sunday + 1
    assert hour_at(begins) == sunday + 3
    ends = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    assert hour_at(ends - timedelta(minutes=1)) == hour_at(ends) == sunday + 2


def test_a_pictures_time_is_that_of_the_least_delay() -> None:
    clock = SetClock(None)
    alignment = Alignment(clock.monotonic)
    for delay_s in (0.9, 0.1, 0.6):
        clock.passed_s += 1
        alignment.add(clock.passed_s - 1000 - delay_s)
    assert alignment.at(1.0) == pytest.approx(1001.1, abs=0.01)


def test_before_the_first_picture_its_time_is_now() -> None:
    clock = SetClock(None)
    assert Alignment(clock.monotonic).at(5.0) == clock.passed_s
