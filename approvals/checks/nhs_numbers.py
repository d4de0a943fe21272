"""NHS numbers (D-02) and hospital numbers (D-06).

One in eleven random ten-digit strings passes the NHS check, and it is ISBN-10's check as well: so a valid number
blocks only with its label or its grouping, and is asked about otherwise.
"""

import re
from collections.abc import Iterator

from stdnum.gb import nhs

from approvals.checks.context import Context
from approvals.checks.reading import Found, Reading, Span
from approvals.findings import Severity

_TEN = re.compile(r"(?<![\w+/.£#-])(?<!\d[ .-])\d(?:[ .\-]{0,2}\d){9}(?![\w/])(?![ .-]?\d)")
_LABEL = re.compile(
    r"\b(?:nhs|gig)\b[ '’]*(?:number|no|num|rhif|id)?\b[.:#)= ]*(?:is|yw|ydy|oedd|was|are)?[ :]*$"
    r"|\b(?:rhif|number|no\.?|n°) (?:y |ei |eu |his |her |the |fy |my )?(?:nhs|gig)\b[ :.=()\w']{0,18}$"
)
_LABEL_AFTER = re.compile(r"^[ (,:-]{0,3}(?:nhs|gig|rhif gig)\b[ ]?(?:number|no|rhif)?")
_OTHER_LABEL = re.compile(
    r"\b(?:isbn(?:-10)?|issn|elusen|charity|cwmni|company|registered|cofrestredig|order|archeb|invoice|anfoneb"
    r"|twitter|id|"
    r"ffoniwch|ffonio|ffôn|phone|tel|telephone|call|ring|text|tecstiwch|fax|ffacs|grant|tender|meeting|cyfarfod"
    r"|zoom|teams|barcode|cod bar)\b[^.\n]{0,24}$"
)
_PHONE_NUMBER = re.compile(r"(?:\+|\b00)44[ ()\d.-]*$|^0")
_LABELLED_ANY = re.compile(
    r"(?:\bnhs (?:number|no\.?|num)|\brhif (?:y )?(?:gig|nhs))[ :.=]*(?:is |yw )?(\d(?:[ .-]?\d){7,11})(?!\d)"
)
_GROUPED = re.compile(r"\d{3}([ .-])\d{3}\1\d{4}")
_NHS_DIGITS = 10

_KINDS_EN = r"hospital|case[ -]?note|casenote|case|unit|episode|patient(?: id)?|mrn|crn|pas"
_KINDS_CY = r"ysbyty|hysbyty|nodiadau|cas|achos|claf|uned|episod|cyfnod gofal"
_HOSPITAL = re.compile(
    rf"\b(?:(?:{_KINDS_EN}) ?(?:number|no\.?|num|id|ref(?:erence)?|#)|crn|mrn|casenote|rhif (?:yr |y |ei "
    rf"|eich )?(?:{_KINDS_CY}))"
    r"[ :.#=]*(?:is |yw |oedd |was )?(?<=[ :.#=])(?P<number>[a-z]{0,2}[ -]?\d{5,9}[a-z]?)\b"
)
_LOCAL = re.compile(r"\b[a-z]\d{6,7}\b")


def nhs_numbers(reading: Reading, _context: Context) -> Iterator[Found]:
    if not reading.digits:
        return
    seen: list[Span] = []
    for match in _TEN.finditer(reading.plain):
        found = _judged(reading, match)
        if found:
            seen.append(found.span)
            yield found
    for match in _LABELLED_ANY.finditer(reading.plain):
        span = match.span(1)
        if not any(start < span[1] and span[0] < end for start, end in seen):
            yield _found(span, Severity.DECIDE, "failing", match[1])


def _judged(reading: Reading, match: re.Match[str]) -> Found | None:
    before = reading.plain[max(0, match.start() - 48) : match.start()]
    labelled = bool(_LABEL.search(before) or _LABEL_AFTER.match(reading.plain[match.end() : match.end() + 24]))
    valid = nhs.is_valid(_digits(match[0]))
    if labelled:
        return _found(
            match.span(), Severity.BLOCK if valid else Severity.DECIDE, "labelled" if valid else "failing", match[0]
        )
    if not valid or _OTHER_LABEL.search(before) or _is_phone(before, match[0]) or reading.in_contact(match.span()):
        return None
    grouped = _GROUPED.fullmatch(match[0])
    return _found(
        match.span(), *((Severity.BLOCK, "grouped") if grouped else (Severity.DECIDE, "unlabelled")), match[0]
    )


def _is_phone(before: str, digits: str) -> bool:
    return bool(_PHONE_NUMBER.search(before) or digits.startswith("0"))


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def _found(span: Span, severity: Severity, variant: str, value: str) -> Found:
    return Found("PID-NHS", severity, span, _digits(value), {"variant": variant})


def hospital_numbers(reading: Reading, context: Context) -> Iterator[Found]:
    if not reading.digits:
        return
    spans = [m.span("number") for m in _HOSPITAL.finditer(reading.plain)]
    own = context.terms.hospital_numbers if context.terms else ()
    spans += [m.span() for pattern in own for m in re.finditer(pattern, reading.plain)]
    for span in dict.fromkeys(spans):
        yield Found("PID-HOSP", Severity.BLOCK, span, reading.plain[slice(*span)], {"variant": "labelled"})
    for match in _LOCAL.finditer(reading.plain):
        near = reading.sentence_at(match.start())
        if match.span() not in spans and near.has("patient", "cared_for") and not reading.in_contact(match.span()):
            yield Found("PID-HOSP", Severity.DECIDE, match.span(), match[0], {"variant": "perhaps"})
