"""People named in the words (D-01, IDP-01, IDP-03).

A name counts after a title, after a patient's label, with a Welsh patronymic, or where a known given name stands
before a capitalised word. Who it is, patient or colleague, is read from the words around it: a patient blocks, a
colleague is asked about. Names that `people` accounts for are judged by their consents instead.
"""

import re
from collections.abc import Iterator

from approvals.checks.context import Context
from approvals.checks.reading import Found, Reading, Rule, Span
from approvals.content import Content
from approvals.findings import Severity
from approvals.rules import PACK

_CAP = r"[A-ZÂÊÎÔÛŴŶÉ](?:['’]?[^\W\d_]|-(?=[^\W\d_]))+"
_INITIALS = r"(?:[A-Z]\.? ?){1,3}"
_TITLE = re.compile(
    rf"\b(?P<title>Mr|Mrs|Ms|Miss|Mx|MR|MRS|Mistar|Dr|DR|Doctor|Prof|Professor|Athro|Sister|Nurse|Nyrs|Matron"
    rf"|Metron|Sir|Syr|Dame|Lady|Fonesig|Parch|Rev|Cllr|Cyng)\b\.?[  ]+"
    rf"(?P<name>(?:{_INITIALS}[  ]*)?{_CAP}(?:[  ](?:(?:ap|ab|ferch|van|de|von|[A-Z]\.)[  ])?{_CAP}){{0,2}})"
)
_PATRONYMIC = re.compile(rf"\b(?P<name>{_CAP} (?:ap|ab|ferch) {_CAP}(?: {_CAP})?)")
_PAIR = re.compile(rf"\b(?P<first>{_CAP})(?: (?:[A-Z]\.|{_CAP}))?? (?P<last>{_CAP})")
_LABELLED = re.compile(
    rf"(?<![\w-])(?:[Pp]atient(?:['’]s name)?|[Cc]laf|[Gg]laf|[Nn]ame of patient|[Ee]nw'r claf|[Rr]esident"
    rf"|[Pp]reswylydd)(?: is| yw|,|:)? (?P<name>{_CAP} {_CAP}(?: {_CAP})?)"
)
_FIRST = re.compile(rf"(?<![\w#@'’-])(?P<name>{_CAP})(?=\W|$)")
_MONTHS = "ion|jan|chwef|feb|maw|mar|ebr|apr|mai|may|meh|jun|gorff|jul|awst|aug|medi|sep|hyd|oct|tach|nov|rhag|dec"
_AGE_AFTER = re.compile(
    rf"^(?:,? ?\(?(?:aged |sy'n |oed )?\d{{1,2}}\b(?![:.%/-]\d| ?(?:am|pm|yb|yh|yp)|(?:st|nd|rd|th|af|il|ydd"
    rf"|fed|eg)\b| (?:{_MONTHS}))|,? (?:sy'n|who is|is) \d{{1,2}} )"
)
# next to a capitalised pair these make it a place, a body, a law or an illness
_NOT_BEFORE = re.compile(
    r"(?:\b(?:ysbyty|hysbyty|hospital|canolfan|nghanolfan|ganolfan|ward|stryd|heol|ffordd|capel|ysgol|coleg|st"
    r"|saint|sant|santes|ganolfan|uned|clinig|neuadd|parc|plas|tŷ|hosbis|theatr|campws|castell|eglwys|ystafell"
    r"|lolfa|syndrom|clefyd|gwobr|wobr|prifysgol|elusen|street|lake|mount|cwm|ynys|llyn|bae|afon)(?:'r)?"
    r"|['’]r) $",
    re.IGNORECASE,
)
_NOT_AFTER = re.compile(
    r"^(?:['’]s)? (?:Hospital|Ward|Centre|Center|Unit|Clinic|Street|Road|Avenue|Lane|Close|House|Court|School"
    r"|College|University|Hall|Hospice|Foundation|Trust|Charity|Award|Awards|Fund|Building|Suite|Theatre"
    r"|Library|Park|Surgery|Practice|Lodge|Wing|Campus|Church|Chapel|Institute|Disease|disease|Syndrome"
    r"|syndrome|Test|test|Scale|scale|Act|Method|method|Cup|Medal|Lecture|Prize|Memorial|Cancer|Ltd|Limited|plc"
    r"|PLC|Cyf|Pharmacy|Stadium|Arena|Leisure|Day|Week)\b"
)
_DOCTOR = frozenset({"dr", "doctor", "prof", "professor", "athro", "sister", "nurse", "nyrs", "matron", "metron"})
_PUBLIC = frozenset({"cllr", "cyng"})
_NEAR_STAFF = 40
"""Code points within which "ward manager" and the like belong to a name: an apposition on either side."""


def people_named(reading: Reading, context: Context) -> Iterator[Found]:
    taken: list[Span] = []
    for match in _candidates(reading):
        span = match.span("name") if "name" in match.re.groupindex else match.span()
        title = (match.groupdict().get("title") or "").lower()
        if title == "sir" and reading.language == "cy":  # "Sir Fynwy" is a county
            continue
        if any(start < span[1] and span[0] < end for start, end in taken) or _no_person(reading, span, title, context):
            continue
        if not title and _is_word(match, reading, span):
            continue
        taken.append(span)
        start = match.start() if title else span[0]
        yield _found(reading, (start, span[1]), reading.nfc[slice(*span)], title)
    yield from _first_names(reading, taken, context)


