"""A text as the rest of this package sees it: NFC, a plain form of equal length, words and sentences with spans."""

import re
import unicodedata
from bisect import bisect_left
from functools import cached_property
from typing import NamedTuple

from i18n.differences import Span

_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼʹ′´`＇"), "'")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
# no-break, thin and zero-width spaces, and the marks that turn the direction of writing
_SPACES = dict.fromkeys((0xA0, 0x2007, 0x2009, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x2030), 0x2060, 0xFEFF), " ")
_SPACES |= dict.fromkeys(range(0x2066, 0x206A), " ")
_PLAIN = _APOSTROPHES | _DASHES | _SPACES
_STYLED = re.compile("[\U0001d400-\U0001d7ff\uff01-\uff5e\u2460-\u24ff]")

LINK = (
    r"(?:https?://|www\.)[^\s<>\"]+"
    r"|\b(?:[a-z0-9-]{1,63}\.){1,6}(?:wales|cymru|uk|com|org|net|info|scot|io|eu|gov|nhs)\b(?:/[^\s<>\"]*)?"
)
EMAIL = r"[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}"
HANDLE = r"(?<![\w@])@\w[\w.-]{0,80}"
HASHTAG = r"(?<![\w&#])#\w{1,140}"
CONTACT = re.compile(f"(?P<email>{EMAIL})|(?P<link>{LINK})|(?P<handle>{HANDLE})|(?P<hashtag>{HASHTAG})")

_ALNUM = re.compile(r"[^\W_]")
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*'?")
_SENTENCE = re.compile(r"[.!?…]+[\"')\]]*(?=\s|$)|\n+|(?<=\S)\s+[•·▪]\s+")
# a full stop after these ends no sentence
_ABBREVIATIONS = frozenset("e.g i.e etc h.y e.e dr mr mrs ms st no rhif a.m p.m y.b y.h tud".split())  # noqa: SIM905 - a list of words


class Word(NamedTuple):
    """`text` is plain: lower case, straight apostrophes."""

    text: str
    start: int
    end: int


def normalise(text: str) -> str:
    """NFC. The spans of this package are into this string."""
    return unicodedata.normalize("NFC", text)


def plain(nfc: str) -> str:
    """Lower case, one apostrophe, one dash, one kind of space, no styled alphabets; never another length."""
    text = nfc.translate(_PLAIN)
    if _STYLED.search(text):
        text = _STYLED.sub(_unstyled, text)
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _unstyled(match: re.Match[str]) -> str:
    letter = unicodedata.normalize("NFKC", match[0])
    return letter if len(letter) == 1 else match[0]


class Text:
    """One text, its parts found once and shared by every comparison."""

    def __init__(self, text: str) -> None:
        self.nfc = normalise(text)
        self.plain = plain(self.nfc)

    @cached_property
    def contacts(self) -> tuple[re.Match[str], ...]:
        return tuple(CONTACT.finditer(self.plain))

    @cached_property
    def prose(self) -> str:
        """The plain text with links, addresses, handles and hashtags blanked out."""
        parts, end = [], 0
        for match in self.contacts:
            parts += [self.plain[end : match.start()], " " * (match.end() - match.start())]
            end = match.end()
        return "".join((*parts, self.plain[end:]))

    @cached_property
    def words(self) -> tuple[Word, ...]:
        return tuple(
            Word(m[0].rstrip("'"), m.start(), m.start() + len(m[0].rstrip("'"))) for m in _WORD.finditer(self.prose)
        )

    @cached_property
    def shouting(self) -> bool:
        """Mostly capitals, so that a capital tells no name."""
        letters = [c for c in self.nfc[:2_000] if c.isalpha()]
        return sum(c.isupper() for c in letters) * 2 > len(letters)

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        """Spans of sentences and lines that hold at least one letter or digit."""
        spans, start = [], 0
        for match in _SENTENCE.finditer(self.prose):
            before = self.plain[start : match.start()].rsplit(None, 1)
            if match[0] == "." and before and before[-1].lstrip("(") in _ABBREVIATIONS:
                continue
            spans.append((start, match.end()))
            start = match.end()
        spans.append((start, len(self.plain)))
        return tuple(trimmed for span in spans if (trimmed := self._trim(span)) is not None)

    def _trim(self, span: Span) -> Span | None:
        piece = self.prose[span[0] : span[1]]
        if not _ALNUM.search(piece):
            return None
        start = span[0] + len(piece) - len(piece.lstrip())
        return start, span[0] + len(piece.rstrip())

    @cached_property
    def starts(self) -> frozenset[int]:
        """Where sentences begin: a capital there tells no name."""
        return frozenset(start for start, _ in self.sentences)

    @cached_property
    def _word_starts(self) -> list[int]:
        return [word.start for word in self.words]

    def words_in(self, span: Span) -> tuple[Word, ...]:
        return self.words[bisect_left(self._word_starts, span[0]) : bisect_left(self._word_starts, span[1])]
