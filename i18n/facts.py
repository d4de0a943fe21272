"""Facts of a text, read into values that are equal across Welsh and English."""

from typing import Literal

from msgspec import Struct

from i18n.differences import Span

Language = Literal["cy", "en"]
FactKind = Literal[
    "number", "percent", "ordinal", "duration", "date", "weekday", "time", "age", "money",
    "phone", "email", "link", "handle", "hashtag",
]  # fmt: skip


class Fact(Struct, frozen=True):
    """`value` is canonical: equal facts of the two languages have equal values.

    A date carries what was written of weekday (Monday is 0), day, month and year; a time its minute of the day;
    a number, percentage, ordinal, age, sum of money or duration its amount, and the last two a unit.
    `in_words` tells numbers spelt out from digits.
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
    in_words: bool = False


def facts(text: str, language: Language) -> tuple[Fact, ...]:
    """Every fact of the text in the order of its place; spans are into the text's NFC form."""
    return ()
