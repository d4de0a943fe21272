"""What of a text has a settled form in the other language: a translator's glossary, made for the text at hand."""

import re
from collections.abc import Iterator
from datetime import time
from typing import Literal

from msgspec import Struct

from i18n.dates import say_moment, say_time
from i18n.facts import Fact, facts
from i18n.glossary import Glossary
from i18n.mutation import fold
from i18n.words import Text

Language = Literal["cy", "en"]
Kind = Literal["name", "hashtag", "handle", "host", "link", "phone", "email", "date"]
_PAIRS: tuple[tuple[str, Kind], ...] = (
    ("names", "name"), ("hashtags", "hashtag"), ("handles", "handle"), ("hosts", "host"), ("links", "link"),
    ("phones", "phone"), ("emails", "email"),
)  # fmt: skip
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


class Equivalent(Struct, frozen=True):
    """`here` as the text or the glossary writes it, `there` in the other language."""

    here: str
    there: str
    kind: Kind


def equivalents(text: str, language: Language, glossary: Glossary) -> tuple[Equivalent, ...]:
    """Each once: what the glossary has first, in its order, then dates and times in the order of the text."""
    found = dict.fromkeys((*_terms(text, language, glossary), *_moments(text, language)))
    return tuple(each for each in found if each.here != each.there)


def _terms(text: str, language: Language, glossary: Glossary) -> Iterator[Equivalent]:
    plain, words = text.casefold(), _words(Text(text).prose, language)
    for name, kind in _PAIRS:
        for welsh, english in getattr(glossary, name):
            here, there = (welsh, english) if language == "cy" else (english, welsh)
            stands = f" {_words(here, language)} " in f" {words} " if kind == "name" else here.casefold() in plain
            if stands:
                yield Equivalent(here, there, kind)


def _words(text: str, language: Language) -> str:
    """The words alone, in small letters; Welsh ones without their mutations."""
    found = (word.replace("’", "'") for word in _WORD.findall(text.casefold()))
    return " ".join(fold(word) if language == "cy" else word for word in found)


def _moments(text: str, language: Language) -> Iterator[Equivalent]:
    other: Language = "en" if language == "cy" else "cy"
    read = [fact for fact in facts(text, language) if fact.kind in {"date", "time", "weekday"}]
    dates = [fact.span for fact in read if fact.kind == "date"]
    for fact in read:
        within = any(start <= fact.span[0] and fact.span[1] <= end for start, end in dates)
        if fact.kind == "weekday" and within:  # it is said with its date
            continue
        yield Equivalent(text[slice(*fact.span)].strip(), _said(fact, other), "date")


def _said(fact: Fact, language: Language) -> str:
    if fact.minute is not None and fact.half_known:
        return say_time(time(*divmod(fact.minute, 60)), language)
    return say_moment(fact, language)
