"""Is the Welsh text Welsh and the English text English? `Source: WEL-01, WEL-12`."""

import re
from collections.abc import Iterable

from i18n import thresholds
from i18n.differences import Difference, Kind, Severity, Span
from i18n.glossary import Glossary, words_of
from i18n.language import Sides, is_name, side, sides
from i18n.words import Text, Word

_QUOTED = re.compile(r"(?:(?<!\w)'[^'\n]{2,200}'(?!\w)|\"[^\"\n]{2,200}\"|[“«][^”»\n]{2,200}[”»]|\([^()\n]{2,200}\))")


def missing_language(cy: Text, en: Text) -> list[Difference]:
    """One box without a word. Two without are no difference: a picture may be all there is."""
    if bool(cy.words) == bool(en.words):
        return []
    read = (cy if cy.words else en).nfc.strip()[: thresholds.LONGEST_QUOTE]
    whole = (0, len((cy if cy.words else en).nfc))
    if cy.words:
        return [Difference("missing-language", "block", "WEL-MISSING", cy=whole, cy_read=read)]
    return [Difference("missing-language", "block", "WEL-MISSING", en=whole, en_read=read)]


def language_differences(cy: Text, en: Text, glossary: Glossary) -> list[Difference]:
    """What is wrong as a whole first; where nothing is, the sentences and parts in the other language."""
    welsh, english = sides(cy), sides(en)
    whole = _whole(cy, en, welsh, english)
    if whole:
        return whole
    sentences = _foreign_sentences(cy, "cy")
    inside = [d.cy for d in sentences if d.cy]
    parts = [
        d for d in _untranslated(cy, en, glossary) if not any(d.cy and s <= d.cy[0] and d.cy[1] <= e for s, e in inside)
    ]
    return [*sentences, *_foreign_sentences(en, "en"), *parts]


def _whole(cy: Text, en: Text, welsh: Sides, english: Sides) -> list[Difference]:
    spans = (_extent(cy), _extent(en))
    not_welsh = _foreign(welsh.english_share, len(welsh.english), welsh.words)
    not_english = _foreign(1 - english.english_share, len(english.welsh), english.words) if english.welsh else False
    same = [w.text for w in cy.words] == [w.text for w in en.words]
    if same and (welsh.english or welsh.welsh):
        kind: Kind = "same-text"
        return [Difference(kind, "block", "WEL-UNTRANSLATED", *spans, params={"language": "en" if not_welsh else "cy"})]
    if not_welsh and not_english:
        return [Difference("swapped", "block", "WEL-UNTRANSLATED", *spans)]
    if not_welsh:
        return [_whole_difference("not-welsh", spans[0], welsh)]
    if not_english:
        return [_whole_difference("not-english", spans[1], english)]
    return []


def _foreign(share: float, foreign: int, words: int) -> bool:
    """Mostly words that only the other language has; of a very short text, all of them."""
    if words < thresholds.SHORT_TEXT:
        return share > thresholds.FOREIGN_SHORT and foreign >= thresholds.LEAST_FOREIGN
    return share >= thresholds.FOREIGN and foreign >= thresholds.LEAST_FOREIGN


def _whole_difference(kind: Kind, span: Span, found: Sides) -> Difference:
    words = found.english if kind == "not-welsh" else found.welsh
    read = ", ".join(dict.fromkeys(w.text for w in words[: thresholds.MOST_WORDS_NAMED]))
    if kind == "not-welsh":
        return Difference(kind, "block", "WEL-UNTRANSLATED", cy=span, cy_read=read)
    return Difference(kind, "block", "WEL-UNTRANSLATED", en=span, en_read=read)


def _extent(text: Text) -> Span:
    return (text.sentences[0][0], text.sentences[-1][1]) if text.sentences else (0, len(text.nfc))


def _foreign_sentences(text: Text, language: str) -> list[Difference]:
    found = []
    for span in text.sentences if len(text.sentences) > 1 else ():
        parts = sides(text, span)
        foreign, own = (parts.english, parts.welsh) if language == "cy" else (parts.welsh, parts.english)
        if (
            len(foreign) >= thresholds.LEAST_FOREIGN_IN_SENTENCE
            and len(foreign) >= len(own) * thresholds.FOREIGN_TO_OWN
        ):
            read = text.nfc[span[0] : span[1]][: thresholds.LONGEST_QUOTE]
            found.append(_part("mixed", "block", language, span, read))
    return found


def _part(kind: Kind, severity: Severity, language: str, span: Span, read: str) -> Difference:
    if language == "cy":
        return Difference(kind, severity, "WEL-UNTRANSLATED", cy=span, cy_read=read)
    return Difference(kind, severity, "WEL-UNTRANSLATED", en=span, en_read=read)


def _untranslated(cy: Text, en: Text, glossary: Glossary) -> list[Difference]:
    """Runs of English inside a Welsh sentence: a block where the English text has them too, else a question."""
    names = words_of(glossary.names)
    quoted = [m.span() for m in _QUOTED.finditer(cy.plain)]
    english = f" {' '.join(w.text for w in en.words)} "
    found = []
    for run in _english_runs(cy, names):
        span = (run[0].start, run[-1].end)
        if any(start <= span[0] and span[1] <= end for start, end in quoted):
            continue
        copied = f" {' '.join(w.text for w in run)} " in english
        severity: Severity = "block" if copied and len(run) >= thresholds.LEAST_COPIED_RUN else "decide"
        found.append(_part("untranslated-part", severity, "cy", span, cy.nfc[span[0] : span[1]]))
    return found


def _english_runs(text: Text, names: Iterable[str]) -> Iterable[list[Word]]:
    """Runs of words that are English or could be, long enough and sure enough to be no title or term."""
    run: list[Word] = []
    for word in (*text.words, None):
        if word is not None and _continues(text, word, run, names):
            run.append(word)
            continue
        while run and side(run[-1].text) != "en":
            run.pop()
        sure = [w for w in run if side(w.text) == "en"]
        if len(sure) >= thresholds.LEAST_RUN and len(sure) >= len(run) * thresholds.SURE_IN_RUN:
            yield run
        run = []


def _continues(text: Text, word: Word, run: list[Word], names: Iterable[str]) -> bool:
    if run and not set(text.plain[run[-1].end : word.start]) <= set(" ,-"):
        return False
    if word.text in names or is_name(text, word):
        return False
    return side(word.text) == "en" or (bool(run) and side(word.text) == "")
