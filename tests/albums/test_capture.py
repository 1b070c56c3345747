"""When a photo was taken."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.albums.capture import ExifDates, Moment, find_moment

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOTHING = ExifDates()


@pytest.mark.parametrize(
    ("dates", "moment"),
    [
        (ExifDates(original="2024:07:31 18:05:09"), ("2024-07-31T18:05:09", None)),
        (ExifDates("2024:07:31 18:05:09", "+02:00"), ("2024-07-31T18:05:09", 120)),
        (ExifDates("2024:07:31 18:05:09", "-03:30"), ("2024-07-31T18:05:09", -210)),
        (ExifDates("2024:07:31 18:05:09", "Z"), ("2024-07-31T18:05:09", 0)),
        (ExifDates("2024:07:31 18:05:09", "+99:00"), ("2024-07-31T18:05:09", None)),
        (ExifDates("2024-07-31T18:05:09"), ("2024-07-31T18:05:09", None)),
        (ExifDates(digitized="2024:07:31 18:05:09"), ("2024-07-31T18:05:09", None)),
        (ExifDates(changed="2024:07:31 18:05:09"), ("2024-07-31T18:05:09", None)),
        (
            ExifDates("0000:00:00 00:00:00", digitized="2024:07:31 18:05:09"),
            ("2024-07-31T18:05:09", None),
        ),
        (ExifDates("1980:01:01 00:00:00"), ("", None)),
        (ExifDates("2026:11:25 00:00:00"), ("", None)),
        (ExifDates("2026:11:24 23:00:00"), ("2026-11-24T23:00:00", None)),
        (ExifDates("rubbish"), ("", None)),
    ],
)
def test_the_files_own_date(dates: ExifDates, moment: tuple[str, int | None]) -> None:
    assert find_moment(dates, "x.jpg", NOW) == Moment(*moment)


@pytest.mark.parametrize(
    ("gps_date", "gps_time", "offset"),
    [
        ("2024:07:31", (16, 5, 9), 120),
        ("2024:07:31", (16, 6, 40), 120),  # the fix was a minute and a half old
        ("2024:08:01", (4, 5, 9), -600),  # Hawaii: the next day already in UTC
        ("2024:07:31", (12, 20, 9), 345),  # Nepal
        ("2024:07:31", (16, 12, 0), None),  # no whole quarter of an hour
        ("2024:07:29", (16, 5, 9), None),
        ("2024:07:31", (99, 5, 9), None),
        ("", (), None),
    ],
)
def test_without_an_offset_the_satellites_time_gives_it(
    gps_date: str, gps_time: tuple[float, ...], offset: int | None
) -> None:
    dates = ExifDates("2024:07:31 18:05:09", gps_date=gps_date, gps_time=gps_time)
    assert find_moment(dates, "x.jpg", NOW).utc_offset_minutes == offset


@pytest.mark.parametrize(
    ("name", "taken_at"),
    [
        ("IMG_20240131_123456.jpg", "2024-01-31T12:34:56"),
        ("PXL_20240131_123456789.jpg", "2024-01-31T12:34:56"),
        ("20240131_123456.heic", "2024-01-31T12:34:56"),
        ("Screenshot 2024-01-31 at 12.34.56.png", "2024-01-31T12:34:56"),
        ("Screenshot_20240131-123456_Browser.png", "2024-01-31T12:34:56"),
        ("Bildschirmfoto 2024-01-31 um 12.34.56.png", "2024-01-31T12:34:56"),
        ("2024-01-31 12.34.56.jpg", "2024-01-31T12:34:56"),
        ("signal-2024-01-31-12-34-56-789.jpg", "2024-01-31T12:34:56"),
        ("IMG-20240131-WA0001.jpg", "2024-01-31"),
        ("WhatsApp Image 2024-01-31 at 12.34.56.jpeg", "2024-01-31T12:34:56"),
        ("2024-01-31.jpg", "2024-01-31"),
        ("FB_IMG_1706704496000.jpg", "2024-01-31T12:34:56"),
        ("IMG_20241331_123456.jpg", ""),
        ("DSC_0001.jpg", ""),
        ("12345678.jpg", ""),
        ("19800101_000000.jpg", ""),
        ("IMG_20991231_123456.jpg", ""),
    ],
)
def test_the_date_in_a_name(name: str, taken_at: str) -> None:
    assert find_moment(NOTHING, name, NOW).taken_at == taken_at


def test_the_files_own_date_goes_before_the_names() -> None:
    dates = ExifDates("2024:07:31 18:05:09")
    assert find_moment(dates, "IMG_20230101_000000.jpg", NOW).taken_at == "2024-07-31T18:05:09"


def test_while_the_time_is_unknown_no_date_is_too_late() -> None:
    assert find_moment(NOTHING, "IMG_20400101_000000.jpg", None).day == "2040-01-01"


@given(
    st.builds(
        ExifDates,
        original=st.text(max_size=30) | st.dates().map(lambda day: f"{day:%Y:%m:%d} 12:00:00"),
        original_offset=st.text(max_size=8),
        gps_date=st.text(max_size=12),
        gps_time=st.lists(st.floats(), max_size=4).map(tuple),
    ),
    st.text(max_size=40) | st.from_regex(r"IMG_\d{8}_\d{6}", fullmatch=True),
)
def test_whatever_a_file_says_the_moment_can_be_believed(dates: ExifDates, name: str) -> None:
    moment = find_moment(dates, name, NOW)
    if moment.day:
        assert date(1990, 1, 1) <= date.fromisoformat(moment.day) <= NOW.date() + timedelta(days=1)
    if moment.utc_offset_minutes is not None:
        assert abs(moment.utc_offset_minutes) <= 14 * 60
