"""Time that is not known is not guessed."""

from datetime import UTC, datetime, timedelta

from appliance.service.clock import SystemClock


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
