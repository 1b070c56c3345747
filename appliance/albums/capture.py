"""When a photo was taken: from its EXIF facts, else from its name, else unknown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

EARLIEST = date(1990, 1, 1)
"""No digital photo of a household is older; cameras without a clock say 1970 or 1980."""
LATEST_YEAR = 2099
LARGEST_OFFSET_MINUTES = 14 * 60
"""UTC+14, the largest offset in use."""
GPS_TOLERANCE = timedelta(minutes=4)
"""How far camera and satellite time may be from a whole quarter of an hour: a fix can be old."""


@dataclass(frozen=True)
class ExifDates:
    """The dates as they stand in the file, untrusted; '' where absent.

    EXIF 2.32: tags 0x9003, 0x9011, 0x9004, 0x9012, 0x0132, 0x9010; of GPS 29 and 7.
    """

    original: str = ""
    original_offset: str = ""
    digitized: str = ""
    digitized_offset: str = ""
    changed: str = ""
    changed_offset: str = ""
    gps_date: str = ""
    gps_time: tuple[float, ...] = ()
    """Hours, minutes, seconds in UTC."""


@dataclass(frozen=True)
class Moment:
    """When a photo was taken, in wall time of the place."""

    taken_at: str = ""
    """`2024-07-31T18:05:00`, `2024-07-31` when only the day is known, '' when nothing is."""
    utc_offset_minutes: int | None = None

    @property
    def day(self) -> str:
        return self.taken_at[:10]


def find_moment(dates: ExifDates, name: str, now: datetime | None) -> Moment:
    """The best of what file and name say; nothing before 1990 or after tomorrow is believed.

    `now` is None while the box does not know the time; then no date is too late before 2100.
    """
    latest = now.date() + timedelta(days=1) if now else date(LATEST_YEAR, 12, 31)
    return _from_exif(dates, latest) or _from_name(name, latest) or Moment()


def _from_exif(dates: ExifDates, latest: date) -> Moment | None:
    for text, offset in (
        (dates.original, dates.original_offset),
        (dates.digitized, dates.digitized_offset),
        (dates.changed, dates.changed_offset),
    ):
        taken = _parse(text)
        if taken is not None and EARLIEST <= taken.date() <= latest:
            minutes = _parse_offset(offset)
            if minutes is None:
                minutes = _offset_by_satellite(taken, dates)
            return Moment(taken.isoformat(timespec="seconds"), minutes)
    return None


def _parse(text: str) -> datetime | None:
    found = re.match(
        r"(\d{4})[:\-/.](\d\d)[:\-/.](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?", text.strip()
    )
    return _datetime(*(int(part or 0) for part in found.groups())) if found else None


def _datetime(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0
) -> datetime | None:
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 # wall time; its zone is kept apart
    except ValueError:
        return None


def _parse_offset(text: str) -> int | None:
    """`+02:00` as 120."""
    text = text.strip()
    if text == "Z":
        return 0
    found = re.match(r"([+-])(\d\d):?(\d\d)$", text)
    if not found:
        return None
    minutes = int(found[2]) * 60 + int(found[3])
    if minutes > LARGEST_OFFSET_MINUTES:
        return None
    return -minutes if found[1] == "-" else minutes


def _offset_by_satellite(taken: datetime, dates: ExifDates) -> int | None:
    """Wall time less the time of the satellites, where that is about a whole quarter of an hour."""
    found = re.match(r"(\d{4})[:\-](\d\d)[:\-](\d\d)$", dates.gps_date.strip())
    if not found or len(dates.gps_time) != 3:
        return None
    midnight = _datetime(*(int(part) for part in found.groups()))
    hours, minutes, seconds = dates.gps_time
    if midnight is None or not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 61):
        return None
    difference = taken - (midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds))
    quarters = round(difference / timedelta(minutes=15))
    if abs(difference - quarters * timedelta(minutes=15)) > GPS_TOLERANCE:
        return None
    return quarters * 15 if abs(quarters * 15) <= LARGEST_OFFSET_MINUTES else None


def _from_name(name: str, latest: date) -> Moment | None:
    """IMG_20240131_123456.jpg, Screenshot 2024-01-31 at 12.34.56.png, IMG-20240131-WA0001.jpg."""
    for moment in _dates_in(name):
        if EARLIEST <= moment.date() <= latest:
            return Moment(moment.isoformat(timespec="seconds"))
    for found in re.finditer(r"(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)(?!\d)", name):
        day = _datetime(int(found[1]), int(found[3]), int(found[4]))
        if day is not None and EARLIEST <= day.date() <= latest:
            return Moment(day.date().isoformat())
    return None


def _dates_in(name: str) -> Iterator[datetime]:
    pattern = (
        r"(?<!\d)(\d{4})[-_.]?(\d\d)[-_.]?(\d\d)(?:[ _T.\-]| at | um )+"
        r"(\d\d)[-_.:hH]?(\d\d)[-_.:mM]?(\d\d)(?:\d{3})?(?!\d)"
    )
    for found in re.finditer(pattern, name):
        moment = _datetime(*(int(part) for part in found.groups()))
        if moment is not None:
            yield moment
    for found in re.finditer(r"(?<!\d)(1[0-9]{9})(\d{3})?(?!\d)", name):
        # Messengers name files by the seconds or milliseconds since 1970.
        yield datetime.fromtimestamp(int(found[1]), UTC).replace(tzinfo=None)
