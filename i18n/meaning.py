"""Is one text the other's translation, all of it? By the learned lexicon and by length.

A stem is explained when the other text has a stem that the lexicon links to it, the same word, or its pair in the
glossary. Stems that the lexicon does not know are no evidence either way.
"""

import math
import re
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache

from msgspec import Struct

from i18n import thresholds
from i18n.differences import Difference, Severity, Span
from i18n.facts import Read
from i18n.glossary import Glossary
from i18n.lexicon import Lexicon, english_stems, load, welsh_stems
from i18n.words import Text, Word

Split = Callable[[str], tuple[str, ...]]
Table = dict[str, dict[str, float]]
_ENDS = ".!?:"
_LEAST_NAME = 4


class Judged(Struct, frozen=True):
    """One word of a text: `weight` is what its stem tells, `explained` runs from 0 (by nothing) to 1."""

    word: Word
    weight: float
    explained: float


class Covered(Struct, frozen=True):
    """`share` of the `weight` of a text that the other text explains; `worst` of its sentences, see `_worst`."""

    share: float
    weight: float
    worst: float = 0.0


class Meaning:
    """The words of each text as the other explains them."""

    def __init__(self, cy: Read, en: Read, glossary: Glossary, lexicon: Lexicon | None = None) -> None:
        self.cy, self.en = cy.text, en.text
        self.lexicon = lexicon or load()
        self._cy_words, self._en_words = _unread(cy), _unread(en)
        self._same = _same_words(self._cy_words, self._en_words, glossary)
        self.shared_facts = _shared_facts(cy, en)

    @cached_property
    def welsh(self) -> tuple[Judged, ...]:
        others = frozenset(stem for word in self._en_words for stem in english_stems(word.text))
        return self._judge(
            self._cy_words, welsh_stems, self.lexicon.welsh_weight, (self.lexicon.welsh, self.lexicon.english), others
        )

    @cached_property
    def english(self) -> tuple[Judged, ...]:
        others = frozenset(stem for word in self._cy_words for stem in welsh_stems(word.text))
        return self._judge(
            self._en_words,
            english_stems,
            self.lexicon.english_weight,
            (self.lexicon.english, self.lexicon.welsh),
            others,
        )

    def _judge(
        self,
        words: tuple[Word, ...],
        split: Split,
        weights: dict[str, float],
        tables: tuple[Table, Table],
        others: frozenset[str],
    ) -> tuple[Judged, ...]:
        judged = []
        for word in words:
            if word.text in self._same:
                judged.append(Judged(word, thresholds.WEIGHT_OF_A_NAME, 1.0))
                continue
            known = (stem for stem in split(word.text) if stem in tables[0])
            judged += [
                Judged(word, weights[stem], _explained(stem, tables[0][stem], tables[1], others)) for stem in known
            ]
        return tuple(judged)

    @cached_property
    def of_welsh(self) -> Covered:
        return _covered(self.welsh, self.cy.sentences)

    @cached_property
    def of_english(self) -> Covered:
        return _covered(self.english, self.en.sentences)

    @cached_property
    def length_ratio(self) -> float:
        """Logarithm of Welsh letters to English ones; 0.1 in the middle of true pairs."""
        welsh, english = (sum(len(word.text) for word in words) for words in (self._cy_words, self._en_words))
        return math.log((welsh + 8) / (english + 8)) - thresholds.USUAL_LENGTH_RATIO

    def other_features(self) -> tuple[float, ...]:
        """What tells another message: neither side explained, no fact shared, and lengths that do not fit."""
        cy, en = self.of_welsh, self.of_english
        return (
            1.0,
            en.share,
            cy.share,
            min(en.share, cy.share),
            math.log1p((1 - en.share) * en.weight),
            abs(self.length_ratio),
            self.shared_facts,
        )

    def missing_features(self, side: str) -> tuple[float, ...]:
        """What tells that `side` lacks a part: the other text unexplained in places, and longer."""
        whole = self.of_english if side == "cy" else self.of_welsh
        shorter = -self.length_ratio if side == "cy" else self.length_ratio
        cy, en = (text.prose.rstrip()[-1:] in _ENDS for text in (self.cy, self.en))
        unfinished = float(en - cy) if side == "cy" else float(cy - en)
        sentences = len(self.en.sentences) - len(self.cy.sentences)
        fewer = max(-3.0, min(3.0, float(sentences if side == "cy" else -sentences)))
        unexplained = math.log1p((1 - whole.share) * whole.weight)
        return (
            1.0,
            whole.share,
            whole.worst,
            unexplained,
            shorter,
            shorter * math.log1p(whole.weight),
            unfinished,
            fewer,
            fewer * (whole.worst > 0),
        )


