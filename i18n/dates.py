"""Dates and times for people, in both languages, and back."""

from datetime import date, time
from typing import Literal

from babel.dates import format_date, format_time

Language = Literal["cy", "en"]


def say_date(value: date, language: Language) -> str:
    """Weekday, day, month and year in full: "Dydd Llun, 5 Gorffennaf 2027"."""
    return format_date(value, "EEEE, d MMMM y", locale="cy" if language == "cy" else "en_GB")


def say_time(value: time, language: Language) -> str:
    return format_time(value, "HH:mm", locale="cy" if language == "cy" else "en_GB")
