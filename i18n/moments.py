"""Dates, weekdays and times of day as they are written in Welsh and English.

Traps kept in mind: "Mawrth" is Tuesday and March, "Mai" May and that, "May" a month and a verb, "Iau" Thursday and
younger, "Sul" and "Llun" (picture) stand with dydd or nos, "Hydref" October and autumn, "am" for, at and a.m.
"""

# ruff: noqa: PLR2004 - hours, half days and lengths of names are what reading a clock and a calendar is made of
import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from i18n.differences import Span

Language = Literal["cy", "en"]


class Moment(Struct, frozen=True):
    """`minute` of the day; `half_known` is False where 9 may be morning or evening."""

    span: Span
    weekday: int | None = None
    day: int | None = None
    month: int | None = None
    year: int | None = None
    minute: int | None = None
    half_known: bool = True


def _names(*names: str) -> dict[str, int]:
    return {form: number for number, forms in enumerate(names) for form in forms.split()}


CY_MONTHS = _names(
    "-", "ionawr ion", "chwefror chwef chw", "mawrth fawrth maw", "ebrill ebr", "mai fai", "mehefin fehefin meh",
    "gorffennaf orffennaf ngorffennaf gorff gor", "awst", "medi fedi", "hydref hyd",
    "tachwedd dachwedd nhachwedd tach", "rhagfyr ragfyr rhag",
)  # fmt: skip
EN_MONTHS = _names(
    "-", "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
    "september sept sep", "october oct", "november nov", "december dec",
)  # fmt: skip
CY_DAYS = _names(
    "llun lun", "mawrth fawrth", "mercher fercher", "iau", "gwener wener", "sadwrn", "sul",
)  # fmt: skip
EN_DAYS = _names(
    "monday mondays mon", "tuesday tuesdays tues tue", "wednesday wednesdays wed",
    "thursday thursdays thurs thur thu", "friday fridays fri", "saturday saturdays sat", "sunday sundays sun",
)  # fmt: skip
# a short form, or a word that also means something else, is a month only beside a day or a year
_CY_MONTHS_ALONE = {m for m in CY_MONTHS if len(m) > 5} - {"hydref", "mawrth", "fawrth"} | {"awst"}
_EN_MONTHS_ALONE = {m for m in EN_MONTHS if len(m) > 4 or m in ("june", "july")} - {"march"}

_ORD = r"(?:st|nd|rd|th|af|il|ail|ydd|edd|fed|eg|ain|ed|ydd|fed)?"
_DAY = rf"(?<![\d.,:£/])(?P<day>0?[1-9]|[12]\d|3[01])(?:\s?{_ORD})(?![\w.,]?\d)"
_YEAR = r"(?:,?\s+(?P<year>(?:19|20)\d\d)(?!\d|[-/]\d))?"


def _alternatives(names: dict[str, int]) -> str:
    return "|".join(sorted((n for n in names if n != "-"), key=len, reverse=True))


_MONTH = {"cy": _alternatives(CY_MONTHS), "en": _alternatives(EN_MONTHS)}
_WEEKDAY = {"cy": _alternatives(CY_DAYS), "en": _alternatives(EN_DAYS)}
_OF = {"cy": r"(?:\s+o)?(?:\s+[mf]is)?", "en": r"(?:\s+of)?"}