def _unread(read: Read) -> tuple[Word, ...]:
    """Words that are no part of a date, a time or a quantity: those are compared as facts."""
    taken = bytearray(len(read.text.plain))
    for fact in read.facts:
        taken[fact.span[0] : fact.span[1]] = b"\1" * (fact.span[1] - fact.span[0])
    return tuple(word for word in read.text.words[: thresholds.MOST_WORDS_COMPARED] if not taken[word.start])


def _shared_facts(cy: Read, en: Read) -> float:
    """How many different facts both texts have, at most three; small numbers are everywhere."""
    welsh, english = ({f.value for f in read.facts if not f.optional and len(f.value) > 1} for read in (cy, en))
    return float(min(len(welsh & english), thresholds.MOST_SHARED_FACTS))


def _explained(stem: str, forward: dict[str, float], backward: Table, others: frozenset[str]) -> float:
    likely = 0.0
    for other, p in forward.items():
        if other in others:
            likely = max(likely, p, backward[other].get(stem, 0.0) if other in backward else 0.0)
    return min(1.0, likely / thresholds.LIKELY_ENOUGH)


def _covered(judged: tuple[Judged, ...], sentences: Iterable[Span]) -> Covered:
    def share(part: list[Judged]) -> tuple[float, float]:
        weight = sum(j.weight for j in part)
        return (sum(j.weight * j.explained for j in part) / weight if weight else 1.0), weight

    whole, weight = share(list(judged))
    parts = [share(part) for part in by_sentence(judged, sentences)]
    worst = max((_worst(s, w) for s, w in parts), default=0.0)
    return Covered(whole, weight, worst)


def _worst(share: float, weight: float) -> float:
    """How much of a sentence nothing explains, more the longer it is: 0 where half of it is explained."""
    return max(0.0, 1 - 2 * share) * math.log1p(weight)


def by_sentence(judged: tuple[Judged, ...], sentences: Iterable[Span]) -> list[list[Judged]]:
    parts, at = [], 0
    for _, end in sentences:
        first = at
        while at < len(judged) and judged[at].word.start < end:
            at += 1
        parts.append(list(judged[first:at]))
    return parts


def _same_words(cy: tuple[Word, ...], en: tuple[Word, ...], glossary: Glossary) -> frozenset[str]:
    """Words that stand in both texts (names, brands), and both sides of a glossary pair that are there."""
    welsh, english = {w.text for w in cy}, {w.text for w in en}
    same = {word for word in welsh & english if len(word) >= _LEAST_NAME}
    for welsh_words, english_words in _name_words(glossary.names):
        if english_words <= english and any(any(stem in _welsh_forms(w) for w in welsh) for stem in welsh_words):
            same |= english_words | {w for w in welsh if _welsh_forms(w) & welsh_words}
    return frozenset(same)


