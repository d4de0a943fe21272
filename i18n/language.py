"""Which language is a text in? Function words and the spelling dictionaries together.

A statistical identifier calls English with a few Welsh words Welsh a third of the time; counting words that only
one of the two languages has does not. Names, brands, links, handles and hashtags are not counted.
"""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Literal

from msgspec import Struct

from i18n import spelling, thresholds
from i18n.differences import Span
from i18n.lexicon import english_stems, load, welsh_stems
from i18n.words import Text, Word

Side = Literal["cy", "en", ""]

_LISTS = tomllib.loads((Path(__file__).parent / "data" / "function_words.toml").read_text(encoding="utf-8"))
_ENGLISH, _WELSH, _BOTH = (frozenset(_LISTS[name].split()) for name in ("english", "welsh", "both"))
_LEAST_LETTERS = 2
_EVEN = 0.5


class Identified(Struct, frozen=True):
    """`welsh` and `english` are shares of the words that only one language has.

    "mixed" where whole sentences of both are there, "other" where the words are of neither, "none" where too few
    words are left to judge by.
    """

    language: Literal["cy", "en", "mixed", "other", "none"]
    welsh: float
    english: float


@lru_cache(maxsize=50_000)
def side(word: str) -> Side:
    """The one language that has this plain word; "" for both, neither, or one letter."""
    if len(word) < _LEAST_LETTERS or word in _BOTH:
        return ""
    if word in _WELSH:
        return "cy"
    if word in _ENGLISH:
        return "en"
    in_welsh, in_english = _known(word, "cy"), _known(word, "en")
    if in_welsh == in_english:
        return ""
    return "cy" if in_welsh else "en"


def _known(word: str, language: Literal["cy", "en"]) -> bool:
    if spelling.available(language):
        return spelling.welsh(word) if language == "cy" else spelling.english(word)
    lexicon = load()
    stems, known = (welsh_stems(word), lexicon.welsh) if language == "cy" else (english_stems(word), lexicon.english)
    return bool(stems) and all(stem in known for stem in stems)


def is_name(text: Text, word: Word) -> bool:
    """Capitalised inside a sentence, or initials: a name, a brand, a service."""
    if text.shouting:
        return False
    written = text.nfc[word.start : word.end]
    return (written[:1].isupper() and word.start not in text.starts) or not (
        written.islower() or written[1:].islower() or len(written) == 1
    )


class Sides(Struct, frozen=True):
    """Words of only Welsh and of only English, in order; and how many words there were besides names."""

    welsh: tuple[Word, ...]
    english: tuple[Word, ...]
    words: int

    @property
    def english_share(self) -> float:
        judged = len(self.welsh) + len(self.english)
        return len(self.english) / judged if judged else 0.0


def sides(text: Text, span: Span | None = None) -> Sides:
    words = text.words if span is None else text.words_in(span)
    common = [word for word in words if not is_name(text, word)]
    return Sides(
        tuple(w for w in common if side(w.text) == "cy"), tuple(w for w in common if side(w.text) == "en"), len(common)
    )


def identify(text: str | Text) -> Identified:
    read = text if isinstance(text, Text) else Text(text)
    found = sides(read)
    judged = len(found.welsh) + len(found.english)
    if judged < thresholds.LEAST_WORDS_TO_JUDGE:
        return Identified("other" if found.words >= thresholds.LEAST_WORDS_OF_ANOTHER else "none", 0.0, 0.0)
    english = len(found.english) / judged
    if found.words >= thresholds.LEAST_WORDS_OF_ANOTHER and judged < found.words * thresholds.LEAST_SHARE_KNOWN:
        return Identified("other", 1 - english, english)
    if thresholds.MIXED <= english <= 1 - thresholds.MIXED and _both_have_sentences(read):
        return Identified("mixed", 1 - english, english)
    return Identified("en" if english > _EVEN else "cy", 1 - english, english)


def _both_have_sentences(text: Text) -> bool:
    shares = [
        s.english_share
        for span in text.sentences
        if len((s := sides(text, span)).welsh) + len(s.english) >= thresholds.LEAST_WORDS_IN_SENTENCE
    ]
    return bool(shares) and min(shares) < _EVEN < max(shares)