_AND = r"(?:,|-|&|\b(?:a|a'r|ac|and|and the|to|i|i'r|tan|or|neu)\b)"
_DATE = {
    language: re.compile(
        rf"{_DAY}(?P<more>(?:\s?{_AND}\s?(?:0?[1-9]|[12]\d|3[01]){_ORD}\b){{0,4}})"
        rf"{_OF[language]}\s+(?P<month>{_MONTH[language]})\b(?!\s+(?:at|nes|ofn)\b)\.?{_YEAR}"  # 5 hyd at 10: 5 to 10
    )
    for language in ("cy", "en")
}
_NUMERIC = re.compile(
    r"(?<![\d/.-])(?P<d>0?[1-9]|[12]\d|3[01])(?P<sep>[/.])(?P<m>0?[1-9]|1[0-2])(?P=sep)"
    r"(?P<y>(?:19|20)\d\d|\d\d)(?![\d/]|[.]\d)"
)
_ISO = re.compile(r"(?<![\d/.-])(?P<y>(?:19|20)\d\d)-(?P<m>0[1-9]|1[0-2])-(?P<d>0[1-9]|[12]\d|3[01])(?!\d|-\d)")
_MONTH_FIRST = re.compile(
    rf"\b(?P<month>{_MONTH['en']})\s+(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?![\w:.%]*\d|\s?(?:%|am|pm))\b{_YEAR}"
)
_CY_LEADS = r"(?:(?P<sure>\b[mf]is\s+)|\b(?P<lead>ym|yn|o|erbyn|ers|cyn|tan|i|a|rhwng|ddiwedd|ddechrau|ganol)\s+)?"
_EN_LEADS = (
    r"(?:(?P<sure>\b(?:in|by|since|of|until|from|this|next|last|early|mid|late|during|before|after|between|end)\s+))?"
)
_MONTH_ALONE = {
    "cy": re.compile(rf"{_CY_LEADS}\b(?P<month>{_MONTH['cy']})\b{_YEAR}"),
    "en": re.compile(rf"{_EN_LEADS}\b(?P<month>{_MONTH['en']})\b{_YEAR}"),
}
_CY_WEEKDAY = re.compile(
    rf"\b(?:(?:n?d?dydd|diwrnod|n?d?dyddiau|nos|noson|bore|fore|prynhawn|brynhawn|pnawn)\s+(?:{_WEEKDAY['cy']})\b"
    rf"(?:\s?(?:-|i|a|ac|neu|tan|hyd|,|at)\s?(?:n?d?dydd\s+|nos\s+)?(?:{_WEEKDAY['cy']})\b){{0,6}}"
    rf"|(?:{_WEEKDAY['cy']})\s?(?:-|i)\s?(?:{_WEEKDAY['cy']})\b"
    r"|(?:sul|llun|lun)\s+y\s+pasg|g?wener\s+y\s+groglith)"
)
_EN_FULL = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_EN_WEEKDAY = re.compile(rf"\b(?:{_EN_FULL}|(?:{_WEEKDAY['en']})\.?\s?(?:-|to|&|and|,)\s?(?:{_WEEKDAY['en']}))\b")

