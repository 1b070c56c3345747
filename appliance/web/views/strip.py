"""A day in front of a camera as a strip: how lively each minute was, and where events lie."""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.camera.queries import Minute, Span
from appliance.web import formatting
from appliance.web.parts import Parts
from appliance.web.views.sightings import Row, bounds_ms, local

MINUTE_MS = 60_000
HEIGHT = 100
"""Of the drawing, in its own units; its width are the minutes of the day."""
LEAD_MS = 5000
"""How long before an event its recording is played from; a clip begins there too."""
LEAST = 6
"""A minute in which next to nothing moved is still seen."""


@dataclass(frozen=True)
class Mark:
    """An event on the strip."""

    minute: int
    share: float
    """Of the day, 0-1."""
    wide: float
    """How long it lasted, as a share of the day."""
    row: Row


@dataclass(frozen=True)
class Strip:
    day: dt.date
    label: str
    before: str
    """The day before, ISO."""
    after: str
    """'' when it is in the future."""
    start_ms: int
    minutes: int
    """1,440, or 60 more or less."""
    hours: tuple[tuple[float, str], ...]
    """What is written below, with its place as a share of the day."""
    path: str
    """The drawing, in SVG."""
    moving_s: tuple[int, ...]
    """By minute, for whoever points at it; empty when nothing moved."""
    marks: tuple[Mark, ...]
    recorded: tuple[tuple[float, float], ...] | None
    """From which minute to which there are recordings; None where that is not asked."""
    now: float | None
    """Where the day stands, as a share; None on another day."""
    summary: str
    lead_ms: int = LEAD_MS


def strip(
    parts: Parts,
    day: dt.date,
    minutes: Sequence[Minute],
    rows: Sequence[Row],
    spans: Sequence[Span] | None = None,
) -> Strip:
    """`rows` are the day's events, `spans` when something was recorded."""
    t, today = parts.texts, parts.today()
    start_ms, end_ms = bounds_ms(day)
    length_ms = end_ms - start_ms
    now = parts.clock.now()
    share = (now.timestamp() * 1000 - start_ms) / length_ms if now else -1.0
    moving_s = [0.0] * (length_ms // MINUTE_MS)
    for minute in minutes:
        place = (minute.start_ms - start_ms) // MINUTE_MS
        if 0 <= place < len(moving_s):
            moving_s[place] = min(60.0, max(0.0, minute.moving_s))
    total_min = round(sum(moving_s) / 60)
    return Strip(
        day=day,
        label=formatting.day(t, day.isoformat(), today),
        before=(day - dt.timedelta(days=1)).isoformat(),
        after="" if today is None or day >= today else (day + dt.timedelta(days=1)).isoformat(),
        start_ms=start_ms,
        minutes=len(moving_s),
        hours=_hours(start_ms, end_ms),
        path=_path(moving_s),
        moving_s=tuple(round(each) for each in moving_s) if any(moving_s) else (),
        marks=tuple(_mark(row, start_ms, length_ms) for row in rows if row.event.start_ms > 0),
        recorded=None if spans is None else _recorded(spans, start_ms, end_ms),
        now=share if 0 <= share <= 1 else None,
        summary=t(
            "camera.day_summary",
            lively=t("camera.lively", count=total_min),
            events=t("count.sightings", count=len(rows)),
        ),
    )


def _hours(start_ms: int, end_ms: int) -> tuple[tuple[float, str], ...]:
    found = []
    for at_ms in range(start_ms, end_ms + 1, 60 * MINUTE_MS):
        moment = local(at_ms)
        if moment is not None and moment.hour % 3 == 0 and at_ms < end_ms:
            found.append(((at_ms - start_ms) / (end_ms - start_ms), f"{moment:%H:%M}"))
    return tuple(found)


def _path(moving_s: Sequence[float]) -> str:
    """A line up for each minute in which something moved; its square root, since most minutes
    have little."""
    lines = []
    for minute, seconds in enumerate(moving_s):
        if seconds > 0:
            height = LEAST + (HEIGHT - LEAST) * math.sqrt(seconds / 60)
            lines.append(f"M{minute}.5 {HEIGHT}v{-height:.0f}")
    return "".join(lines)


def _recorded(spans: Sequence[Span], start_ms: int, end_ms: int) -> tuple[tuple[float, float], ...]:
    """What less than a minute lies between is drawn as one."""
    found: list[tuple[float, float]] = []
    for span in spans:
        begin = (max(span.start_ms, start_ms) - start_ms) / MINUTE_MS
        end = (min(span.end_ms, end_ms) - start_ms) / MINUTE_MS
        if found and begin - found[-1][1] < 1:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return tuple(found)


def _mark(row: Row, start_ms: int, length_ms: int) -> Mark:
    begin_ms = max(row.event.start_ms, start_ms)
    end_ms = min(max(row.event.end_ms, begin_ms), start_ms + length_ms)
    share = (begin_ms - start_ms) / length_ms
    return Mark((begin_ms - start_ms) // MINUTE_MS, share, (end_ms - begin_ms) / length_ms, row)
