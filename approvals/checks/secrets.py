"""Secrets in a post (D-23, SEC-09) and asking for personal details in public (IDP-15)."""

import re
from collections.abc import Iterator

from approvals.checks.context import Context
from approvals.checks.reading import Found, Reading, Sentence
from approvals.findings import Severity

_PASSWORD = re.compile(
    r"\b(?:password|passcode|pass code|passphrase|passwd|pwd|wi-?fi (?:key|code)|wpa2?(?: key)?|network key"
    r"|security key|(?<!nmc )(?<!gmc )(?<!hcpc )pin(?: number| code)?|cyfrinair|gyfrinair|chyfrinair"
    r"|nghyfrinair|cod pas|allwedd (?:wi-?fi|rhwydwaith)|rhif pin)"
    r"(?: (?:for|to|ar gyfer|i'r|i|y|yr|the|our|staff|guest|wi-?fi|rhwydwaith|network|is|now|still|yw|ydy"
    r"|newydd|new|nawr|o hyd|has changed to|wedi newid i)){0,5}(?P<mark>[ ]?[:=][ ]?"
    r"|[ ])['\"“‘]?(?P<value>[^\s'\"”’“‘]{3,40})"
)
_PASSWORD_IS = re.compile(
    r"\b(?:password|passcode|[cgn]+h?yfrinair|cod pas)(?: [\w'-]+){1,4}? (?:is|yw|ydy|now|nawr)(?: now| nawr"
    r"| still| o hyd)?[ :]+['\"“‘]?(?P<value>[^\s'\"”’“‘]{3,40})"
)
_PASSWORD_FIRST = re.compile(
    r"(?P<value>[^\s'\"”’“‘]{4,40})['\"”’]? (?:is|yw|ydy|oedd|was)(?:'r| r)? (?:the |our |y |ein |eich |new "
    r"|newydd )*(?:\w+ )?(?:password|passcode|wi-?fi (?:key|code)|cyfrinair|gyfrinair|chyfrinair)\b"
)
_PLACE_EN = (
    r"door|gate|entry|entrance|access|keypad|key ?pad|key ?safe|alarm|lock|locker|lift|barrier|store|cupboard"
    r"|medicine cupboard|room|safe|staff room|ward|kitchen|drug cupboard"
)
_PLACE_CY = (
    r"drws|drysau|giât|giat|glwyd|mynediad|mynedfa|fynedfa|larwm|clo|cloi|loceri?|lifft|barier|stordy|storfa"
    r"|cwpwrdd|ystafell|sêff|sef|ward|gegin|bysellbad|allwedd"
)
_CODE_AFTER = re.compile(
    rf"\b(?:(?:{_PLACE_EN})\b[\w', ]{{0,30}}\b(?:code|pin|combination)|(?:code|combination|pin)\b (?:for|to"
    rf"|of) (?:the |our )?[\w' ]{{0,30}}?\b(?:{_PLACE_EN})|\bg?cod(?:au)?\b[\w' ]{{0,12}} (?:{_PLACE_CY}))\b"
    r"[^\d.\n]{0,40}?(?<![£\d.,:])(?P<value>[a-z]?\d{3,8}[a-z#*]?)(?![\d:%])"
)
_CODE_BEFORE = re.compile(
    rf"(?<![£\d.,:])(?P<value>[a-z]?\d{{3,8}}[a-z#*]?) (?:is|yw|ydy|fydd|will be|has become)(?:'r)? (?:still "
    rf"|now |o hyd |nawr |the |our |new |y |ein )*(?:(?:{_PLACE_EN})\b[\w' ]{{0,30}}\bcode"
    rf"|\w{{0,8}} ?code (?:for|to) [\w' ]{{0,30}}\b(?:{_PLACE_EN})|g?cod\b[\w' ]{{0,12}} (?:{_PLACE_CY}))"
)
_CODE_TYPED = re.compile(
    rf"\b(?:type|enter|press|key in|punch in|use|dial|teipiwch|deialwch|pwyswch|gwasgwch|rhowch|defnyddiwch"
    rf"|bwydwch) (?:in |the |y |code "
    rf"|cod )*(?P<value>[a-z]?\d{{3,8}}[a-z#*]?)\b(?=[\w' ]{{0,24}}\b(?:{_PLACE_EN}|{_PLACE_CY})\b)"
)
_KEY = re.compile(
    r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|sk-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|AIza[0-9A-Za-z_-]{30,}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+|EAA[A-Za-z0-9]{30,})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
)
_BLEEP = re.compile(
    r"\b(?:bleep|blîp|pager|staff (?:extension|ext|only (?:on|line|number))|internal ext(?:ension)?"
    r"|estyniad (?:staff|mewnol))\b[ .:#]*(?:number |no\.? |rhif )?(?P<value>\d{3,6})\b"
)
_MIXED = re.compile(r"(?=.*[a-z])(?=.*[A-Z0-9])(?=.*[\d!@£$%^&*#?_+=-])")
_NO_SECRET = re.compile(
    r"(?i)^(?:https?|www|reset|protected|manager|managers|policy|secure|safe|sharing|expired?|required|ddiogel"
    r"|newydd|is|yw|and|a|or|neu)\b"
)
_ASK_REACH = 60
"""Code points from "put" to "your birthday"."""
_YOUR = frozenset({"your", "ur", "eich", "ch", "dy"})


