"""Is something denied or forbidden in one text and not in the other? `Source: WEL-04 (negation)`.

No method measured is sure enough to block: a difference is a question to the reviewer. Denials are looked for
sentence by sentence where both texts have as many sentences, else in the whole texts. A word that may deny without
saying so ("unable", "invalid"; "methu", "tu allan") explains a denial of the other text. The words are data.
"""

import re
import tomllib
from bisect import bisect_left
from pathlib import Path
from typing import Any

from i18n import thresholds
from i18n.differences import Difference, Span
from i18n.words import Text

_WORDS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "data" / "negation.toml").read_text(encoding="utf-8"))


def _pattern(language: str, name: str) -> re.Pattern[str]:
    return re.compile("|".join(_WORDS[language][name]).replace("VERB", "|".join(_WORDS["cy"]["verb"])))


def _patterns(name: str) -> dict[str, re.Pattern[str]]:
    return {language: _pattern(language, name) for language in ("cy", "en")}


_SURE, _MAYBE, _IDLE = _patterns("sure"), _patterns("maybe"), _patterns("idle")


def _sure(text: Text, language: str) -> list[Span]:
    """Places of words that deny; ways of speaking that only look so ("am ddim", "no later than") are left out."""
    blanked = _IDLE[language].sub(lambda m: " " * len(m[0]), text.prose)
    return [m.span() for m in _SURE[language].finditer(blanked)]


def _within(spans: list[Span], part: Span) -> list[Span]:
    return spans[bisect_left(spans, (part[0], 0)) : bisect_left(spans, (part[1], 0))]


def negation_differences(cy: Text, en: Text) -> list[Difference]:
    if not cy.sentences or not en.sentences:
        return []
    sure_cy, sure_en = _sure(cy, "cy"), _sure(en, "en")
    found = []
    for here, there in _parts(cy, en):
        denied_cy, denied_en = _within(sure_cy, here), _within(sure_en, there)
        if bool(denied_cy) == bool(denied_en):
            continue
        text, part, maybe = (en, there, _MAYBE["en"]) if denied_cy else (cy, here, _MAYBE["cy"])
        if not maybe.search(text.prose, part[0], part[1]):
            found.append(_difference(cy, en, (here, there), (denied_cy, denied_en)))
    return found


def _parts(cy: Text, en: Text) -> list[tuple[Span, Span]]:
    if len(cy.sentences) == len(en.sentences):
        return list(zip(cy.sentences, en.sentences, strict=True))
    return [((0, len(cy.plain)), (0, len(en.plain)))]


def _difference(cy: Text, en: Text, spans: tuple[Span, Span], denied: tuple[list[Span], list[Span]]) -> Difference:
    def read(text: Text, places: list[Span]) -> str:
        words = dict.fromkeys(text.plain[start:end].strip() for start, end in places)
        return ", ".join(words)[: thresholds.LONGEST_QUOTE]

    return Difference("negation", "decide", "WEL-FACT", *spans, read(cy, denied[0]), read(en, denied[1]))
