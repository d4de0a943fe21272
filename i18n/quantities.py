"""Numbers, percentages, money, ages, ordinals and durations, in digits and in words, of both languages."""

# ruff: noqa: PLR2004 - halves, quarters and pairs are what these readings are about
import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from i18n import numerals
from i18n.differences import Span
from i18n.moments import Taken
from i18n.words import Word

Language = Literal["cy", "en"]

# minutes, or months: what a unit of time counts for
MINUTES = {"minute": 1, "hour": 60, "day": 1_440, "week": 10_080, "fortnight": 20_160}
MONTHS = {"month": 1, "year": 12}
_UNITS: dict[str, str] = {
    word: unit
    for unit, words in {
        "minute": "minute minutes min mins munud munudau funud",
        "hour": "hour hours hr hrs hourly awr oriau awren",
        "day": "day days diwrnod ddiwrnod niwrnod diwrnodau ddiwrnodau dydd ddydd dyddiau ddyddiau nyddiau",
        "week": "week weeks wythnos wythnosau",
        "fortnight": "fortnight fortnights fortnightly pythefnos bythefnos phythefnos mhythefnos",
        "month": "month months mis misoedd fis fisoedd",
        "year": "year years blwyddyn flwyddyn blynedd flynedd mlynedd blynyddoedd flynyddoedd mlynyddoedd",
        "%": "% percent",
        "£": "punt bunt phunt bunnoedd punnoedd pounds pound",
        "p": "ceiniog geiniog cheiniog pence penny",
        "m": "metr fetr metres metre",
        "mile": "milltir filltir filltiroedd milltiroedd mile miles",
        "times": "gwaith waith times",
    }.items()
    for word in words.split()
}
_SCALES = {"mil": 1e3, "fil": 1e3, "thousand": 1e3, "k": 1e3, "miliwn": 1e6, "filiwn": 1e6, "million": 1e6, "m": 1e6,
           "mn": 1e6, "biliwn": 1e9, "filiynau": 1e9, "billion": 1e9, "bn": 1e9}  # fmt: skip
_DIGITS = re.compile(
    r"(?<![\d])(?P<money>[£€$]\s?)?(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)*)"
    r"(?P<scale>\s?(?:k|m|mn|bn)\b|\s(?:mil|fil|miliwn|filiwn|biliwn|thousand|million|billion)\b)?"
    r"(?P<percent>\s?(?:%(?:\s+y cant\b)?|per cent\b|percent\b|y cant\b))?(?P<pence>[pc]\b(?!\.))?"
    r"(?P<ordinal>(?:st|nd|rd|th|af|il|ail|ydd|edd|fed|eg|ain|ed)\b)?"
)
_AFTER = re.compile(r"[\s-]{0,2}(?:o\s+|of\s+)?([^\W\d_]+)")
_AGE_CY = re.compile(r"\s*(?:-[^\W\d]+\s*)?(?:mlwydd\s+)?oed(?:rwydd)?\b")
_AGE_EN = re.compile(r"(?:[\s-]{0,2}(?:years?|yrs?)[\s-]{0,2}olds?\b)|\s+years?\s+of\s+age\b")
_AGE_BEFORE = re.compile(r"\b(?:aged?(?:\s+(?:of|between|over|under|from))?|oed(?:ran|\srhwng))\s+$")
_HALVES = {
    "half": 0.5, "hanner": 0.5, "quarter": 0.25, "quarters": 0.25, "chwarter": 0.25, "chwarteri": 0.25,
}  # fmt: skip
# what stands between a number and a unit that is not its own: "y ddau bob pythefnos", "two a day"
_EACH = frozenset("bob pob y yr y'r i'r every each per a an the mewn i o am ar yn and or neu in for to on".split())  # noqa: SIM905 - words
_THREE = {"three", "tri", "dri", "thri"}
_QUARTERS = {"quarters", "chwarter"}
_DETERMINERS = {"y", "yr", "ill", "eich", "ein", "eu", "the"}  # "y ddau" is both
_FAIRLY = ("deg", "ddeg")  # "yn deg" is fairly, "yn ddeg oed" ten years old
_NOT_A_HALF = {"hanner": {"dydd", "nos"}, "half": {"past"}}


