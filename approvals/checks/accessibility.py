"""What a screen reader and a tired reader need (ACC-02 to ACC-06, ACC-08)."""

import re
import unicodedata
from collections.abc import Iterator

import regex

from approvals.checks import hashtags
from approvals.checks.context import Context
from approvals.checks.reading import Found, Reading, Rule, Unit, apply, read, units
from approvals.content import Content
from approvals.findings import Finding, Severity, Where
from approvals.rules import PACK

_FILE_NAME = re.compile(
    r"^\s*(?:[\w()+ -]{1,80}\.(?:jpe?g|png|gif|webp|heic|heif|tiff?|bmp|avif|svg|pdf)|(?:img|dsc|dscn|dscf|pxl"
    r"|photo|image|picture|whatsapp|screenshot|mvimg|p)[ _-]?\d[\w -]*)\s*$",
    re.IGNORECASE,
)
_CLUSTER = regex.compile(r"\X")
_PICTOGRAPH = regex.compile(r"\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[0-9#*]\ufe0f?\u20e3")
_PLAIN_SYMBOLS = frozenset("©®™‼⁉↔↕ℹ")
_BULLET = re.compile(r"(?m)^[ \t]*([^\w\s.,;:!?'\"“”‘’()\[\]#@£$€&*+/-])")
# mathematical, full-width, circled, squared, and small capitals out of the phonetic blocks
_STYLED = (
    r"[\U0001d400-\U0001d7ff\uff21-\uff3a\uff41-\uff5a\u24b6-\u24e9\U0001f130-\U0001f149\U0001f150-\U0001f169"
    r"\U0001f170-\U0001f189\u1d00-\u1d22\u0262\u026a\u0274\u0280\u028f\u0299\u029c\u029f\ua730\ua731]"
)
_STYLED_RUN = re.compile(rf"{_STYLED}(?:[^\S\n]*(?:{_STYLED}|[\u0300-\u036f]))+")
_FLAGS_AS_LETTERS = re.compile(r"[\U0001f1e6-\U0001f1ff](?:[\u200b\u2063 ]+[\U0001f1e6-\U0001f1ff])+")
_STACKED = re.compile(r"(?:\w[\u0300-\u036f]{3,})+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SHOUTED_LETTERS = 4
_ESSENTIAL = frozenset({"date", "time", "phone", "email", "link"})


def of_texts(content: Content, context: Context) -> Iterator[Finding]:
    for unit in units(content):
        if unit.in_picture:
            continue
        for rule in RULES:
            yield from apply(rule, unit, context)


def of_pictures(content: Content, context: Context) -> Iterator[Finding]:
    for unit in units(content):
        if unit.is_description:
            yield from _description(unit, context)
    for i, media in enumerate(content.media):
        if media.words is not None:
            yield from _essential(i, content, context)


def _description(unit: Unit, context: Context) -> Iterator[Finding]:
    """Missing in both languages, or no description at all. One language missing is WEL-ALT."""
    if not any(text.strip() for text in unit.texts.values()):
        where = Where(unit.pointers["cy"], None, Where(unit.pointers["en"]))
        yield Finding("ACC-ALT", Severity.BLOCK, "both", where, {"variant": "missing"})
        return
    yield from apply(_no_description, unit, context)
    yield from apply(_opening, unit, context)


def _no_description(reading: Reading, _context: Context) -> Iterator[Found]:
    words = _WORD.findall(reading.plain)
    if _FILE_NAME.match(reading.plain) or not words:
        yield Found("ACC-ALT", Severity.BLOCK, (0, len(reading.nfc)), "", {"variant": "file-name"})
    elif len(words) <= 2 and all(word in PACK.lists.empty_descriptions for word in words):  # noqa: PLR2004 - "poster image"
        yield Found("ACC-ALT", Severity.BLOCK, (0, len(reading.nfc)), "", {"variant": "says-nothing"})


def _opening(reading: Reading, _context: Context) -> Iterator[Found]:
    first = reading.sentences[0] if reading.sentences else None
    for hit in first.of("picture_opening") if first else ():
        if reading.plain[: hit.start].strip(" \"'") in {"", "a", "an", "the", "this is a", "this is an"}:
            yield Found("ACC-ALT", Severity.DECIDE, hit.span, "", {"variant": "image-of"})
            return


def _essential(i: int, content: Content, context: Context) -> Iterator[Finding]:
    """Dates, times, numbers and links that only the picture tells (ACC-03)."""

    def rule(words: Reading, context: Context) -> Iterator[Found]:
        text = read(content.text.get(words.language), words.language, context.terms)
        sends = any(sentence.has("poster") for sentence in text.sentences)
        told = {(fact.kind, fact.value) for fact in text.facts}
        missing = [f for f in words.facts if f.kind in _ESSENTIAL and (f.kind, f.value) not in told]
        if missing:
            severity, variant = (Severity.BLOCK, "sent-to") if sends else (Severity.DECIDE, "only-there")
            yield Found("ACC-IMGTEXT", severity, missing[0].span, "", {"variant": variant})

    unit = next(u for u in units(content) if u.pointers["en"] == f"/media/{i}/words/en")
    yield from apply(rule, unit, context)


def styled(reading: Reading, _context: Context) -> Iterator[Found]:
    """Letters from styled alphabets are read out one by one, or not at all (ACC-06)."""
    for pattern in (_STYLED_RUN, _FLAGS_AS_LETTERS):
        runs = [match.span() for match in pattern.finditer(reading.nfc)]
        if runs:
            yield Found("ACC-STYLED", Severity.BLOCK, (runs[0][0], runs[-1][1]), "", {"variant": "alphabet"})
    stacked = _STACKED.search(unicodedata.normalize("NFD", reading.nfc[:2000]))
    if stacked and (match := _STACKED.search(reading.nfc)):
        yield Found("ACC-STYLED", Severity.BLOCK, match.span(), "", {"variant": "marks"})


def emoji(reading: Reading, _context: Context) -> Iterator[Found]:
    if reading.nfc.isascii():
        return
    clusters = (m for m in _CLUSTER.finditer(reading.nfc) if not m[0].isascii() and m[0][0] not in _PLAIN_SYMBOLS)
    spans = [m.span() for m in clusters if _PICTOGRAPH.search(m[0])]
    if len(spans) > PACK.figures.emoji:
        params = {"variant": "many", "n": len(spans), "most": PACK.figures.emoji}
        yield Found("ACC-EMOJI", Severity.DECIDE, (spans[0][0], spans[-1][1]), "", params)
    starts = {start for start, _ in spans}
    bullets = [m.span(1) for m in _BULLET.finditer(reading.nfc) if m.start(1) in starts]
    if len(bullets) > 1:
        yield Found("ACC-EMOJI", Severity.ADVISE, bullets[0], "", {"variant": "bullets"})


def shouting(reading: Reading, _context: Context) -> Iterator[Found]:
    run: list[re.Match[str]] = []
    for word in _WORD.finditer(reading.nfc):
        if word[0].isupper() and len(word[0]) > 1 and not reading.in_contact(word.span()):
            run.append(word)
            if sum(len(w[0]) >= _SHOUTED_LETTERS for w in run) >= PACK.figures.shouted_words:
                yield Found("ACC-SHOUT", Severity.ADVISE, (run[0].start(), word.end()))
                return
        else:
            run = []


def long_sentences(reading: Reading, _context: Context) -> Iterator[Found]:
    for sentence in reading.sentences:
        words = len(_WORD.findall(reading.plain, *sentence.span))
        if words > PACK.figures.sentence_words:
            params = {"n": words, "most": PACK.figures.sentence_words}
            yield Found("ACC-SENTENCE", Severity.ADVISE, sentence.span, "", params)
            return


RULES: tuple[Rule, ...] = (hashtags.capitals, styled, emoji, shouting, long_sentences)
