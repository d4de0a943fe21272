"""One text read once: its words, sentences, phrases of the rule pack and facts, shared by every check."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import Any

from msgspec import Struct, structs

from approvals import rules
from approvals.checks.context import Context
from approvals.content import LANGUAGES, Content
from approvals.findings import Finding, FindingLanguage, Severity, Where
from approvals.rules import Hit, Token
from connectors.contract import Language
from i18n.facts import Fact, facts
from i18n.words import Text

Span = tuple[int, int]
# judged by what is said rather than by letters and figures: a translation says it too
_SAID = frozenset(
    {
        "POL-OPINION", "POL-ELECTION", "COM-ENDORSE", "COM-PARTNER", "COM-POM", "LEG-DEFAM", "LEG-RESTRICTED",
        "LEG-COURT", "INC-CANDOUR", "TONE", "FCT-CLAIM", "JIG-COMBO", "SML-COUNT", "PID-DECEASED", "PID-SOLICIT",
        "PID-PROTECTED", "PID-SPECIAL", "PID-WARD", "PID-NAME-PATIENT", "PID-NAME-STAFF",
    }
)  # fmt: skip
_MOST = 50
"""Findings of one rule in one text: nobody reads more, and a text made of identifiers stays cheap."""
_TOKEN = re.compile(r"[^\W_]+")
_STRENGTH = (Severity.BLOCK, Severity.DECIDE, Severity.ADVISE, Severity.NOTE)


class Sentence(Struct, frozen=True):
    span: Span
    tokens: tuple[Token, ...]
    hits: tuple[Hit, ...]

    def of(self, *groups: str) -> tuple[Hit, ...]:
        return tuple(hit for hit in self.hits if hit.group in groups)

    def has(self, *groups: str) -> bool:
        return any(hit.group in groups for hit in self.hits)


class Reading:
    """A text in one language. Spans are code points of `nfc`; `plain` is lower case and of the same length."""

    def __init__(self, text: str, language: Language, terms: rules.Terms | None) -> None:
        self._text = Text(text)
        self._terms = terms
        self.language = language
        self.nfc = self._text.nfc
        self.plain = self._text.plain
        self.digits = any(c.isdigit() for c in self.plain)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        return tuple(self._sentence(span) for span in self._text.sentences)

    def _sentence(self, span: Span) -> Sentence:
        tokens = tuple(Token(m[0], m.start(), m.end()) for m in _TOKEN.finditer(self.plain, *span))
        hits = rules.find(tokens, self.language, self._terms)
        return Sentence(span, tokens, tuple(hit for hit in hits if not self._thanks(hit)))

    def _thanks(self, hit: Hit) -> bool:
        """The "you" of "thank you" speaks to nobody in particular."""
        return hit.group == "generic" and self.plain.endswith("thank ", 0, hit.start)

    @cached_property
    def contacts(self) -> tuple[tuple[str, Span], ...]:
        """Links, addresses, handles and hashtags: (kind, span)."""
        return tuple((str(m.lastgroup), m.span()) for m in self._text.contacts)

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        return facts(self._text, self.language)

    def sentence_at(self, at: int) -> Sentence:
        """The sentence around a place; an empty one where there is none."""
        index = self._index(at)
        return Sentence((at, at), (), ()) if index is None else self.sentences[index]

    def around(self, at: int) -> tuple[Sentence, ...]:
        """The sentence around a place with its neighbours."""
        index = self._index(at)
        return () if index is None else self.sentences[max(0, index - 1) : index + 2]

    def in_contact(self, span: Span) -> bool:
        after = bisect_left(self._contact_starts, span[1])
        return after > 0 and self.contacts[after - 1][1][1] > span[0]

    @cached_property
    def _contact_starts(self) -> list[int]:
        return [start for _, (start, _) in self.contacts]

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [sentence.span[0] for sentence in self.sentences]

    def counterpart(self, span: Span, other: "Reading") -> Span | None:
        """The sentence here that translates the one at `span` of `other`, where both have as many sentences."""
        index = other._index(span[0])  # noqa: SLF001 - the same class
        aligned = index is not None and len(self.sentences) == len(other.sentences)
        return self.sentences[index].span if aligned and index is not None else None

    def _index(self, at: int) -> int | None:
        index = bisect_right(self._sentence_starts, at) - 1
        return index if index >= 0 and at < self.sentences[index].span[1] else None


@lru_cache(maxsize=128)
def read(text: str, language: Language, terms: rules.Terms | None = None) -> Reading:
    return Reading(text, language, terms)


class Found(Struct, frozen=True):
    """What a rule saw in one text. `value` tells which of the other language it corresponds to; it is never kept."""

    code: str
    severity: Severity
    span: Span
    value: str = ""
    params: Mapping[str, Any] = {}


Rule = Callable[[Reading, Context], Iterable[Found]]


class Unit(Struct, frozen=True):
    """The same text in both languages: the post's, a channel's own wording, a description, a picture's words."""

    pointers: Mapping[Language, str]
    texts: Mapping[Language, str]

    @property
    def in_picture(self) -> bool:
        return "/words/" in self.pointers["en"]

    @property
    def is_description(self) -> bool:
        return "/alt/" in self.pointers["en"]


