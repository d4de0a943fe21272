"""Where and how a person can be reached: postcode, street, phone, e-mail, account (D-04, D-05, D-08, D-09, D-16)."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

import phonenumbers

from approvals.checks.context import Context
from approvals.checks.reading import Found, Reading, Sentence
from approvals.findings import Severity
from approvals.rules import PACK

_POSTCODE = re.compile(
    r"(?<![\w/@#.])(gir ?0aa|(?:[a-pr-uwyz](?:\d{1,2}|[a-hk-y]\d{1,2}|\d[a-hjkpstuw]"
    r"|[a-hk-y]\d[abehmnprv-y])) {0,2}\d[abd-hjlnp-uw-z]{2})(?![\w/])"
)
_STREET = re.compile(
    r"(?<![\w.:£])\d{1,4}[a-d]?,? (?:(?:heol|stryd|ffordd|lôn|lon|maes|clos|rhes|bryn|rhodfa|teras|cilgant|parc"
    r"|llys|pen|tan|glan|cae|trem|dôl|gerddi) (?:y |yr |'r )?[^\W\d]\w+"
    r"|(?:[^\W\d_][\w'-]+ ){1,3}(?:street|road|avenue|lane|close|drive|crescent|terrace|gardens|grove|place"
    r"|court|way|hill|rise|row|walk|view|square)\b)"
)
_PHONE = re.compile(r"(?<![\w/.,£#=])(?:\+|\(?\b0|\b00)[\d()][\d() .\-/]{7,19}\d(?!\w)")
_EMAIL_NAME = re.compile(r"^[a-z]+[._-][a-z]+\d{0,3}$|^[a-z]+\.[a-z]\.?[a-z]+\d{0,3}$")
_ROLE = re.compile(
    r"team|info|enquir|ymholi|contact|cyswllt|press|cyfathrebu|comms|complaint|concern|pryder|feedback|adborth"
    r"|swyddi|jobs|recruit|help|support|cymorth|admin|office|swyddfa|service|gwasanaeth"
    r"|iechyd|health|ward|clinic|dept|uned|unit|hub|hello|shwmae|booking|apwynt|appoint|volunt|gwirfod|fund"
    r"|elusen|charity|research|ymchwil|screening|sgrinio|survey|arolwg|consult|ymgyng|cymraeg|welsh|library"
    r"|pals|putting|things|ask|gofyn|reply|post|mail"
)
_BODY_HANDLE = re.compile(
    r"nhs|gig|bip|uhb|thb|hb$|health|iechyd|gov|llyw|heddlu|police|council|cyngor|prifysgol|university|uni"
    r"|charity|elusen|trust|hospital|ysbyty|cymru|wales|ambul|foundation|society|cymdeithas|college|coleg|royal"
    r"|fire|tan|bbc|s4c|itv|news|community|ysgol|school"
)
_PRIVATE_LINK = re.compile(
    r"(?:[?&](?:token|access_token|sig|signature|key|auth|x-amz-signature|oh)=)|fbcdn\.net|photos\.app\.goo\.gl"
    r"|drive\.google\.com|photos\.google\.com|dropbox\.com/s|icloud\.com/|1drv\.ms|(?:facebook"
    r"|instagram)\.com/(?:profile\.php|photo)"
)
_OWN_NUMBER = re.compile(
    r"\b(?:home (?:phone|number|tel)|(?:his|her|their|my) (?:number|phone)|ffôn cartref|rhif cartref"
    r"|(?:ei|eu|fy) (?:rif|rhif|ffôn|ffon))\b"
)
_MOST_NUMBERS = 500
_PERSONAL = frozenset({"MOBILE", "PERSONAL_NUMBER", "PAGER"})


def postcodes(reading: Reading, context: Context) -> Iterator[Found]:
    if not reading.digits:
        return
    listed = PACK.lists.postcodes | (context.terms.postcodes if context.terms else frozenset())
    for match in _POSTCODE.finditer(reading.plain):
        value = match[1].replace(" ", "").upper()
        if value in listed or reading.in_contact(match.span()):
            continue
        sentence = reading.sentence_at(match.start())
        public = sentence.has("site") and not sentence.has("home", "relation", "patient")
        severity, variant = (Severity.ADVISE, "site") if public else (Severity.BLOCK, "home")
        yield Found("PID-POSTCODE", severity, match.span(1), value, {"variant": variant})


def street_addresses(reading: Reading, _context: Context) -> Iterator[Found]:
    """A number and a street: a home, unless the sentence is about a public place."""
    if not reading.digits:
        return
    for match in _STREET.finditer(reading.plain):
        sentence = reading.sentence_at(match.start())
        home = sentence.has("home", "relation")
        site = any(not match.start() <= hit.start < match.end() for hit in sentence.of("site"))
        if (home or not site) and _capitals(reading.nfc[slice(*match.span())]):
            severity = Severity.BLOCK if home else Severity.DECIDE
            yield Found("PID-ADDRESS", severity, match.span(), "", {"variant": "home" if home else "perhaps"})


def _capitals(address: str) -> bool:
    words = [word for word in address.split()[1:] if word not in {"y", "yr", "'r", "the", "of"}]
    return bool(words) and all(word[0].isupper() for word in words)


def phones(reading: Reading, context: Context) -> Iterator[Found]:
    if not reading.digits:
        return
    own = context.terms.phones if context.terms else frozenset()
    for match in islice(_PHONE.finditer(reading.plain), _MOST_NUMBERS):
        number, kind = _phone(match[0])
        if number in PACK.lists.phones or number in own:
            continue
        sentence = reading.sentence_at(match.start())
        if kind in _PERSONAL:
            yield Found("PID-PHONE", Severity.BLOCK, match.span(), number, {"variant": "mobile"})
        elif kind and _private(reading, sentence, match.start()):
            yield Found("PID-PHONE", Severity.DECIDE, match.span(), number, {"variant": "landline"})


@lru_cache(maxsize=1024)
def _phone(text: str) -> tuple[str, str]:
    """(national digits, kind), both empty for what is no phone number."""
    try:
        number = phonenumbers.parse(text.replace("(0)", ""), "GB")
    except phonenumbers.NumberParseException:
        return "", ""
    national = str(number.national_number)
    if number.country_code == 44 and national.startswith("7") and len(national) == 10:  # noqa: PLR2004  # +44 7xxx xxxxxx
        return national, "PERSONAL_NUMBER" if national.startswith("70") else "MOBILE"
    if not phonenumbers.is_possible_number(number):
        return "", ""
    return national, phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(number))


def _private(reading: Reading, sentence: Sentence, at: int) -> bool:
    before = reading.plain[sentence.span[0] : at]
    return sentence.has("relation") or bool(_OWN_NUMBER.search(before))


def emails(reading: Reading, _context: Context) -> Iterator[Found]:
    for kind, span in reading.contacts:
        if kind != "email":
            continue
        address = reading.plain[slice(*span)]
        name, domain = address.rsplit("@", 1)
        if domain in PACK.lists.personal_domains:
            yield Found("PID-EMAIL", Severity.BLOCK, span, address, {"variant": "personal"})
        elif _EMAIL_NAME.match(name) and not _ROLE.search(name) and _given(name):
            yield Found("PID-EMAIL", Severity.DECIDE, span, address, {"variant": "named"})


def _given(name: str) -> bool:
    return re.split(r"[._-]", name)[0] in PACK.lists.given_names or len(re.split(r"[._-]", name)[0]) == 1


def handles(reading: Reading, context: Context) -> Iterator[Found]:
    """An account that nobody listed may be a private person's (D-16); so may a link to somebody's own pictures."""
    known = PACK.lists.handles | _own_handles(context)
    for kind, span in reading.contacts:
        value = reading.plain[slice(*span)]
        if kind == "handle" and value[1:].rstrip(".-") not in known:
            body = _BODY_HANDLE.search(value)
            severity, variant = (Severity.ADVISE, "body") if body else (Severity.DECIDE, "unknown")
            yield Found("PID-HANDLE", severity, span, value, {"variant": variant})
        if kind == "link" and _PRIVATE_LINK.search(value):
            yield Found("PID-HANDLE", Severity.DECIDE, span, value, {"variant": "link"})


def _own_handles(context: Context) -> frozenset[str]:
    accounts = (account.handle for channel in context.channels.values() for account in channel.accounts)
    own = context.terms
    return frozenset(h.lstrip("@").lower() for h in accounts if h) | (own.handles if own else frozenset())
