"""Dates, sizes and durations as people read them.

Names of months and days come from the catalogue of texts, so that no locale of the machine changes
them.
"""

import datetime as dt
import re

from appliance.web.texts import Texts

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that turn round what stands after them (Unicode Standard Annex 9)."""


def settled(text: str) -> str:
    """Text of others, which cannot change the direction of ours around it."""
    return DIRECTIONS.sub("", text)


def day(t: Texts, iso: str | None, today: dt.date | None = None) -> str:
    """A day of the timeline: `Today`, `Yesterday`, `Wednesday, 31 July 2024`; no year within this
    one."""
    if not iso:
        return t("date.unknown")
    date = dt.date.fromisoformat(iso[:10])
    if today is not None and date == today:
        return t("date.today")
    if today is not None and date == today - dt.timedelta(days=1):
        return t("date.yesterday")
    key = "date.day" if today is not None and date.year == today.year else "date.day_of_year"
    return t(
        key,
        weekday=t(f"date.weekday.{WEEKDAYS[date.weekday()]}"),
        day=str(date.day),
        month=t(f"date.month.{MONTHS[date.month - 1]}"),
        year=str(date.year),
    )


def short_day(t: Texts, iso: str | None) -> str:
    """`31 Jul 2024`, for where there is little room."""
    if not iso:
        return t("date.unknown")
    date = dt.date.fromisoformat(iso[:10])
    month = t(f"date.month_short.{MONTHS[date.month - 1]}")
    return t("date.short", day=str(date.day), month=month, year=str(date.year))


def moment(t: Texts, iso: str | None, today: dt.date | None = None) -> str:
    """Day and time of a wall clock reading: `Wednesday, 31 July 2024, 14:05`."""
    if not iso:
        return t("date.unknown")
    if len(iso) < 16:
        return day(t, iso, today)
    return t("date.moment", day=day(t, iso, today), time=iso[11:16])


def wall(t: Texts, iso: str, today: dt.date | None = None) -> str:
    """Day and time, where the box stands, of an instant with its offset."""
    return moment(t, dt.datetime.fromisoformat(iso).astimezone().isoformat(), today)


def ago(t: Texts, iso: str | None, now: dt.datetime | None) -> str:
    """How long ago an instant (ISO 8601, UTC when it has no offset) was, coarse; the day when that
    is longer ago than a week or the clock is not known."""
    if not iso:
        return t("date.unknown")
    instant = dt.datetime.fromisoformat(iso)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=dt.UTC)
    if now is None:
        return short_day(t, iso)
    minutes = int((now - instant).total_seconds() // 60)
    if minutes < 1:
        return t("date.just_now")
    if minutes < 60:
        return t("date.minutes_ago", count=minutes)
    if minutes < 24 * 60:
        return t("date.hours_ago", count=minutes // 60)
    if minutes < 7 * 24 * 60:
        return t("date.days_ago", count=minutes // (24 * 60))
    return short_day(t, instant.date().isoformat())


def size(t: Texts, size_bytes: int) -> str:
    """Decimal units, as disks are sold: `2.4 MB`."""
    if size_bytes < 1000:
        return t("size.bytes", count=size_bytes)
    amount = float(size_bytes)
    for unit in ("kb", "mb", "gb"):
        amount /= 1000
        if amount < 999.5 or unit == "gb":
            break
    return t(f"size.{unit}", amount=f"{amount:.1f}" if amount < 10 else f"{amount:.0f}")


def day_of_month(t: Texts, iso: str) -> str:
    """`Wed 31`, where the month stands above."""
    date = dt.date.fromisoformat(iso[:10])
    weekday = t(f"date.weekday_short.{WEEKDAYS[date.weekday()]}")
    return t("date.day_of_month", weekday=weekday, day=str(date.day))


def length(t: Texts, length_s: float) -> str:
    """`8 s`, `2 min 5 s`, `3 h 10 min`."""
    whole_s = round(length_s)
    if whole_s < 60:
        return t("length.seconds", seconds=whole_s)
    minutes, seconds = divmod(whole_s, 60)
    if minutes < 60:
        return t("length.minutes", minutes=minutes, seconds=seconds)
    return t("length.hours", hours=minutes // 60, minutes=minutes % 60)