class Quantity(Struct, frozen=True):
    """`optional` quantities may be matched, and are never missed: "un", "both", a half with nothing beside it."""

    kind: Literal["number", "percent", "money", "age", "ordinal", "duration"]
    amount: float
    unit: str
    span: Span
    in_words: bool = False
    optional: bool = False
    written: str = ""


def length_in_minutes(amount: float, unit: str) -> float | None:
    return round(amount * MINUTES[unit], 3) if unit in MINUTES else None


def length_in_months(amount: float, unit: str) -> float | None:
    return round(amount * MONTHS[unit], 3) if unit in MONTHS else None


def in_digits(prose: str, language: Language, taken: Taken) -> Iterator[Quantity]:
    for match in _DIGITS.finditer(prose):
        if not taken.free(match.span("number")):
            continue
        taken.take(match.span())
        number = match["number"]
        end = match.end()
        if number.count(".") > 1:
            yield Quantity("number", float(number.replace(".", "")[:15]), "version", match.span(), written=number)
            continue
        amount = float(number.replace(",", "")) if len(number) < 300 else 0.0
        scale = (match["scale"] or "").strip()
        amount *= _SCALES.get(scale, 1) if scale != "m" or match["money"] else 1
        quantity = _digit_quantity(prose, match, amount, end, language)
        taken.mark(quantity.span)
        yield quantity


def _digit_quantity(prose: str, match: re.Match[str], amount: float, end: int, language: Language) -> Quantity:
    if match["money"]:
        return Quantity("money", amount, "£" if match["money"][0] == "£" else match["money"][0], match.span())
    if match["pence"]:
        return Quantity("money", amount, "p", match.span())
    if match["percent"]:
        return Quantity("percent", amount, "%", match.span())
    if match["ordinal"]:
        return Quantity("ordinal", amount, "", match.span())
    unit, half, stop = unit_after(prose, end)
    age = _age(prose, match.start(), end, language)
    if age:
        return Quantity("age", amount, "year", (match.start(), age))
    kind: Literal["money", "duration", "number"] = (
        "money" if unit in ("£", "p") else "duration" if unit in MINUTES or unit in MONTHS else "number"
    )
    return Quantity(kind, amount + half, unit, (match.start(), stop))


def _age(prose: str, start: int, end: int, language: Language) -> int:
    after = (_AGE_CY if language == "cy" else _AGE_EN).match(prose, end)
    if after:
        return after.end()
    return end if _AGE_BEFORE.search(prose, max(0, start - 20), start) else 0


def unit_after(prose: str, end: int) -> tuple[str, float, int]:
    """The unit that follows, a half or quarter after it ("awr a hanner", "and a half hours"), and where that ends."""
    half = re.compile(r"\s+(?:and|a|ac)\s+(?:a\s+)?(half|hanner|quarter|chwarter)\b").match(prose, end)
    extra, place = (_HALVES[half[1]], half.end()) if half else (0.0, end)
    match = _AFTER.match(prose, place)
    if not match:
        return "", extra, place
    unit = _UNITS.get(match[1], "")
    second = _AFTER.match(prose, match.end())
    if not unit and not half and second and match[1] not in _EACH and _UNITS.get(second[1]) in (*MINUTES, *MONTHS):
        return _UNITS[second[1]], extra, second.end()  # 2 working days
    if not unit:
        return "", extra, place
    after = re.compile(r"\s+(?:and|a|ac)\s+(?:a\s+)?(half|hanner|quarter|chwarter)\b").match(prose, match.end())
    if after and not half:
        return unit, _HALVES[after[1]], after.end()
    return unit, extra, match.end()


def in_words(prose: str, words: tuple[Word, ...], language: Language, taken: Taken) -> Iterator[Quantity]:
    plain = [part for word in words for part in (word.text,)]
    read = numerals.welsh if language == "cy" else numerals.english
    at = 0
    while at < len(words):
        reading = read(plain, at) if numerals.starts(plain[at], language) else None
        if reading is None or not taken.free((words[at].start, words[at].end)):
            free = taken.free((words[at].start, words[at].end))
            found = _single(words, at, language) if free else None
            if found and taken.take(found.span):
                yield found
            at += 1
            continue
        last = words[at + reading.length - 1]
        if _contiguous(prose, words, at, reading.length):
            quantity = _word_quantity(prose, words, at, reading, language)
            if quantity and taken.take((words[at].start, last.end)):
                taken.mark(quantity.span)
                yield quantity
        at += reading.length


