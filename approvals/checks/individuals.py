"""One person told of without a name: birth, bed, death, and facts that identify together.

Source: D-03, D-07, D-14, D-15, D-19, D-20, IDP-05, IDP-09, IDP-10.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from approvals.checks import counts
from approvals.checks.context import Context
from approvals.checks.reading import Found, Reading, Sentence, Span
from approvals.findings import Severity
from approvals.rules import PACK, Hit

_NUMERIC_DATE = re.compile(
    r"(?<![\d/.-])(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})(?![\d/-])|(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)"
)
_CENTURY_TURNS = 30
"""A year of two digits above this is of the last century."""
_YEAR_AFTER = re.compile(r",? (\d{4})\b")
_DATE_LABELS = ("date", "dyddiad", "birth", "pen", "d o b", "d.o.b", "dob", "d g", "d.g", "dg")
_LABEL_REACH = 32
"""Code points between "date of birth" and the date."""
_SUBJECT_REACH = 16
"""Code points between "the NHS" and "was born"."""
_NUMBERS_EN = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    "|seventeen|eighteen|nineteen"
)
_NUMBERS_CY = (
    "un|dwy|ddwy|tair|dair|pedair|bedair|pum|bum|pump|bump|chwe|chwech|saith|wyth|naw|deg|ddeg|deng|ddeng"
    "|deuddeg|ddeuddeg|pymtheg|bymtheg"
)
_AGED = re.compile(
    rf"\b(?:(?P<age>\d{{1,3}})|{_NUMBERS_EN})[- ](?:year|month|week|day)s?[- ]old\b"
    r"|\baged (?P<aged>\d{1,3})\b(?! ?(?:-|to|and|or|–|neu|i|\+))|(?<=, )(?P<comma>\d{1,3})(?=,| o | from )"
    rf"|\b(?:yn|sy'n|oedd yn|n) (?P<yn>\d{{1,3}}|{_NUMBERS_CY}) (?:[mbf]l?wydd )?oed\b"
    rf"|(?<=[\w,] )(?P<noun>\d{{1,3}}|{_NUMBERS_CY}) (?:[mbf]l?wydd )?oed\b"
)
_AGE_RANGE_BEFORE = {
    "en": re.compile(
        r"(?:\b(?:over|under|above|below|from|between|and|or|to|least|than|every|all|any|each|people|those"
        r"|adults|children|men|women|aged|age"
        r"|turn|turning|reach|reaching|our|the)|[-–]) ?$"
    ),
    "cy": re.compile(
        r"(?:\b(?:i|dros|dan|rhwng|neu|a|ac|hyd at|pobl|bobl|plant|blant|oedolion|dynion|menywod|fenywod"
        r"|merched|leiaf|pawb|pob|tan|erbyn"
        r"|rhai|cyrraedd|gyrraedd|troi)|[-–]) ?$"
    ),
}
_AGE_RANGE_AFTER = re.compile(
    r"^ ?(?:or (?:over|under|older|younger|above)|and (?:over|under|above|older|younger)|neu'?n? (?:iau|h[ŷy]n"
    r"|dros|throsodd|throsto)|ac? (?:throsodd|h[ŷy]n|iau|drosodd)|\+|[-–] ?\d|building|hospital|adeilad"
    r"|tradition)"
)
_PLACE_EN = re.compile(
    r"\b(?:in|from|at|near|of|outside) (?P<place>(?:[A-ZÂÊÎÔÛŴŶ][\w'’-]+)(?:[ -](?:y|yr|on|the"
    r"|[A-Z][\w'’-]+))*)"
)
_PLACE_CY = re.compile(
    r"\b(?:o|yn|ym|yng|ger|ar|at|i|[td]h?rigolion)(?:['’]r)? (?P<place>(?:[A-ZÂÊÎÔÛŴŶ][\w'’-]+)(?:[ -](?:y|yr"
    r"|[A-Z][\w'’-]+))*)"
)
_ADULT = 16
"""CON-09, IDP-10."""
_PIECES = ("rare", "condition", "occupation", "relation", "school", "unusual", "child", "event")


def births(reading: Reading, context: Context) -> Iterator[Found]:
    """A full date beside "born" or "date of birth", unless nobody alive can have been born then."""
    if not reading.digits:
        return
    for sentence in reading.sentences:
        for label in sentence.of("born"):
            found = _birth(reading, sentence, label, context)
            if found:
                yield found


def _birth(reading: Reading, sentence: Sentence, label: Hit, context: Context) -> Found | None:
    verb = not reading.plain.startswith(_DATE_LABELS, label.start)
    for span, year, value in _dates(reading):
        if not 0 <= span[0] - label.end <= _LABEL_REACH or span[1] > sentence.span[1] + _LABEL_REACH:
            continue
        if verb and any(label.start - _SUBJECT_REACH <= hit.end <= span[0] for hit in sentence.of("no_person_born")):
            continue
        if year is not None and not context.now.year - PACK.figures.oldest_person <= year <= context.now.year:
            continue  # history, or an anniversary to come
        return Found("PID-DOB", Severity.BLOCK if year else Severity.DECIDE, (label.start, span[1]), value)
    return None


def _dates(reading: Reading) -> Iterator[tuple[Span, int | None, str]]:
    """Dates with day and month: (span, year, value)."""
    for fact in reading.facts:
        if fact.kind == "date" and fact.day and fact.month:
            later = _YEAR_AFTER.match(reading.plain, fact.span[1]) if fact.year is None else None
            year = int(later[1]) if later else fact.year
            yield fact.span, year, f"{fact.day}.{fact.month}.{year or ''}"
    for match in _NUMERIC_DATE.finditer(reading.plain):
        day, month, written = (match[1], match[2], match[3]) if match[1] else (match[6], match[5], match[4])
        full = int(written)
        if len(written) == 2:  # noqa: PLR2004 - "48"
            full += 1900 if full > _CENTURY_TURNS else 2000
        yield match.span(), full, f"{int(day)}.{int(month)}.{full}"


def beds(reading: Reading, _context: Context) -> Iterator[Found]:
    """A numbered bed with somebody in it (D-07)."""
    for sentence in reading.sentences:
        for hit in sentence.of("ward_bed"):
            number = re.match(r" ?\d{1,2}[a-z]?\b", reading.plain[hit.end : hit.end + 5])
            if number and (sentence.has("patient", "relation", "cared_for") or _pronoun(reading, sentence)):
                yield Found("PID-WARD", Severity.DECIDE, (hit.start, hit.end + number.end()), number[0].strip())


def _pronoun(reading: Reading, sentence: Sentence) -> bool:
    pattern = (
        r"\b(?:he|she|him|her|his)\b" if reading.language == "en" else r"\b(?:mae e|mae hi|mae o|ef|fe|iddi|iddo)\b"
    )
    title = r"\b(?:mr|mrs|ms|miss)\b"
    return bool(re.search(f"{pattern}|{title}", reading.plain[slice(*sentence.span)]))


def ages(reading: Reading) -> Iterator[Span]:
    """Ages of one person, not of a group that something is for."""
    for match in _AGED.finditer(reading.plain):
        before = reading.plain[max(0, match.start() - 12) : match.start()]
        if _AGE_RANGE_BEFORE[reading.language].search(before) or _AGE_RANGE_AFTER.match(
            reading.plain[match.end() : match.end() + 20]
        ):
            continue
        if match["comma"] and not _person_before(reading, match.start()):
            continue
        if match["noun"] and not _person_before(reading, match.start()):
            continue
        yield match.span()


def _person_before(reading: Reading, at: int) -> bool:
    """A person word or a name stands just before: "bachgen 7 oed", "Sian, 43,"."""
    sentence = reading.sentence_at(at)
    if any(0 <= at - hit.end <= 2 for hit in sentence.of("individual", "child", "people_noun", "occupation")):  # noqa: PLR2004 - ", "
        return True
    before = reading.nfc[max(0, at - 40) : at]
    word = re.search(r"([A-ZÂÊÎÔÛŴŶ][\w'’-]+),? $", before)
    pair = re.search(r"([A-ZÂÊÎÔÛŴŶ][\w'’-]+) [A-ZÂÊÎÔÛŴŶ][\w'’-]+,? $", before)
    return any(found[1].lower() in PACK.lists.given_names for found in (word, pair) if found)


def circumstances(reading: Reading, context: Context) -> Iterator[Found]:
    """Harmless facts that point at one person together; protected matters with any one person."""
    aged = list(ages(reading))
    for sentence in reading.sentences:
        anchors = [span for span in aged if sentence.span[0] <= span[0] < sentence.span[1]]
        counted = counts.in_sentence(reading, sentence, context)
        if not (anchors or counted or _individual(sentence)):
            continue
        yield from _protected(sentence)
        yield from _jigsaw(reading, sentence, anchors, counted)


def _individual(sentence: Sentence) -> bool:
    return sentence.has("individual") and not sentence.has("generic")


def _protected(sentence: Sentence) -> Iterator[Found]:
    if sentence.has("generic"):
        return
    for hit in sentence.of("protected")[:1]:
        yield Found("PID-PROTECTED", Severity.BLOCK, hit.span)
    for hit in sentence.of("special")[:1]:
        yield Found("PID-SPECIAL", Severity.DECIDE, hit.span)


def _jigsaw(reading: Reading, sentence: Sentence, aged: list[Span], counted: list[Found]) -> Iterator[Found]:
    pieces: dict[str, Span] = {}
    for hit in sentence.of(*_PIECES):
        pieces.setdefault(hit.group, hit.span)
    child = pieces.pop("child", None) is not None or any(_is_childs(reading, span) for span in aged)
    if "rare" in pieces:
        pieces.pop("condition", None)
    elif counted:
        return  # the count itself is the finding
    if aged:
        pieces["age"] = aged[0]
    if counted:
        pieces["count"] = counted[0].span
    place = _small_place(reading, sentence)
    if place:
        pieces["place"] = place
    if not _telling(sentence, pieces, aged, counted):
        return
    strong = "rare" in pieces or child
    spans = pieces.values()
    span = min(start for start, _ in spans), max(end for _, end in spans)
    yield Found("JIG-COMBO", Severity.BLOCK if strong else Severity.DECIDE, span, "", {"pieces": sorted(pieces)})


def _is_childs(reading: Reading, span: Span) -> bool:
    digits = re.search(r"\d+", reading.plain[slice(*span)])
    return digits is None or int(digits[0]) < _ADULT  # ages in words are children's more often than not


def _telling(sentence: Sentence, pieces: dict[str, Span], aged: list[Span], counted: list[Found]) -> bool:
    """Two facts, one of them of illness or care, about somebody in particular."""
    health = sentence.has("rare", "condition", "cared_for", "patient", "affected", "event", "died", "unusual")
    if len(pieces) < 2 or not health:  # noqa: PLR2004 - IDP-05: two or more
        return False
    return bool(aged or counted) or not sentence.has("generic")


def _small_place(reading: Reading, sentence: Sentence) -> Span | None:
    pattern = _PLACE_EN if reading.language == "en" else _PLACE_CY
    for match in pattern.finditer(reading.nfc, *sentence.span):
        first = match["place"].split()[0].lower()
        if first not in PACK.lists.wide_places and not _institution(reading, match.span("place")):
            return match.span("place")
    return None


def _institution(reading: Reading, span: Span) -> bool:
    after = reading.plain[span[0] : span[1] + 12]
    return bool(
        re.search(r"\b(?:hospital|ysbyty|clinic|centre|health board|trust|university|disease|syndrome)\b", after)
    )


def deceased(reading: Reading, _context: Context) -> Iterator[Found]:
    """Somebody's death: the family's authority is asked for (IDP-09)."""
    for sentence in reading.sentences:
        for hit in sentence.of("died")[:1]:
            if (_individual(sentence) or sentence.has("relation") or _named_in(reading, sentence)) and not sentence.has(
                "generic"
            ):
                yield Found("PID-DECEASED", Severity.DECIDE, hit.span)


def _named_in(reading: Reading, sentence: Sentence) -> bool:
    tokens = sentence.tokens
    return any(
        a.text in PACK.lists.given_names and reading.nfc[a.start].isupper() and reading.nfc[b.start].isupper()
        for a, b in pairwise(tokens)
    ) or bool(re.search(r"\b(?:Mr|Mrs|Ms|Miss|Dr) [A-Z]", reading.nfc[slice(*sentence.span)]))
