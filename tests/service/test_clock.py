"""Time that is not known is not guessed."""

from datetime import UTC, datetime, timedelta, timezone

from appliance.service.clock import SystemClock, timestamp


def test_a_time_before_the_build_is_unknown() -> None:
    assert SystemClock(datetime.now(UTC) + timedelta(days=1)).now() is None


def test_a_time_after_the_build_is_the_time_in_utc() -> None:
    now = SystemClock().now()
    assert now is not None
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=10)
    assert now.utcoffset() == timedelta(0)


def test_durations_do_not_need_the_time() -> None:
    clock = SystemClock(datetime.max.replace(tzinfo=UTC))
    assert clock.monotonic() <= clock.monotonic()


def test_a_time_as_text_is_utc_and_an_unknown_one_comes_before_all() -> None:
    noon = datetime(2026, 7, 1, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp(noon) == "2026-07-01T10:00:00Z"
    assert timestamp(None) < timestamp(noon) < timestamp(noon + timedelta(seconds=1))
