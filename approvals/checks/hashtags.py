"""Hashtags of several words need a capital for each, or they are read out as one (ACC-05)."""

import re
from collections.abc import Iterator
from functools import lru_cache

from approvals.checks.context import Context
from approvals.checks.reading import Found, Reading
from approvals.findings import Severity
from approvals.rules import PACK
from i18n.glossary import DEFAULT
from i18n.spelling import english, welsh

_LOWER_RUN = re.compile(r"[^\W\d_]+")
_SHORTEST = 7
"""A run of fewer letters is hardly two words."""
_UNKNOWN = 14
"""So many letters in a row that no dictionary parts are two words all the same."""
_LONGEST = 40

_NAMES = (
    PACK.lists.wide_places
    | PACK.lists.given_names
    | {word for pair in DEFAULT.names for name in pair for word in name.lower().split()}
)


def capitals(reading: Reading, _context: Context) -> Iterator[Found]:
    for kind, span in reading.contacts:
        if kind != "hashtag":
            continue
        tag = reading.nfc[slice(*span)]
        if any(_joined(run) for run in _lower_runs(tag[1:])):
            yield Found("ACC-HASHTAG", Severity.DECIDE, span, tag.lower())


def _lower_runs(tag: str) -> Iterator[str]:
    """Stretches without a capital inside, each with the capital that may open it."""
    for letters in _LOWER_RUN.findall(tag):
        if letters.isupper():
            continue
        yield from re.findall(
            r"[^\W\d_A-ZÂÊÎÔÛŴŶÁÉÍÓÚÀÈÌÒÙÄËÏÖÜẄŸ]+|[A-ZÂÊÎÔÛŴŶÁÉÍÓÚÀÈÌÒÙÄËÏÖÜẄŸ][^\W\d_A-ZÂÊÎÔÛŴŶÁÉÍÓÚÀÈÌÒÙÄËÏÖÜẄŸ]*",
            letters,
        )


@lru_cache(maxsize=4096)
def _joined(run: str) -> bool:
    """Whether a stretch of letters is several words."""
    word = run.lower()
    if len(word) < _SHORTEST:
        return False
    if len(word) > _LONGEST:
        return True
    if _known(word):
        return False
    return len(word) >= _UNKNOWN or _parts(word)


def _parts(word: str) -> bool:
    """Whether the whole of it can be cut into known words, at least one of four letters."""
    reach: dict[int, bool] = {0: False}
    for end in range(2, len(word) + 1):
        for start in [s for s in reach if end - s >= 1]:
            piece = word[start:end]
            if piece in PACK.lists.small_words or (len(piece) > 3 and _known(piece)):  # noqa: PLR2004 - shorter ones are in the list
                reach[end] = reach.get(end, False) or reach[start] or len(piece) > 3  # noqa: PLR2004  # shorter pieces are articles and particles
    return reach.get(len(word), False)


@lru_cache(maxsize=65_536)
def _known(word: str) -> bool:
    return word in _NAMES or welsh(word) or english(word)