_CLOCK = r"(?<![\d.,:£/])(?P<h>[01]?\d|2[0-4])(?:[:.](?P<m>[0-5]\d))?"
_AM = r"a\.?m\b\.?|y\.?b\b\.?|y bore\b|yn y bore\b|o'r gloch y bore\b|in the morning\b"
_PM = (
    r"p\.?m\b\.?|y\.?[hp]\b\.?|yr hwyr\b|y nos\b|y prynhawn\b|yn y prynhawn\b"
    r"|o'r gloch (?:yr hwyr|y prynhawn|y nos)\b|in the (?:afternoon|evening)\b|at night\b"
)
_TIME = re.compile(rf"{_CLOCK}\s?(?:(?P<am>{_AM})|(?P<pm>{_PM})|(?P<oclock>o'r gloch\b|o'clock\b))")
_TIME_24 = re.compile(r"(?<![\d.,:£/])(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?!\d|:\d)")
_TIME_DOT = re.compile(
    r"\b(?:at|from|until|till|between|by|am|rhwng|tan|erbyn|ers)\s+"
    r"(?P<h>[01]?\d|2[0-3])\.(?P<m>[0-5]\d)(?![\d%]|\.\d)"
)
_RANGE_START = re.compile(r"(?<![\d.,:£/])(?P<h>[01]?\d|2[0-3])(?:[:.](?P<m>[0-5]\d))?\s?(?:-|to|i|tan|and|a|ac)\s?$")
_WORD_TIME = re.compile(
    r"\b(?P<midday>midday|noon|hanner dydd|[cg]anol dydd)\b|\b(?:midnight|hanner nos|[cg]anol nos)\b"
)
_HALF_PAST = {
    "cy": re.compile(r"\b(?P<part>hanner awr wedi|chwarter wedi|chwarter i)\s+(?P<hour>\w+)"),
    "en": re.compile(r"\b(?P<part>half past|quarter past|quarter to)\s+(?P<hour>\w+)"),
}
_WORD_CLOCK = {
    "cy": re.compile(r"\b(?P<hour>[^\W\d]+(?: ar ddeg)?) o'r gloch(?: (?P<half>y bore|yr hwyr|y prynhawn|y nos))?"),
    "en": re.compile(r"\b(?P<hour>[a-z]+) o'clock(?: (?P<half>in the (?:morning|afternoon|evening)))?"),
}
_EN_HOURS = ("-", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_HOURS = {
    "cy": {"un": 1, "ddau": 2, "dau": 2, "dri": 3, "tri": 3, "bedwar": 4, "pedwar": 4, "bump": 5, "pump": 5,
           "chwech": 6, "saith": 7, "wyth": 8, "naw": 9,
           "ddeg": 10, "deg": 10, "un ar ddeg": 11, "ddeuddeg": 12, "deuddeg": 12},
    "en": {w: i for i, w in enumerate(_EN_HOURS)},
}  # fmt: skip


class Taken:
    """Which code points are already read: a later pattern leaves them alone."""

    def __init__(self, length: int) -> None:
        self._taken = bytearray(length)

    def take(self, span: Span) -> bool:
        if any(self._taken[span[0] : span[1]]):
            return False
        self.mark(span)
        return True

    def mark(self, span: Span) -> None:
        """Take what of the span is still free."""
        self._taken[span[0] : span[1]] = b"\1" * (span[1] - span[0])

    def free(self, span: Span) -> bool:
        return not any(self._taken[span[0] : span[1]])


def moments(prose: str, written: str, language: Language, taken: Taken) -> Iterator[Moment]:
    """Times, dates and weekdays; `written` is the text of equal length with its capitals."""
    yield from _clock_times(prose, language, taken)
    yield from _full_dates(prose, language, taken)
    yield from _weekdays(prose, language, taken)
    yield from _months(prose, written, language, taken)


def _full_dates(prose: str, language: Language, taken: Taken) -> Iterator[Moment]:
    months = CY_MONTHS if language == "cy" else EN_MONTHS
    for pattern in (_NUMERIC, _ISO):
        for match in pattern.finditer(prose):
            if taken.take(match.span()):
                year = int(match["y"]) + (2000 if len(match["y"]) == 2 else 0)
                yield Moment(match.span(), day=int(match["d"]), month=int(match["m"]), year=year)
    patterns = (_DATE[language], _MONTH_FIRST) if language == "en" else (_DATE[language],)
    for pattern in patterns:
        for match in pattern.finditer(prose):
            if not taken.take(match.span()):
                continue
            month, year_said = months[match["month"]], match["year"]
            more = re.findall(r"\d+", match.groupdict().get("more") or "")
            span = (match.start(), match.end() - match[0].endswith("."))
            yield Moment(span, day=int(match["day"]), month=month, year=int(year_said) if year_said else None)
            for day in more:
                yield Moment(span, day=int(day), month=month, year=int(year_said) if year_said else None)


def _weekdays(prose: str, language: Language, taken: Taken) -> Iterator[Moment]:
    days = CY_DAYS if language == "cy" else EN_DAYS
    pattern = _CY_WEEKDAY if language == "cy" else _EN_WEEKDAY
    for match in pattern.finditer(prose):
        if not taken.take(match.span()):
            continue
        for word in re.finditer(r"[^\W\d_]+", match[0]):
            if word[0] in days:
                start = match.start() + word.start()
                yield Moment(
                    (match.start() if word[0] in match[0][:14] else start, start + len(word[0])), weekday=days[word[0]]
                )
    if language == "en":
        for match in re.finditer(r"\bgood friday\b", prose):
            taken.take(match.span())


def _months(prose: str, written: str, language: Language, taken: Taken) -> Iterator[Moment]:
    months, alone = (CY_MONTHS, _CY_MONTHS_ALONE) if language == "cy" else (EN_MONTHS, _EN_MONTHS_ALONE)
    for match in _MONTH_ALONE[language].finditer(prose):
        name, span = match["month"], match.span("month")
        capital = written[span[0] : span[0] + 1].isupper()
        sure = bool(match["year"]) or name in alone or (bool(match["sure"]) and (language == "cy" or capital))
        if language == "cy" and not sure:
            sure = bool(match["lead"]) and capital and name not in ("mai", "fai")
        if not sure and capital and language == "en" and name == "march":
            sure = match.start() > 0 and prose[: match.start()].rstrip()[-1:] not in ".!?:"
        if sure and taken.take((span[0], match.end())):
            yield Moment((span[0], match.end()), month=months[name], year=int(match["year"]) if match["year"] else None)


def _clock_times(prose: str, language: Language, taken: Taken) -> Iterator[Moment]:
    for match in _TIME.finditer(prose):
        hour, minute = int(match["h"]), int(match["m"] or 0)
        if hour > 24 or not taken.free(match.span()):
            continue
        half = None if match["oclock"] else "am" if match["am"] else "pm"
        if language == "cy" and match["am"] == "am" and match[0][-3] == " ":
            half = None  # "10 am sgwrs": ten, for a talk
            if not _looks_like_time(prose, match):
                continue
        taken.take(match.span())
        if (
            half is not None
            and (start := _RANGE_START.search(prose, max(0, match.start() - 12), match.start()))
            and taken.take(start.span())
        ):
            yield _at(start.span(), int(start["h"]), int(start["m"] or 0), _half_of_start(int(start["h"]), hour, half))
        yield _at(match.span(), hour, minute, half)
    for pattern in (_TIME_24, _TIME_DOT):
        for match in pattern.finditer(prose):
            span = (match.start("h"), match.end())
            if taken.take(span):
                hour = int(match["h"])
                yield _at(span, hour, int(match["m"]), "24" if hour > 12 or match["h"].startswith("0") else None)
    yield from _times_in_words(prose, language, taken)


def _looks_like_time(prose: str, match: re.Match[str]) -> bool:
    before = prose[: match.start()].rstrip().rsplit(None, 1)
    return bool(match["m"]) or (
        bool(before) and before[-1] in ("am", "rhwng", "tan", "erbyn", "o", "i", "-", "a", "ac")
    )


def _half_of_start(start: int, end: int, half: str) -> str:
    """9-5pm begins in the morning, 2-4pm in the afternoon."""
    if half == "pm" and (start > end % 12 or start == 12) and start != 12:
        return "am"
    return half


def _at(span: Span, hour: int, minute: int, half: str | None) -> Moment:
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    return Moment(span, minute=(hour % 24) * 60 + minute, half_known=half is not None or hour > 12)


def _times_in_words(prose: str, language: Language, taken: Taken) -> Iterator[Moment]:
    for match in _WORD_TIME.finditer(prose):
        if taken.take(match.span()):
            yield Moment(match.span(), minute=720 if match["midday"] else 0)
    for match in _HALF_PAST[language].finditer(prose):
        hour = _HOURS[language].get(match["hour"]) or (
            int(match["hour"]) if match["hour"].isdecimal() and len(match["hour"]) < 3 else 0
        )
        if hour and taken.take(match.span()):
            minutes = {"h": 30, "q": 15, "c": 15}[match["part"][0]] if not match["part"].startswith("hanner") else 30
            past = not match["part"].endswith((" i", " to"))
            yield Moment(
                match.span(), minute=(hour % 12 * 60 + (minutes if past else -minutes)) % 720, half_known=False
            )
    for match in _WORD_CLOCK[language].finditer(prose):
        hour = _HOURS[language].get(match["hour"], 0)
        if hour and taken.take(match.span()):
            half = match["half"]
            yield _at(
                match.span(), hour, 0, None if not half else "am" if half in ("y bore", "in the morning") else "pm"
            )
