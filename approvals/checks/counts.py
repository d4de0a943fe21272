"""Small numbers of ill people in a small place identify them (IDP-06, D-24)."""

import re
from collections.abc import Iterator

from approvals.checks.context import Context
from approvals.checks.reading import Found, Reading, Sentence
from approvals.findings import Severity
from approvals.rules import PACK
from connectors.contract import Language

_REACH = 3
"""Words between a number and whom it counts: "two of our young patients"."""
_RATE_REACH = 14
"""Code points between them and "a day"."""
# the number names a place or a kind, or counts times and rates
_NAMED = re.compile(
    r"\b(?:ward|clinic|clinig|bed|gwely|bay|bae|room|ystafell|level|lefel|stage|cam|type|math|phase|grade|gradd"
    r"|band|tier|category|step|year|blwyddyn|unit|uned|site|group|grŵp|covid|day|dydd|table|tabl|figure|ffigur"
    r"|in|mewn|pob|bob|every|one in|un o bob|y|per|fesul|aged|age|number|rhif|dos|dose|£)[ -]?$"
)
_MORE = re.compile(r"\b(?:more than|over|up to|at least|around|hyd at|mwy na|dros|tua|o leiaf|oddeutu|at a time)\s*$")
_AFTER = re.compile(
    r"^(?:[.,:]\d|\d|[-/]\d|%| ?(?:%|per cent|y cant|million|thousand|hundred|mil|miliwn|cant|year|years|oed"
    r"|mlwydd|blwydd|am|pm|yb|yh|yp|mg|ml|in|out of|o bob|allan o|times|gwaith|o'r gloch)\b)"
)
_NEARLY_ALL = re.compile(
    r"(?<![\d.,])(?P<some>\d{1,4}) (?:(?:out of|of) (?:all )?(?:the|our|its|their) |(?:allan |)o(?:'r|'n| ein"
    r"| blith y| blith ein) )(?P<all>\d{1,4}) (?P<noun>\w+)"
)


def small_numbers(reading: Reading, context: Context) -> Iterator[Found]:
    for sentence in reading.sentences:
        yield from in_sentence(reading, sentence, context)
    if reading.digits:
        yield from _differences(reading, context)


def in_sentence(reading: Reading, sentence: Sentence, context: Context) -> list[Found]:
    """Counts of ill people below the threshold."""
    if not sentence.has("case_noun", "people_noun"):
        return []
    return list(_counts(reading, sentence, _threshold(context)))


def _threshold(context: Context) -> int:
    own = context.terms.small_number if context.terms else None
    return own or PACK.figures.small_number


def _counts(reading: Reading, sentence: Sentence, threshold: int) -> Iterator[Found]:
    for i, token in enumerate(sentence.tokens):
        number = _number(token.text, reading.language)
        if number is None or number >= threshold or not _is_count(reading, token.start, token.end):
            continue
        noun = _noun(sentence, i)
        following = sentence.tokens[i + 1].text if i + 1 < len(sentence.tokens) else ""
        severity = _judged(sentence, number, noun, alone=following not in {"of", "o"}) if noun else None
        if noun and severity and not _is_rate(sentence, token.start, _end(sentence, i, noun)):
            yield Found(
                "SML-COUNT",
                severity,
                (token.start, _end(sentence, i, noun)),
                str(number),
                {"n": threshold, "threshold": threshold},
            )


def _number(word: str, language: Language) -> int | None:
    """The value of digits, or of a number word that can be a small count."""
    if word.isascii() and word.isdigit():
        return int(word[:9])
    return PACK.numbers[language].get(word)


def _is_count(reading: Reading, start: int, end: int) -> bool:
    before, after = reading.plain[max(0, start - 16) : start], reading.plain[end : end + 14]
    if _AFTER.match(after) or before.endswith(("£", ".", ",", ":", "/", "-", "#")):
        return False
    return not (_NAMED.search(before) or _MORE.search(before))


def _is_rate(sentence: Sentence, start: int, end: int) -> bool:
    """Said beside the number, not elsewhere in the sentence: "two patients at a time", "four visitors a day"."""
    return any(start - _RATE_REACH <= hit.start <= end + _RATE_REACH for hit in sentence.of("rate"))


def _noun(sentence: Sentence, index: int) -> str | None:
    """The group of the people word that a number counts, at most `_REACH` joining words away."""
    for i in range(index + 1, min(index + 2 + _REACH, len(sentence.tokens))):
        token = sentence.tokens[i]
        group = next((h.group for h in sentence.of("case_noun", "people_noun") if h.start == token.start), None)
        if group:
            return group
        if token.text not in PACK.lists.count_joins:
            return None
    return None


def _end(sentence: Sentence, index: int, group: str) -> int:
    return next(h.end for h in sentence.of(group) if h.start > sentence.tokens[index].start)


def _judged(sentence: Sentence, number: int, noun: str, *, alone: bool) -> Severity | None:
    """`alone`: "one patient" is counted, "one of our patients" begins a story."""
    ill = sentence.has("affected", "condition", "rare", "died") or noun == "case_noun"
    if not ill or (sentence.has("generic") and not sentence.has("rare", "died")):
        return None
    told = sentence.has("affected", "condition", "rare", "died", "protected")
    if number == 0:
        return Severity.DECIDE if told else None
    if number == 1 and not (noun == "case_noun" and told and alone):
        return None
    if noun == "case_noun":
        return Severity.BLOCK if told else Severity.DECIDE
    return Severity.BLOCK


def _differences(reading: Reading, context: Context) -> Iterator[Found]:
    """Of "98 of our 100 patients" the two that are left can be told."""
    for match in _NEARLY_ALL.finditer(reading.plain):
        left = int(match["all"]) - int(match["some"])
        sentence = reading.sentence_at(match.start())
        people = any(h.start == match.start("noun") for h in sentence.of("case_noun", "people_noun"))
        if people and 0 < left < _threshold(context) <= int(match["some"]):
            yield Found(
                "SML-COUNT",
                Severity.DECIDE,
                match.span(),
                str(left),
                {"variant": "difference", "threshold": _threshold(context)},
            )