def _contiguous(prose: str, words: tuple[Word, ...], at: int, length: int) -> bool:
    """Nothing but spaces and hyphens between the words of a number."""
    gaps = (prose[words[i].end : words[i + 1].start] for i in range(at, at + length - 1))
    return all(not gap.strip(" -'") for gap in gaps)


def _word_quantity(
    prose: str, words: tuple[Word, ...], at: int, reading: numerals.Reading, language: Language
) -> Quantity | None:
    first, last = words[at], words[at + reading.length - 1]
    if first.text in _THREE and last is first and at + 1 < len(words) and words[at + 1].text in _QUARTERS:
        return None  # three quarters are read from the quarters
    before = words[at - 1].text if at else ""
    if (
        language == "cy"
        and reading.length == 1
        and first.text in _FAIRLY
        and before == "yn"
        and not _AGE_CY.match(prose, last.end)
    ):
        return None
    percent = re.compile(r"\s+(?:per\s?cent|y cant)\b").match(prose, last.end)
    if percent:
        return Quantity("percent", reading.amount, "%", (first.start, percent.end()), in_words=True)
    age = _age(prose, first.start, last.end, language)
    if age:
        return Quantity("age", reading.amount, "year", (first.start, age), in_words=True)
    unit, half, stop = unit_after(prose, last.end)
    if reading.noun is not None:
        unit, stop = _UNITS.get(words[at + reading.noun].text, ""), last.end
    both = reading.amount == 2 and (before in _DETERMINERS or before.endswith("'r"))
    optional = not half and (both or reading.amount in (0, 1))
    kind: Literal["money", "duration", "number"] = (
        "money" if unit in ("£", "p") else "duration" if unit in MINUTES or unit in MONTHS else "number"
    )
    amount = reading.amount + half * numerals.scale(last.text)
    return Quantity(kind, amount, unit, (first.start, stop), in_words=True, optional=optional)


def _single(words: tuple[Word, ...], at: int, language: Language) -> Quantity | None:
    """A half, a quarter, a fortnight, an ordinal in words, "both"."""
    word, before = words[at], words[at - 1].text if at else ""
    text, after = word.text, words[at + 1].text if at + 1 < len(words) else ""
    span = (word.start, word.end)
    if text in _HALVES and after not in _NOT_A_HALF.get(text, ()):
        return _fraction(words, at, before)
    if text in ("half-hour", "half-hours", "half-hourly"):
        return Quantity("duration", 0.5, "hour", span, in_words=True)
    if _UNITS.get(text) == "fortnight":
        return Quantity("duration", 1, "fortnight", span, in_words=True)
    number = numerals.ordinal(text, language)
    if number is not None:
        return Quantity("ordinal", number, "", span, in_words=True, optional=number <= 2)
    return None


def _one_and(words: tuple[Word, ...], at: int) -> Quantity | None:
    """The unit of time that stands before "and a" half."""
    before = at - 1
    while before > 0 and words[before].text in ("a", "ac", "and"):
        before -= 1
    unit = _UNITS.get(words[before].text, "")
    if before in (at - 1, at) or unit not in (*MINUTES, *MONTHS):
        return None
    return Quantity("duration", 1, unit, (words[before].start, words[before].end), in_words=True)


def _fraction(words: tuple[Word, ...], at: int, before: str) -> Quantity:
    word = words[at]
    amount = _HALVES[word.text] * (3 if before in _THREE and word.text != "half" else 1)
    place = at + 1
    while place < len(words) and words[place].text in ("of", "a", "an", "o", "the", "y"):
        place += 1
    unit = _UNITS.get(words[place].text, "") if place < len(words) else ""
    more = _one_and(words, at)
    if more:  # "awr a hanner", "an hour and a half"
        return Quantity("duration", 1 + amount, more.unit, (more.span[0], word.end), in_words=True)
    if unit in ("hour", "day", "week", "month", "year"):
        if unit == "year" and amount == 0.25:
            return Quantity("number", amount, "", (word.start, word.end), in_words=True, optional=True)
        return Quantity("duration", amount, unit, (word.start, words[place].end), in_words=True)
    return Quantity("number", amount, "", (word.start, word.end), in_words=True, optional=True)
