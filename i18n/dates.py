"""Dates and times for people, in both languages, and back."""

from datetime import date, datetime, time
from typing import Literal, Protocol

from babel.dates import format_date, get_day_names, get_month_names

Language = Literal["cy", "en"]
_NOON, _EVENING = 12, 18
_LOCALE = {"cy": "cy", "en": "en_GB"}


class Said(Protocol):
    """What i18n.facts.Fact and i18n.moments.Moment have in common."""

    @property
    def weekday(self) -> int | None: ...
    @property
    def day(self) -> int | None: ...
    @property
    def month(self) -> int | None: ...
    @property
    def year(self) -> int | None: ...
    @property
    def minute(self) -> int | None: ...


def say_date(value: date, language: Language, style: Literal["full", "long", "medium", "short"] = "full") -> str:
    """Full is weekday, day, month and year: "Dydd Llun, 5 Gorffennaf 2027"."""
    return format_date(value, style, locale=_LOCALE[language])


def say_month(value: date, language: Language) -> str:
    """`Tachwedd 2026`."""
    return format_date(value, "LLLL y", locale=_LOCALE[language])


def say_short_day(value: date, language: Language) -> str:
    """`Llun 23`, where the month stands above."""
    return format_date(value, "EEE d", locale=_LOCALE[language])


def say_time(value: time, language: Language) -> str:
    """Twelve-hour clock as people in Wales write it: 2.30yp, 9yb; 2.30pm, 9am."""
    half = {"cy": ("yb", "yp" if value.hour < _EVENING else "yh"), "en": ("am", "pm")}[language][value.hour >= _NOON]
    minutes = f".{value.minute:02}" if value.minute else ""
    return f"{(value.hour - 1) % 12 + 1}{minutes}{half}"


def say_local(local: datetime, language: Language) -> str:
    """A moment as the clock on the wall shows it, already in its zone: "5 Gorffennaf 2027, 14:30"."""
    return f"{say_date(local.date(), language, 'long')}, {local:%H:%M}"


def say_moment(said: Said, language: Language) -> str:
    """What of a date or time was read, no more: "Mawrth", "9 Mawrth", "14:15"."""
    if said.minute is not None:
        return f"{said.minute // 60:02}:{said.minute % 60:02}"
    parts = []
    if said.weekday is not None:
        parts.append(get_day_names("wide", locale=_LOCALE[language])[said.weekday])
    if said.day is not None:
        parts.append(str(said.day))
    if said.month is not None:
        parts.append(get_month_names("wide", locale=_LOCALE[language])[said.month])
    if said.year is not None:
        parts.append(str(said.year))
    return " ".join(parts)
