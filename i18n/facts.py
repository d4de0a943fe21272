"""Facts of a text, read into values that are equal across Welsh and English. `Source: WEL-04`."""

from typing import Literal

from msgspec import Struct

from i18n.contacts import contacts, phones
from i18n.differences import Span
from i18n.moments import Moment, Taken, moments
from i18n.quantities import Quantity, in_digits, in_words
from i18n.words import Text

Language = Literal["cy", "en"]
_BESIDE = 3  # code points between a weekday and its date: a comma, a space, "y"
FactKind = Literal[
    "number", "percent", "ordinal", "duration", "date", "weekday", "time", "age", "money",
    "phone", "email", "link", "handle", "hashtag",
]  # fmt: skip


class Fact(Struct, frozen=True):
    """`value` is canonical: equal facts of the two languages have equal values.

    A date carries what was written of weekday (Monday is 0), day, month and year; a time its minute of the day,
    `half_known` False where the half of the day was not said; a number, percentage, ordinal, age, sum of money or
    duration its amount and unit ("minute" ... "year", "£", "p", "%"). `in_words` tells numbers spelt out from
    digits. An `optional` fact can be matched but is not missed: "un" is one, and the same, and any.
    """

    kind: FactKind
    value: str
    span: Span
    amount: float | None = None
    unit: str = ""
    weekday: int | None = None
    day: int | None = None
    month: int | None = None
    year: int | None = None
    minute: int | None = None
    half_known: bool = True
    in_words: bool = False
    optional: bool = False


class Read:
    """A text and the facts in it, found once for all comparisons."""

    def __init__(self, text: str, language: Language) -> None:
        self.text = Text(text)
        self.facts = facts(self.text, language)


def facts(text: str | Text, language: Language) -> tuple[Fact, ...]:
    """Every fact of the text in the order of its place; spans are into the text's NFC form."""
    read = text if isinstance(text, Text) else Text(text)
    taken = Taken(len(read.prose))
    found = [Fact(kind, value, span) for kind, value, span in contacts(read)]  # type: ignore[arg-type]  # names of groups
    found += [Fact("phone", digits, span) for digits, span in phones(read.prose) if taken.take(span)]
    written = [_moment(moment) for moment in moments(read.prose, read.nfc, language, taken)]
    found += _with_weekdays(sorted(written, key=lambda fact: fact.span))
    found += [_quantity(q) for q in in_digits(read.prose, language, taken)]
    found += [_quantity(q) for q in in_words(read.prose, read.words, language, taken)]
    return tuple(sorted(found, key=lambda fact: fact.span))


def _moment(moment: Moment) -> Fact:
    if moment.minute is not None:
        value = f"{moment.minute // 60:02}:{moment.minute % 60:02}"
        return Fact("time", value, moment.span, minute=moment.minute, half_known=moment.half_known)
    if moment.weekday is not None:
        return Fact("weekday", str(moment.weekday), moment.span, weekday=moment.weekday)
    value = "-".join(
        (
            "????" if moment.year is None else str(moment.year),
            f"{moment.month:02}",
            "??" if moment.day is None else f"{moment.day:02}",
        )
    )
    return Fact("date", value, moment.span, day=moment.day, month=moment.month, year=moment.year)


def _with_weekdays(written: list[Fact]) -> list[Fact]:
    """A weekday right before or after a date is part of it; the weekday stays a fact of its own for comparing."""
    found = list(written)
    for i, fact in enumerate(found):
        if fact.kind != "date" or fact.day is None:
            continue
        for j in (i - 1, i + 1):
            if 0 <= j < len(found) and found[j].kind == "weekday" and _beside(found[j].span, fact.span):
                start, end = min(found[j].span[0], fact.span[0]), max(found[j].span[1], fact.span[1])
                found[i] = Fact(
                    "date",
                    fact.value,
                    (start, end),
                    weekday=found[j].weekday,
                    day=fact.day,
                    month=fact.month,
                    year=fact.year,
                )
                break
    return found


def _beside(one: Span, other: Span) -> bool:
    return 0 <= other[0] - one[1] <= _BESIDE or 0 <= one[0] - other[1] <= _BESIDE


def _quantity(quantity: Quantity) -> Fact:
    value = quantity.written or f"{quantity.amount:.10g}"
    return Fact(
        quantity.kind, value, quantity.span, amount=quantity.amount, unit=quantity.unit,
        in_words=quantity.in_words, optional=quantity.optional,
    )  # fmt: skip