def secrets(reading: Reading, _context: Context) -> Iterator[Found]:
    taken: set[int] = set()
    for match in (m for pattern in (_PASSWORD, _PASSWORD_IS, _PASSWORD_FIRST) for m in pattern.finditer(reading.plain)):
        start, end = match.span("value")
        end = start + len(reading.nfc[start:end].rstrip(".,;)…"))
        value = reading.nfc[start:end]
        mark = match.groupdict().get("mark") or ""
        ends = reading.nfc[end : end + 1] in {"", ".", ",", ";", "\n", "'", '"', "”", ")"}
        if start not in taken and _is_secret(value, stated=bool(mark.strip()) and ends):
            taken.add(start)
            yield Found("SEC-SECRET", Severity.BLOCK, (start, end), value.lower(), {"variant": "password"})
    if reading.digits:
        for match in (
            m for pattern in (_CODE_AFTER, _CODE_BEFORE, _CODE_TYPED) for m in pattern.finditer(reading.plain)
        ):
            if match.start("value") not in taken:
                taken.add(match.start("value"))
                yield Found("SEC-SECRET", Severity.BLOCK, match.span("value"), match["value"], {"variant": "code"})
        for match in _BLEEP.finditer(reading.plain):
            yield Found("SEC-SECRET", Severity.DECIDE, match.span("value"), match["value"], {"variant": "bleep"})
    for match in _KEY.finditer(reading.nfc):
        yield Found("SEC-SECRET", Severity.BLOCK, match.span(), match[0], {"variant": "key"})


def _is_secret(value: str, *, stated: bool) -> bool:
    """Alone after a colon any word may be a password; elsewhere only what no sentence would hold."""
    if len(value) < 3 or _NO_SECRET.match(value):  # noqa: PLR2004 - as the pattern's shortest
        return False
    return stated or bool(_MIXED.match(value)) or any(c.isdigit() for c in value)


def soliciting(reading: Reading, _context: Context) -> Iterator[Found]:
    for sentence in reading.sentences:
        if not sentence.has("personal_item") or not sentence.has("ask") or sentence.has("not_asking"):
            continue
        severity = _invited(reading, sentence)
        if severity:
            start, end = sentence.span
            yield Found(
                "PID-SOLICIT",
                severity,
                (start, end),
                "",
                {"variant": "public" if severity is Severity.BLOCK else "message"},
            )


def _invited(reading: Reading, sentence: Sentence) -> Severity | None:
    items = sentence.of("personal_item")
    asks = [hit for hit in sentence.of("ask") if any(0 <= item.start - hit.start <= _ASK_REACH for item in items)]
    first = {token.start for token in sentence.tokens[:2]}
    theirs = any(token.text in _YOUR for token in sentence.tokens)
    if not asks or not (theirs or any(hit.start in first for hit in asks)):
        return None
    if sentence.has("direct_message"):
        return Severity.DECIDE
    link = any(
        kind in {"link", "email"} and sentence.span[0] <= span[0] < sentence.span[1] for kind, span in reading.contacts
    )
    return Severity.BLOCK if sentence.has("public_place") and not link else None