def _is_word(match: re.Match[str], reading: Reading, span: Span) -> bool:
    """Rose Cottage, Bryn Beryl: a given name that is a word as well needs a person's company."""
    if match.re is not _PAIR or match["first"].lower() not in PACK.lists.word_names:
        return False
    return not (_near(reading, span, "staff") or _cared_for(reading, span[0]))


def _candidates(reading: Reading) -> Iterator[re.Match[str]]:
    yield from _TITLE.finditer(reading.nfc)
    yield from _LABELLED.finditer(reading.nfc)
    yield from _PATRONYMIC.finditer(reading.nfc)
    position = 0
    while match := _PAIR.search(reading.nfc, position):
        if match["first"].lower() in PACK.lists.given_names:
            yield match
            position = match.end()
        else:
            position = match.end("first")


def _no_person(reading: Reading, span: Span, title: str, context: Context) -> bool:
    name = reading.nfc[slice(*span)].lower().replace("’", "'")
    words = name.split()
    own = context.terms.not_names if context.terms else frozenset()
    if name in own or any(name.startswith(known) or known.startswith(name + " ") for known in PACK.lists.not_names):
        return True
    if not PACK.lists.organisation_words.isdisjoint({words[0], words[-1]}) or reading.in_contact(span):
        return True
    if _NOT_AFTER.match(reading.nfc[span[1] : span[1] + 20]):
        return True
    return not title and bool(_NOT_BEFORE.search(reading.nfc[max(0, span[0] - 16) : span[0]]))


def _found(reading: Reading, span: Span, name: str, title: str) -> Found:
    staff = title in _DOCTOR or _near(reading, span, "staff")
    value = name.lower().split()[-1]
    if title in _PUBLIC:
        return Found("PID-NAME-STAFF", Severity.DECIDE, span, value, {"variant": "public"})
    if staff:
        return Found("PID-NAME-STAFF", Severity.DECIDE, span, value)
    if title or _cared_for(reading, span[0]):
        return Found("PID-NAME-PATIENT", Severity.BLOCK, span, value)
    return Found("PID-NAME-STAFF", Severity.DECIDE, span, value, {"variant": "unknown"})


def _near(reading: Reading, span: Span, group: str) -> bool:
    """In the same sentence and no further than an apposition reaches."""
    sentence = reading.sentence_at(span[0])
    return any(
        hit.end >= span[0] - _NEAR_STAFF and hit.start <= span[1] + _NEAR_STAFF
        for hit in sentence.of(group)
        if not (span[0] <= hit.start < span[1])
    )


def _cared_for(reading: Reading, at: int) -> bool:
    return any(s.has("patient", "cared_for", "relation", "died") for s in reading.around(at))


def _first_names(reading: Reading, taken: list[Span], context: Context) -> Iterator[Found]:
    """A given name alone counts where somebody's care or age is told with it."""
    seen: set[str] = set()
    for match in _FIRST.finditer(reading.nfc):
        span, name = match.span("name"), match["name"].lower()
        if name not in PACK.lists.given_names or name in PACK.lists.word_names or name in seen:
            continue
        if any(start < span[1] and span[0] < end for start, end in taken) or _no_person(reading, span, "", context):
            continue
        if re.match(rf" {_CAP}", reading.nfc[span[1] : span[1] + 24]) or _part_of_name(reading, span):
            continue
        told = _told(reading, span)
        if told:
            seen.add(name)
            yield Found("PID-NAME-PATIENT", told, span, name, {"variant": "first-name"})


def _part_of_name(reading: Reading, span: Span) -> bool:
    """Glan Irfon: a capitalised word before it that does not merely begin the sentence."""
    before = re.search(r"([A-ZÂÊÎÔÛŴŶ][\w'’-]*) $", reading.nfc[max(0, span[0] - 24) : span[0]])
    if not before:
        return False
    start = max(0, span[0] - 24) + before.start()
    return start != reading.sentence_at(span[0]).span[0] or before[1].lower() in PACK.lists.place_words


def _told(reading: Reading, span: Span) -> Severity | None:
    if _AGE_AFTER.match(reading.plain[span[1] : span[1] + 16]):
        return Severity.BLOCK
    if _near(reading, span, "staff"):
        return None
    sentence = reading.sentence_at(span[0])
    return Severity.DECIDE if sentence.has("patient", "cared_for", "died") else None


def unaccounted(content: Content, context: Context) -> Rule:
    """The rule for this post: names that its people or consents speak for are left to `people`."""
    known = {name.split()[-1].lower() for name in accounted(content, context)}
    known |= {name.split()[0].lower() for name in accounted(content, context)}

    def rule(reading: Reading, context: Context) -> Iterator[Found]:
        return (found for found in people_named(reading, context) if found.value not in known)

    return rule


def accounted(content: Content, context: Context) -> dict[str, str | None]:
    """Full names that the post's people, or the consents of those shown, speak for, with the consent's reference."""
    names = {person.name.strip(): person.consent for person in content.people if person.name.strip()}
    refs = {shown.consent for media in content.media for shown in media.people or () if shown.consent}
    for ref in sorted(refs):
        consent = context.consents.get(ref)
        if consent is not None and consent.authority == "self" and consent.signatory.strip():
            names.setdefault(consent.signatory.strip(), ref)
    return names
