"""Which English words a Welsh word explains, and the other way round: learned from openly licensed pairs.

`data/lexicon.gz` is written by `python -m i18n.training.lexicon`; its sources stand in `data/SOURCES.txt`.
Each line: direction, stem, then stems of the other language with their probability in 1/255.
"""

import gzip
import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from msgspec import Struct

from i18n.mutation import fold

DATA = Path(__file__).parent / "data" / "lexicon.gz"
STEM_LENGTH = 7  # 6 and 8 separate true from other sentences less well on held-back pairs
_MARKS = re.compile("[\u0300-\u036f]")
_ENDINGS = re.compile(r"(?:'s|ies|ing|edly|ed|es|s|ly|y|e)$")
_MIN_STEM = 3


class Lexicon(Struct, frozen=True):
    """`english[stem]` gives P(Welsh stem | English stem), `welsh[stem]` the reverse; only what is likely is kept."""

    english: dict[str, dict[str, float]]
    welsh: dict[str, dict[str, float]]
    english_weight: dict[str, float]
    welsh_weight: dict[str, float]


@lru_cache(maxsize=20_000)
def welsh_stems(word: str) -> tuple[str, ...]:
    """Parts at apostrophes, without accents and hyphens, mutations folded, cut to the stem's length."""
    bare = _MARKS.sub("", unicodedata.normalize("NFD", word)).replace("-", "")
    return tuple(fold(part)[:STEM_LENGTH] for part in bare.split("'") if part)


@lru_cache(maxsize=20_000)
def english_stems(word: str) -> tuple[str, ...]:
    bare = _MARKS.sub("", unicodedata.normalize("NFD", word)).replace("-", "")
    found = []
    for part in bare.split("'"):
        if part:
            stem = _ENDINGS.sub("", part) if len(part) > _MIN_STEM else part
            found.append((stem if len(stem) >= _MIN_STEM else part)[:STEM_LENGTH])
    return tuple(found)


@cache
def load() -> Lexicon:
    return load_from(DATA)


def load_from(path: Path) -> Lexicon:
    tables: dict[str, dict[str, dict[str, float]]] = {"en": {}, "cy": {}}
    weights: dict[str, dict[str, float]] = {"en": {}, "cy": {}}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            direction, stem, weight, *pairs = line.rstrip("\n").split("\t")
            weights[direction][stem] = int(weight) / 16
            tables[direction][stem] = {other: int(p) / 255 for other, p in zip(pairs[::2], pairs[1::2], strict=True)}
    return Lexicon(tables["en"], tables["cy"], weights["en"], weights["cy"])
