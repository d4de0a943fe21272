"""Numbers on documents, accounts, cards, cars and registers (D-10 to D-13, D-21)."""

import re
from collections.abc import Iterator

from stdnum import iban, luhn

from approvals.checks.context import Context
from approvals.checks.reading import Found, Reading
from approvals.findings import Severity

_NINO = re.compile(
    r"\b(?!bg|gb|kn|nk|nt|tn|zz)[a-ceghj-prstw-z][a-ceghj-nprstw-z][ -]?\d{2}[ -]?\d{2}[ -]?\d{2}[ -]?[a-d]\b"
)
_LICENCE = re.compile(r"\b[a-z9]{5}\d[0156]\d[0-3]\d\d[a-z9]{2}\d[a-z]{2}\b")
_PASSPORT = re.compile(
    r"\b(?:passport|pasbort|visa|fisa|brp|biometric residence|arc|application registration|driving licen[cs]e"
    r"|trwydded yrru)\b[^.\n\d]{0,24}?\b([a-z]{0,3}\d{6,10}[a-z]?)\b"
)
_ACCOUNT = re.compile(
    r"\b\d{2}[- ]\d{2}[- ]\d{2}\b(?=[^.\n]{0,40}?\b\d{8}\b)|(?:sort code"
    r"|cod didoli)[^.\n\d]{0,12}(\d{2}[- ]?\d{2}[- ]?\d{2})\b|(?:account|cyfrif) (?:number|no"
    r"|rhif)?[^.\n\d]{0,12}(\d{8})\b|rhif (?:y |eich |ei )?cyfrif[^.\n\d]{0,12}(\d{8})\b"
)
_CARD = re.compile(r"(?<![\w+.,-])[2-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{2,4}(?!\w)")
_IBAN = re.compile(r"\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){3,7}(?: ?[a-z0-9]{1,3})?\b")
_CARD_LENGTHS = range(14, 17)
# letters that the DVLA issues; in the text as written, since in lower case too much else looks alike
_PLATE = re.compile(r"(?<![\w/#@-])[A-HJ-PR-Y][A-HJ-PR-Y](?:0[2-9]|[1-7]\d) ?[A-HJ-PR-Z]{3}(?![\w-])")
_OLD_PLATE = re.compile(
    r"(?i:\breg(?:istration)?\b|number plate|\bplât|\bplat rhif|rhif cofrestru|\bcar\b|cerbyd|\bvan\b"
    r"|\bfan\b)[^.\n]{0,24}?\b([A-HJ-NP-TV-Y]\d{1,3} ?[A-HJ-PR-Y]{3}|[A-Z]{3} ?\d{1,3}[A-HJ-NP-TV-Y]?)\b"
)
_REGISTER = re.compile(
    r"\b(?:gmc|nmc|hcpc|gphc|gdc|payroll|cyflogres|rhif staff|staff|employee|assignment|rhif gweithiwr"
    r"|rhif cyflogai)\b[ ]?(?:number|no\.?|num|pin|ref|registration|rhif|reg)?[ :.#=]*(?:is "
    r"|yw )?(?<=[ :.#=])(\d{2}[a-z]\d{4}[a-z]|[a-z]{0,2}\d{5,8})\b"
)


def official(reading: Reading, _context: Context) -> Iterator[Found]:
    if not reading.digits:
        return
    for match in _NINO.finditer(reading.plain):
        yield Found("PID-NINO", Severity.BLOCK, match.span(), _key(match[0]))
    for match in _LICENCE.finditer(reading.plain):
        yield Found("PID-DOCUMENT", Severity.BLOCK, match.span(), _key(match[0]))
    for match in _PASSPORT.finditer(reading.plain):
        yield Found("PID-DOCUMENT", Severity.BLOCK, match.span(1), _key(match[1]))


def bank(reading: Reading, _context: Context) -> Iterator[Found]:
    if not reading.digits:
        return
    for match in _ACCOUNT.finditer(reading.plain):
        group = next((i for i in (1, 2, 3) if match[i]), 0)
        yield Found("PID-BANK", Severity.BLOCK, match.span(group), _key(match[group]), {"variant": "account"})
    for match in _CARD.finditer(reading.plain):
        digits = _key(match[0])
        if len(digits) in _CARD_LENGTHS and luhn.is_valid(digits) and not reading.in_contact(match.span()):
            yield Found("PID-BANK", Severity.BLOCK, match.span(), digits, {"variant": "card"})
    for match in _IBAN.finditer(reading.plain):
        if iban.is_valid(match[0].upper()):
            yield Found("PID-BANK", Severity.BLOCK, match.span(), _key(match[0]), {"variant": "iban"})


def vehicles(reading: Reading, _context: Context) -> Iterator[Found]:
    if not reading.digits:
        return
    for match in _PLATE.finditer(reading.nfc):
        yield Found("PID-VEHICLE", Severity.DECIDE, match.span(), _key(match[0].lower()))
    for match in _OLD_PLATE.finditer(reading.nfc):
        yield Found("PID-VEHICLE", Severity.DECIDE, match.span(1), _key(match[1].lower()))


def registrations(reading: Reading, _context: Context) -> Iterator[Found]:
    if not reading.digits:
        return
    for match in _REGISTER.finditer(reading.plain):
        yield Found("PID-STAFFNO", Severity.DECIDE, match.span(1), _key(match[1]))


def _key(text: str) -> str:
    return "".join(c for c in text if c.isalnum())
