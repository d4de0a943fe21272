"""Do a Welsh and an English text say the same thing? `Source: WEL-04, WEL-07, WEL-08, WEL-12`."""

from i18n import thresholds
from i18n.differences import Difference, Span
from i18n.fact_parity import fact_differences
from i18n.facts import Read
from i18n.glossary import DEFAULT, Glossary
from i18n.language_parity import language_differences, missing_language
from i18n.meaning import meaning_differences
from i18n.negation import negation_differences
from i18n.spelling import misspelt_words
from i18n.words import Text

__all__ = ["DEFAULT", "Difference", "Glossary", "Span", "compare"]
_RANK = {"block": 0, "decide": 1, "advise": 2}
# said of a whole text: what follows from it is not said again
_WHOLE = frozenset({"missing-language", "same-text", "swapped", "not-welsh", "not-english"})


def compare(cy: str, en: str, glossary: Glossary = DEFAULT) -> tuple[Difference, ...]:
    """Every difference found, in the order of severity and place. Never raises on any text."""
    welsh, english = Read(cy, "cy"), Read(en, "en")
    found = missing_language(welsh.text, english.text) or _compare(welsh, english, glossary)
    return tuple(sorted(found, key=lambda d: (_RANK[d.severity], d.cy or d.en or (0, 0))))


def _compare(cy: Read, en: Read, glossary: Glossary) -> list[Difference]:
    found = language_differences(cy.text, en.text, glossary)
    if any(d.kind in _WHOLE for d in found):
        return found
    found += fact_differences(cy, en, glossary)
    meaning = meaning_differences(cy, en, glossary)
    found += meaning
    if not any(d.kind == "other-message" and d.severity == "block" for d in meaning):
        found += negation_differences(cy.text, en.text)
    return found + _spelling(cy.text, en.text, glossary)


def _spelling(cy: Text, en: Text, glossary: Glossary) -> list[Difference]:
    """Advice only: the dictionary does not know every name and new word. What the English has too is a name."""
    english = {word.text for word in en.words}
    wrong = [w for w in misspelt_words(cy, glossary.words) if w.text not in english]
    return [
        Difference("spelling", "advise", "WEL-QUALITY", cy=(w.start, w.end), cy_read=cy.nfc[w.start : w.end])
        for w in wrong[: thresholds.MOST_MISSPELT]
    ]