@lru_cache(maxsize=32)
def _units(key: tuple[tuple[str, Language, str], ...]) -> tuple[Unit, ...]:
    pairs: dict[str, tuple[dict[Language, str], dict[Language, str]]] = {}
    for pointer, language, text in key:
        pointers, texts = pairs.setdefault(pointer.rsplit("/", 1)[0], ({}, {}))
        pointers[language], texts[language] = pointer, text
    return tuple(Unit(pointers, texts) for pointers, texts in pairs.values())


def units(content: Content) -> tuple[Unit, ...]:
    """Every text that the public will see, Welsh beside English, the post's own first."""
    return _units(tuple(content.texts()))


def readings(unit: Unit, context: Context) -> Iterator[tuple[Language, Reading]]:
    for language in LANGUAGES:
        if unit.texts[language].strip():
            yield language, read(unit.texts[language], language, context.terms)


def apply(rule: Rule, unit: Unit, context: Context) -> Iterator[Finding]:
    """Run a rule on both languages and say one thing once: what stands in both texts is one finding."""
    texts = dict(readings(unit, context))
    found = {language: list(islice(rule(reading, context), _MOST)) for language, reading in texts.items()}
    english = found.get("en", [])
    for cy in found.get("cy", []):
        twin = _twin(cy, english, texts)
        if twin is not None:
            english.remove(twin)
        yield _finding(unit, "cy", cy, twin or _translated(cy, "cy", texts))
    for en in english:
        translated = _translated(en, "en", texts)
        yield _finding(unit, "cy", translated, en) if translated else _finding(unit, "en", en, None)


def _twin(cy: Found, english: Sequence[Found], texts: Mapping[Language, Reading]) -> Found | None:
    """What of the English is the same thing: same kind and value; else the same person, or in the same sentence."""
    same = (en for en in english if _kind(en) == _kind(cy))
    named = (en for en in english if cy.value and en.value == cy.value and _family(en) == _family(cy) == "PID-NAME")
    said = (en for en in english if en.code == cy.code in _SAID and _beside(cy, en, texts))
    return next(chain(same, named, said), None)


def _kind(found: Found) -> tuple[str, Any, str]:
    return found.code, found.params.get("variant"), found.value


def _family(found: Found) -> str:
    return found.code.rpartition("-")[0]


def _beside(cy: Found, en: Found, texts: Mapping[Language, Reading]) -> bool:
    span = texts["en"].counterpart(cy.span, texts["cy"])
    return span is not None and span[0] <= en.span[0] < span[1]


def _translated(found: Found, language: Language, texts: Mapping[Language, Reading]) -> Found | None:
    """What is said in one language is said in its translation, though no list knew the words there."""
    other: Language = "en" if language == "cy" else "cy"
    if found.code not in _SAID or other not in texts:
        return None
    span = texts[other].counterpart(found.span, texts[language])
    return structs.replace(found, span=span) if span else None


def _finding(unit: Unit, language: Language, found: Found, twin: Found | None) -> Finding:
    """The stronger of the two decides what is said; the place is the Welsh one."""
    strong = min((found, twin), key=lambda f: _STRENGTH.index(f.severity)) if twin else found
    where = Where(unit.pointers[language], found.span, Where(unit.pointers["en"], twin.span) if twin else None)
    both: FindingLanguage = "both" if twin else language
    return Finding(strong.code, strong.severity, both, where, strong.params)
