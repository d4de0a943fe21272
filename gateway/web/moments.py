"""A moment in four fields: day, month, year and time, in London."""

import re
from datetime import date, datetime, time, timedelta

from approvals.content import LONDON, AmbiguousHour, Content, NoSuchHour, window
from approvals.errors import Invalid
from gateway.api.times import moment

_TIME = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?\s*(?P<half>am|pm|yb|yp|yh)?\s*(?P<zone>gmt|bst)?", re.IGNORECASE
)
_ZONES = {"gmt": "+00:00", "bst": "+01:00"}
"""Only needed in the one hour a year that happens twice."""
PARTS = ("day", "month", "year", "time")


def fields(name: str, value: datetime | None) -> dict[str, str]:
    """What the four fields show for a moment."""
    if value is None:
        return {}
    local = value.astimezone(LONDON)
    zone = f" {local.tzname()}" if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset() else ""
    shown = (str(local.day), str(local.month), str(local.year), f"{local:%H:%M}{zone}")
    return {f"{name}-{part}": text for part, text in zip(PARTS, shown, strict=True)}


def read(name: str, parts: tuple[str, str, str, str]) -> datetime | None:
    """The moment that the four fields say, `None` if all are empty. Raises `Invalid` with the fields' name."""
    day, month, year, time = (part.strip() for part in parts)
    if not any((day, month, year, time)):
        return None
    if not all(part.isascii() and part.isdecimal() and len(part) <= 4 for part in (day, month, year)):  # noqa: PLR2004  # a year
        raise Invalid("when-date", f"/{name}")
    text = f"{int(year):04}-{int(month):02}-{int(day):02}"
    try:
        date.fromisoformat(text)
    except ValueError:
        raise Invalid("when-date", f"/{name}") from None
    return moment(f"{text}T{_clock(name, time)}", f"/{name}")


def on(name: str, day: str, time: str) -> datetime:
    """The moment of a day as `2026-11-25` and a time as people write it. Raises `Invalid` with the field's name."""
    try:
        date.fromisoformat(day)
    except ValueError:
        raise Invalid("when-date", f"/{name}") from None
    return moment(f"{day}T{_clock(name, time.strip())}", f"/{name}")


def clock(value: datetime) -> str:
    """`09:00`, and in the hour that happens twice which of the two: `01:30 GMT`."""
    return fields("at", value)["at-time"]


def window_of(content: Content) -> tuple[datetime, datetime] | None:
    """The approved window, or `None` where there is none or its times cannot be told."""
    try:
        return window(content)
    except (NoSuchHour, AmbiguousHour, ValueError):
        return None


def end_of_day(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(LONDON).date() + timedelta(days=1), time(), LONDON)


def _clock(name: str, time: str) -> str:
    found = _TIME.fullmatch(time)
    if found is None:
        raise Invalid("when-time", f"/{name}")
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    if half in {"pm", "yp", "yh"} and hour < 12:  # noqa: PLR2004  # noon
        hour += 12
    if half in {"am", "yb"} and hour == 12:  # noqa: PLR2004  # midnight
        hour = 0
    if hour > 23 or int(found["minute"] or 0) > 59:  # noqa: PLR2004  # the clock
        raise Invalid("when-time", f"/{name}")
    return f"{hour:02}:{found['minute'] or '00'}{_ZONES.get((found['zone'] or '').lower(), '')}"
