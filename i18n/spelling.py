"""Spelling against the hunspell dictionaries of npm `dictionary-cy` and `dictionary-en-gb`.

They are looked for in `$PORTH_NODE_MODULES`, else in `node_modules` beside this package. Without them `dictionary`
answers None, `misspelt` finds nothing, and `available` says so: parity then knows only the words of its lexicon.
"""

import os
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from hunspell import Hunspell

from i18n.differences import Span
from i18n.mutation import radicals
from i18n.words import Text, Word, plain

Language = Literal["cy", "en"]
_PACKAGES = {"cy": "dictionary-cy", "en": "dictionary-en-gb"}
MOST_SUGGESTIONS = 5
LEAST_LETTERS = 3  # shorter words are initials and units more often than mistakes
LONGEST_WORD = 60


def _folder(language: Language) -> Path | None:
    root = os.environ.get("PORTH_NODE_MODULES")
    modules = Path(root) if root else Path(__file__).resolve().parents[1] / "node_modules"
    folder = modules / _PACKAGES[language]
    return folder if (folder / "index.aff").exists() and (folder / "index.dic").exists() else None


@cache
def dictionary(language: Language) -> Hunspell | None:
    folder = _folder(language)
    return None if folder is None else Hunspell("index", hunspell_data_dir=str(folder))


def available(language: Language) -> bool:
    return dictionary(language) is not None


@lru_cache(maxsize=50_000)
def accepts(word: str, language: Language) -> bool:
    """Is this plain word spelt right? False where there is no dictionary."""
    found = dictionary(language)
    if found is None or len(word) > LONGEST_WORD:
        return False
    return bool(found.spell(word) or found.spell(word.capitalize()))


def ordinary(word: str) -> bool:
    """Whether a word is one of either language when written small: a name is not. Without dictionaries all are."""
    found = [dictionary("cy"), dictionary("en")]
    return any(one is None or one.spell(word.lower()) for one in found)


@lru_cache(maxsize=20_000)
def welsh(word: str) -> bool:
    """A Welsh word, an initial mutation, hyphen or clitic (i'r, a'ch) notwithstanding."""
    if accepts(word, "cy") or any(accepts(form, "cy") for form in radicals(word)):
        return True
    if word.endswith("hewch"):  # the dictionary has few imperatives of verbs in -hau: mwynhewch, sicrhewch
        return welsh(word.removesuffix("ewch") + "au")
    parts = [part for part in word.replace("-", "'").split("'") if part]
    return len(parts) > 1 and all(len(part) < LEAST_LETTERS or welsh(part) for part in parts)


@lru_cache(maxsize=20_000)
def english(word: str) -> bool:
    if accepts(word, "en"):
        return True
    parts = [part for part in word.replace("-", "'").split("'") if part]
    return (
        len(parts) > 1
        and len(max(parts, key=len)) >= LEAST_LETTERS
        and all(len(part) < LEAST_LETTERS or accepts(part, "en") for part in parts)
    )


@lru_cache(maxsize=64)
def _plain_words(words: frozenset[str]) -> frozenset[str]:
    return frozenset(plain(word) for word in words)


def misspelt_words(text: Text, extra_words: Iterable[str] = ()) -> Iterator[Word]:
    """Words that the Welsh dictionary rejects and that are no names, initials or English."""
    if not available("cy"):
        return
    own = _plain_words(frozenset(extra_words))
    for word in text.words:
        if len(word.text) < LEAST_LETTERS or word.text in own or welsh(word.text):
            continue
        written = text.nfc[word.start : word.end]
        name = not written[0].islower() and word.start not in text.starts
        initials = any(letter.isupper() for letter in written[1:])
        if not name and not initials and not _in_code(text, word):
            yield word


def _in_code(text: Text, word: Word) -> bool:
    """Beside a digit, an underscore or a slash a word is part of a code."""
    around = text.plain[max(0, word.start - 1) : word.start] + text.plain[word.end : word.end + 1]
    return any(c.isdigit() or c in "_/\\{}<>=" for c in around)


def misspelt(text: str, extra_words: Iterable[str] = ()) -> tuple[Span, ...]:
    """Spans of words in a Welsh text that the dictionary rejects and English does not know either."""
    return tuple((word.start, word.end) for word in misspelt_words(Text(text), extra_words) if not english(word.text))


def suggestions(word: str) -> tuple[str, ...]:
    """At most five; takes 0.1 to 0.8 s, so only asked for where they are shown."""
    found = dictionary("cy")
    if found is None or len(word) > LONGEST_WORD:
        return ()
    return tuple(found.suggest(plain(word))[:MOST_SUGGESTIONS])
