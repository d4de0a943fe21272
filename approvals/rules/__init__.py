"""The rule pack: term lists, allow-lists, thresholds and calendars as data, with one version.

Every finding set and decision records `VERSION` (AUD-02). An organisation's own terms come on top as `Terms`.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from approvals.rules.phrases import Hit, Phrases, Token
from i18n.glossary import DEFAULT, Glossary

__all__ = ["PACK", "VERSION", "Election", "Hit", "Pack", "Terms", "Token", "find", "glossary"]

Language = Literal["cy", "en"]
HERE = Path(__file__).parent / "pack"


class Election(Struct, frozen=True, forbid_unknown_fields=True):
    """One pre-election period, both days included. Source: POL-01."""

    kind: str
    area: str
    start: date
    polling: date


class Lists(Struct, frozen=True, forbid_unknown_fields=True):
    """What is looked up whole rather than read in a sentence."""

    phones: frozenset[str]
    """Published lines, national digits only: "08454647"."""
    postcodes: frozenset[str]
    """Of the bodies' own sites, without the blank."""
    handles: frozenset[str]
    personal_domains: frozenset[str]
    shorteners: frozenset[str]
    given_names: frozenset[str]
    word_names: frozenset[str]
    """Given names that are common words as well: they count only before a family name."""
    not_names: frozenset[str]
    """Two or three capitalised words that look like a person and are not, or are of public record."""
    wide_places: frozenset[str]
    """Counties and larger: no jigsaw piece."""
    place_words: frozenset[str]
    organisation_words: frozenset[str]
    count_joins: frozenset[str]
    empty_descriptions: frozenset[str]
    small_words: frozenset[str]


class Figures(Struct, frozen=True, forbid_unknown_fields=True):
    """Every threshold; the pack says where each comes from."""

    small_number: int
    emoji: int
    sentence_words: int
    shouted_words: int
    expiry_warning_days: int
    overlap: float
    containment: float
    past_days: int
    oldest_person: int


class Pack(Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    phrases: dict[str, dict[Language, tuple[str, ...]]]
    lists: Lists
    numbers: dict[Language, dict[str, int]]
    """Number words that can be small counts, mutated forms included."""
    figures: Figures
    elections: tuple[Election, ...]


class Terms(Struct, frozen=True, omit_defaults=True):
    """An organisation's own terms. `phrases` are (list, language, phrase) in the pack's notation."""

    phrases: tuple[tuple[str, Language, str], ...] = ()
    phones: frozenset[str] = frozenset()
    postcodes: frozenset[str] = frozenset()
    handles: frozenset[str] = frozenset()
    partners: frozenset[str] = frozenset()
    """Suppliers and partners who agreed to be named (COM-03), lower case."""
    not_names: frozenset[str] = frozenset()
    hospital_numbers: tuple[str, ...] = ()
    """Regular expressions of local numbers (D-06)."""
    small_number: int | None = None
    elections: tuple[Election, ...] = ()
    glossary: Glossary | None = None


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        else:
            into[key] = value


def _load() -> Pack:
    raw: dict[str, Any] = {}
    for path in sorted(HERE.glob("*.toml")):
        _merge(raw, tomllib.loads(path.read_text(encoding="utf-8")))
    for name, value in raw["lists"].items():
        if isinstance(value, str):  # lines of single words
            raw["lists"][name] = value.split()
    return msgspec.convert(raw, Pack)


PACK = _load()
VERSION = PACK.version


@cache
def _phrases(language: Language) -> Phrases:
    lines = ((group, line) for group, both in PACK.phrases.items() for line in both.get(language, ()))
    listed = ((group, text) for group, line in lines for text in line.split(","))
    return Phrases(listed, welsh=language == "cy")


@lru_cache(maxsize=64)
def _own(terms: Terms, language: Language) -> Phrases:
    return Phrases(((g, text) for g, lang, text in terms.phrases if lang == language), welsh=language == "cy")


def find(tokens: Sequence[Token], language: Language, terms: Terms | None) -> Iterator[Hit]:
    """Hits of every phrase list in the words of one sentence."""
    yield from _phrases(language).find(tokens)
    if terms is not None and terms.phrases:
        yield from _own(terms, language).find(tokens)


def glossary(terms: Terms | None) -> Glossary:
    """The names, tags and sites that are equal across the languages, the organisation's own included."""
    own = terms.glossary if terms else None
    return DEFAULT if own is None else DEFAULT.extended(own)
