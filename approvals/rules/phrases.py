"""Phrases of many lists found in one pass over the words of a text.

A phrase is words with a blank between them: `a|b` either word, `word~` any word that begins so, `*` up to three
words of anything; a comma parts phrases of one line. Words are cut at apostrophes and hyphens. Welsh words are
written unmutated and match every initial mutation; `=word` matches as written only.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

_GAP = 3
_PREFIX = 4
# the radical's first letters -> what the three mutations put in their place; digraphs before single letters
_MUTATIONS = (
    ("ll", ("l",)), ("rh", ("r",)), ("ch", ()), ("ph", ()), ("th", ()), ("dd", ()), ("ng", ()),
    ("p", ("b", "mh", "ph")), ("t", ("d", "nh", "th")), ("c", ("g", "ngh", "ch")), ("b", ("f", "m")),
    ("d", ("dd", "n")), ("g", ("", "ng")), ("m", ("f",)),
    *((vowel, ("h" + vowel,)) for vowel in "aeiouwyâêîôûŵŷ"),
)  # fmt: skip


class Token(NamedTuple):
    """`text` is plain: lower case, no apostrophe."""

    text: str
    start: int
    end: int


class Hit(NamedTuple):
    group: str
    start: int
    end: int

    @property
    def span(self) -> tuple[int, int]:
        return self.start, self.end


class _Element(Struct, frozen=True):
    words: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    gap: bool = False

    def matches(self, word: str) -> bool:
        return word in self.words or bool(self.prefixes and word.startswith(self.prefixes))


class _Phrase(Struct, frozen=True):
    group: str
    rest: tuple[_Element, ...]


def mutated(word: str) -> tuple[str, ...]:
    """The word itself and every form that an initial mutation may give it."""
    for radical, changed in _MUTATIONS:
        if word.startswith(radical):
            return (word, *(new + word[len(radical) :] for new in changed))
    return (word,)


class Phrases:
    """The phrases of one language, indexed by their first word."""

    def __init__(self, phrases: Iterable[tuple[str, str]], *, welsh: bool) -> None:
        self._exact: dict[str, list[_Phrase]] = defaultdict(list)
        self._prefixed: dict[str, list[tuple[str, _Phrase]]] = defaultdict(list)
        for group, text in phrases:
            first, *rest = (_element(part, welsh=welsh) for part in text.replace("'", " ").replace("-", " ").split())
            phrase = _Phrase(group, tuple(rest))
            for word in first.words:
                self._exact[word].append(phrase)
            for prefix in first.prefixes:
                self._prefixed[prefix[:_PREFIX]].append((prefix, phrase))

    def find(self, tokens: Sequence[Token]) -> Iterator[Hit]:
        """Every match in the words of one sentence; the longest of each phrase list at each place."""
        for i, token in enumerate(tokens):
            longest: dict[str, int] = {}
            for phrase in self._beginning(token.text):
                end = _rest(phrase.rest, tokens, i + 1)
                if end is not None:
                    longest[phrase.group] = max(end, longest.get(phrase.group, 0))
            for group, end in longest.items():
                yield Hit(group, token.start, tokens[end - 1].end)

    def _beginning(self, word: str) -> Iterator[_Phrase]:
        yield from self._exact.get(word, ())
        for prefix, phrase in self._prefixed.get(word[:_PREFIX], ()):
            if word.startswith(prefix):
                yield phrase


@lru_cache(maxsize=20_000)
def _element(text: str, *, welsh: bool) -> _Element:
    if text == "*":
        return _Element(gap=True)
    words: set[str] = set()
    prefixes: list[str] = []
    for option in text.split("|"):
        word = option.lstrip("=")
        forms = mutated(word) if welsh and not option.startswith("=") else (word,)
        if word.endswith("~"):
            prefixes += [form.rstrip("~") for form in forms]
        else:
            words.update(forms)
    return _Element(frozenset(words), tuple(prefixes))


def _rest(elements: Sequence[_Element], tokens: Sequence[Token], at: int) -> int | None:
    """Index behind the last matched token, or `None`."""
    if not elements:
        return at
    element, later = elements[0], elements[1:]
    if element.gap:
        ends = (_rest(later, tokens, at + skipped) for skipped in range(_GAP + 1))
        return next((end for end in ends if end is not None), None)
    if at < len(tokens) and element.matches(tokens[at].text):
        return _rest(later, tokens, at + 1)
    return None
