from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from babel.dates import format_date, format_time
from hypothesis import given, settings
from hypothesis import strategies as st

from i18n.dates import say_date, say_time
from i18n.facts import facts
from i18n.words import normalise, plain
from tests.i18n import numerals

LOCALES = {"cy": "cy", "en": "en_GB"}
LEAP_YEARS_AND_NOT = [date(2024, 1, 1) + timedelta(days=days) for days in range(3 * 366)]


def read(text: str, language: str) -> list[tuple[str, str]]:
    return [(fact.kind, fact.value) for fact in facts(text, language)]


@pytest.mark.parametrize("style", ["full", "long", "medium", "short"])
@pytest.mark.parametrize("language", ["cy", "en"])
def test_every_day_that_babel_writes_is_read_back(language: str, style: str) -> None:
    for day in LEAP_YEARS_AND_NOT:
        written = format_date(day, style, locale=LOCALES[language])
        assert written
        [found] = [fact for fact in facts(written, language) if fact.kind == "date"]
        assert (found.year, found.month, found.day) == (day.year, day.month, day.day), written
        assert style != "full" or found.weekday == day.weekday(), written


@pytest.mark.parametrize("language", ["cy", "en"])
def test_every_minute_that_we_or_babel_write_is_read_back(language: str) -> None:
    for minute in range(24 * 60):
        value = time(minute // 60, minute % 60)
        for written in (say_time(value, language), format_time(value, "short", locale=LOCALES[language])):
            [found] = facts(written, language)
            assert found.minute == minute, written


@pytest.mark.parametrize(
    ("language", "write"),
    [
        ("cy", numerals.welsh_decimal),
        ("cy", numerals.welsh_traditional),
        ("en", numerals.english),
        ("cy", "{:,}".format),
        ("en", str),
    ],
)
def test_every_number_to_ten_thousand_is_read(language: str, write: Callable[[int], str]) -> None:
    for number in range(10_001):
        found = facts(write(number), language)
        assert [fact.amount for fact in found] == [number], write(number)


@given(
    st.sampled_from(LEAP_YEARS_AND_NOT),
    st.sampled_from(["cy", "en"]),
    st.sampled_from(["{}.", "({})", "“{}”, ", "– {}!", "\n{}\n"]),
)
def test_a_date_survives_capitals_and_punctuation(day: date, language: str, around: str) -> None:
    for written in (say_date(day, language), say_date(day, language).upper()):
        found = [fact for fact in facts(around.format(written), language) if fact.kind == "date"]
        assert [(f.year, f.month, f.day, f.weekday) for f in found] == [(day.year, day.month, day.day, day.weekday())]


@given(st.integers(2, 10_000), st.sampled_from(["{}.", "({})", "“{}”, ", "– {}!"]))
def test_a_number_survives_capitals_and_punctuation(number: int, around: str) -> None:
    for written in (numerals.welsh_traditional(number), numerals.welsh_decimal(number).upper()):
        assert [fact.amount for fact in facts(around.format(written), "cy")] == [number]


@given(st.text(max_size=200))
def test_normalising_twice_is_normalising_once_and_keeps_the_length(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert len(plain(once)) == len(once)
    assert plain(plain(once)) == plain(once) or any(not c.isascii() for c in once)


@settings(deadline=None)
@given(st.text(max_size=300), st.sampled_from(["cy", "en"]))
def test_spans_lie_in_the_text_in_order_and_nothing_raises(text: str, language: str) -> None:
    found = facts(text, language)
    assert [f.span for f in found] == sorted(f.span for f in found)
    assert all(0 <= f.span[0] < f.span[1] <= len(normalise(text)) for f in found)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        # Mawrth is Tuesday and March
        ("cy", "ddydd Mawrth 9 Mawrth 2027", [("weekday", "1"), ("date", "2027-03-09")]),
        ("cy", "nos Fawrth 14 Medi", [("weekday", "1"), ("date", "????-09-14")]),
        ("cy", "ym mis Mawrth", [("date", "????-03-??")]),
        ("cy", "dydd Mawrth", [("weekday", "1")]),
        # deg is ten and fairly
        ("cy", "Ydyn ni'n trin pawb yn deg?", []),
        ("cy", "deg cwestiwn", [("number", "10")]),
        ("cy", "plentyn yn ddeg oed", [("age", "10")]),
        # Iau is Thursday and younger; Mai is May and that
        ("cy", "16 oed neu iau", [("age", "16")]),
        ("cy", "Cofiwch mai dydd Iau 27 Mai yw'r diwrnod", [("weekday", "3"), ("date", "????-05-27")]),
        ("en", "You may be able to march", []),
        ("en", "It opened in May.", [("date", "????-05-??")]),
        ("cy", "Agorwyd y ganolfan ym mis Mai.", [("date", "????-05-??")]),
        # hydref is autumn, nwy is gas, gan is with, llun is a picture, hun is self
        ("cy", "yn yr hydref gan ddefnyddio nwy, llun ohonof fy hun", []),
        # am is at, for and a.m.
        ("cy", "am 10.30yb", [("time", "10:30")]),
        ("cy", "Ymunwch â ni am 6yh am sgwrs", [("time", "18:00")]),
        ("cy", "ffoniwch am ragor", []),
        # times and ranges
        ("cy", "9.30yb-4yh", [("time", "09:30"), ("time", "16:00")]),
        ("cy", "rhwng 11:15 a 16:45", [("time", "11:15"), ("time", "16:45")]),
        ("en", "2-4pm", [("time", "14:00"), ("time", "16:00")]),
        ("en", "9-5pm", [("time", "09:00"), ("time", "17:00")]),
        ("cy", "hanner dydd", [("time", "12:00")]),
        ("cy", "7 o'r gloch yr hwyr", [("time", "19:00")]),
        ("en", "midnight", [("time", "00:00")]),
        # vigesimal numbers round a noun
        ("cy", "pedwar diwrnod ar ddeg", [("duration", "14")]),
        ("cy", "Bum mlynedd ar hugain yn ôl", [("duration", "25")]),
        ("cy", "un mlynedd a deugain", [("duration", "41")]),
        ("cy", "can mlynedd", [("duration", "100")]),
        ("cy", "cant a hanner o bobl", [("number", "150")]),
        ("cy", "awr a hanner", [("duration", "1.5")]),
        ("en", "three quarters of an hour", [("duration", "0.75")]),
        ("en", "12 and a half hours", [("duration", "12.5")]),
        ("cy", "dwy awr a hanner", [("duration", "2.5")]),
        ("cy", "pythefnos", [("duration", "1")]),
        # money, shares, ages, ordinals
        ("en", "£1,240.50", [("money", "1240.5")]),
        ("cy", "pum punt", [("money", "5")]),
        ("cy", "50c", [("money", "50")]),
        ("cy", "40 y cant", [("percent", "40")]),
        ("cy", "dros 66 oed", [("age", "66")]),
        ("en", "aged 65 or over", [("age", "65")]),
        ("cy", "y 3ydd tro", [("ordinal", "3")]),
        ("en", "£1.5 million", [("money", "1500000")]),
        # lists of days of one month
        ("cy", "ar 7 ac 8 Mehefin", [("date", "????-06-07"), ("date", "????-06-08")]),
        ("en", "July 5, 2027", [("date", "2027-07-05")]),
        ("cy", "dydd Llun i ddydd Gwener", [("weekday", "0"), ("weekday", "4")]),
        ("en", "Mon-Fri", [("weekday", "0"), ("weekday", "4")]),
        ("en", "She sat in the sun", []),
        # contacts
        ("en", "Call +44 1632 960 338", [("phone", "01632960338")]),
        ("cy", "(01632) 960001", [("phone", "01632960001")]),
        ("en", "https://www.Example.org.uk/Path/.", [("link", "example.org.uk/path")]),
        ("cy", "e-bost: a.b@iechyd.cymru.", [("email", "a.b@iechyd.cymru")]),
        ("cy", "@GIGCymru #IechydMeddwl", [("handle", "@gigcymru"), ("hashtag", "#iechydmeddwl")]),
        # styled letters and odd spaces
        ("en", "𝟭𝟰:𝟬𝟬", [("time", "14:00")]),
        ("cy", "5\u00a0Gorffennaf", [("date", "????-07-05")]),
    ],
)  # fmt: skip
def test_a_phrase_reads_as_what_it_means(language: str, text: str, expected: Any) -> None:
    assert read(text, language) == expected


@pytest.mark.parametrize("word", ["un", "y ddau", "ill dwy"])
def test_words_that_are_numbers_only_at_times_are_optional(word: str) -> None:
    [fact] = facts(word, "cy")
    assert fact.optional