@lru_cache(maxsize=64)
def _name_words(names: tuple[tuple[str, str], ...]) -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    def words(name: str) -> list[str]:
        return [w for w in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", name.casefold()) if len(w) >= _LEAST_NAME - 1]

    return tuple(
        (frozenset(s for w in words(cy) for s in welsh_stems(w)), frozenset(words(en))) for cy, en in names if cy != en
    )


@lru_cache(maxsize=20_000)
def _welsh_forms(word: str) -> frozenset[str]:
    return frozenset(welsh_stems(word))


def score(weights: tuple[float, ...], features: tuple[float, ...]) -> float:
    return sum(w * f for w, f in zip(weights, features, strict=True))


def meaning_differences(cy: Read, en: Read, glossary: Glossary) -> list[Difference]:
    meaning = Meaning(cy, en, glossary)
    words = min(len(cy.text.words), len(en.text.words))
    if words == 0:
        return []
    other = score(thresholds.OTHER_MESSAGE, meaning.other_features())
    if other >= thresholds.OTHER_MESSAGE_BLOCKS and words >= thresholds.LEAST_WORDS_FOR_OTHER:
        return [_whole("block", meaning)]
    missing = _missing(meaning, "cy") + _missing(meaning, "en")
    if other < thresholds.OTHER_MESSAGE_ASKS or any(d.severity != "advise" for d in missing):
        return missing
    return [_whole("decide", meaning)]


def _whole(severity: Severity, meaning: Meaning) -> Difference:
    cy, en = meaning.cy, meaning.en
    words = _unexplained_words(meaning.english)
    return Difference("other-message", severity, "WEL-MISSING", _extent(cy), _extent(en), params={"words": words})


def _extent(text: Text) -> Span:
    return (text.sentences[0][0], text.sentences[-1][1]) if text.sentences else (0, len(text.nfc))


def _missing(meaning: Meaning, side: str) -> list[Difference]:
    """The sentences of the other text that this side says nothing of; all of it where no one sentence stands out."""
    found = score(thresholds.PART_MISSING[side], meaning.missing_features(side))
    if found < thresholds.PART_MISSING_ADVISES:
        return []
    judged, text = (meaning.english, meaning.en) if side == "cy" else (meaning.welsh, meaning.cy)
    spans = [
        span
        for span, part in zip(text.sentences, by_sentence(judged, text.sentences), strict=True)
        if _unexplained(part)
    ]
    if found < thresholds.PART_MISSING_ASKS:
        return [_part("advise", side, span, text, judged) for span in spans]
    severity: Severity = "block" if found >= thresholds.PART_MISSING_BLOCKS else "decide"
    return [_part(severity, side, span, text, judged) for span in spans or [_extent(text)]]


def _unexplained(sentence: list[Judged]) -> bool:
    weight = sum(j.weight for j in sentence)
    explained = sum(j.weight * j.explained for j in sentence)
    return weight >= thresholds.LEAST_SENTENCE_WEIGHT and explained <= weight * thresholds.SENTENCE_UNEXPLAINED


def _part(severity: Severity, side: str, span: Span, text: Text, judged: tuple[Judged, ...]) -> Difference:
    words = _unexplained_words(tuple(j for j in judged if span[0] <= j.word.start < span[1]))
    read = text.nfc[span[0] : span[1]][: thresholds.LONGEST_QUOTE]
    if side == "cy":
        return Difference("part-missing", severity, "WEL-MISSING", en=span, en_read=read, params={"words": words})
    return Difference("part-missing", severity, "WEL-MISSING", cy=span, cy_read=read, params={"words": words})


def _unexplained_words(judged: tuple[Judged, ...]) -> str:
    """The words that tell most and that nothing explains, in the order of the text."""
    candidates = [
        j
        for j in judged
        if j.explained < thresholds.SENTENCE_UNEXPLAINED and j.weight >= thresholds.LEAST_TELLING_WEIGHT
    ]
    most = sorted(candidates, key=lambda j: -j.weight)[: thresholds.MOST_WORDS_NAMED]
    return ", ".join(dict.fromkeys(j.word.text for j in sorted(most, key=lambda j: j.word.start)))
