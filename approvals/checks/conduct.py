"""What a health body may not say, or only once somebody has looked: politics, commerce, law, tone (section 6.2)."""

import re
from collections.abc import Iterator
from datetime import date

from approvals.checks.context import Context
from approvals.checks.reading import Found, Reading, Rule, Sentence, apply, units
from approvals.content import LONDON, Content
from approvals.findings import Finding, Severity
from approvals.rules import PACK, Hit

_PERCENT_OFF = re.compile(r"\d ?(?:%|per cent|y cant) ?(?:off|oddi ar|i ffwrdd|discount|o ostyngiad)\b")
_PERCENT = re.compile(
    r"\d ?%|\b\d+ (?:out of|in|o bob|allan o)(?: every)? \d+\b|\bnine out of ten\b|\bnaw o bob deg\b|\d ?y cant"
    r"|\bper cent\b|\bpercent\b|\b(?:twice|three times|ten times|dwywaith|teirgwaith|dengwaith)\b"
)
_WORDS_TOO = frozenset({"boots", "iceland", "rennie", "costa", "crocs", "admiral", "nationwide", "halifax"})
"""Brands that are other words or places where a sentence begins."""
_OFFER_CODE = re.compile(r"\b(?:code|[Cc]od|[Gg]od|[Cc]ode)[: ]+['\"“]?[A-Z]{3,}\d{0,4}\b")
_NAME = re.compile(
    r"\b[A-ZÂÊÎÔÛŴŶ][\w'’-]+(?: (?:ap|ab|ferch|& |and )?[A-ZÂÊÎÔÛŴŶ][\w'’-]+)+|\b(?:Mr|Mrs|Ms|Miss|Dr) [A-Z]"
)
_CAPITALISED = r"[A-ZÂÊÎÔÛŴŶ][\w'’&-]*(?: (?:(?:a|ac|and|&|y|of) )?[A-ZÂÊÎÔÛŴŶ][\w'’&-]*)*"
_PARTNER_AFTER = re.compile(
    rf"(?:[ ,:]|y |yr |the |our |ein |company |firm |g?[ch]?wmni |'r |o |at |yn )*({_CAPITALISED})"
)
_PARTNER_BEFORE = re.compile(rf"(?<=[^.!?] )({_CAPITALISED}),? $")
"""Teg Technology, our new partner; Teg Technology for sponsoring."""
_SAID_AFTER_THE_NAME = ("our", "ein", "for", "am")
_NAME_REACH = 48
"""Code points that a partner's name may take."""
_GUARANTEED = re.compile(r"[-–—,] ?(?:guaranteed|gwarantedig|wedi'i warantu)[ !.]*$")
_GATEWAY = re.compile(r"(?:porth y? ?llywodraeth|llywodraeth agored)$")
_JUDGMENT_REACH = 70
"""Code points between who governs and what is thought of it."""
_DUTY_REACH = 16
"""Code points from "the government" to "must"; in Welsh it is the other way round and closer."""
_ACCUSED_REACH = 80
"""Code points from a name to what it is accused of."""


def of_texts(content: Content, context: Context) -> Iterator[Finding]:
    for unit in units(content):
        for rule in RULES:
            yield from apply(rule, unit, context)


def election(content: Content, context: Context) -> Iterator[Finding]:
    """Before an election what names those who stand, or celebrates, waits for Communications (POL-01, POL-03)."""
    on = (context.publish_at or context.now).astimezone(LONDON).date()
    own = context.terms
    period = next((e for e in (*PACK.elections, *(own.elections if own else ())) if e.start <= on <= e.polling), None)
    if period is None:
        return
    polling = period.polling

    def held(reading: Reading, _context: Context) -> Iterator[Found]:
        return _held(reading, period.kind, polling)

    for unit in units(content):
        yield from apply(held, unit, context)


def _held(reading: Reading, kind: str, polling: date) -> Iterator[Found]:
    for sentence in reading.sentences:
        for hit in sentence.of("politician", "government", "voting", "announcement")[:1]:
            params = {"variant": kind, "polling": polling.isoformat()}
            yield Found("POL-ELECTION", Severity.DECIDE, hit.span, "", params)


def politics(reading: Reading, _context: Context) -> Iterator[Found]:
    for sentence in reading.sentences:
        asked = sentence.of("campaign")
        actors = tuple(
            a for a in sentence.of("politician", "government") if not _GATEWAY.search(reading.plain[: a.end])
        )
        if asked:
            yield Found("POL-OPINION", Severity.BLOCK, asked[0].span, "", {"variant": "campaign"})
        elif actors and (judged := _judgment(sentence, actors)):
            span = min(actors[0].start, judged.start), max(actors[0].end, judged.end)
            yield Found("POL-OPINION", Severity.BLOCK, span, "", {"variant": "opinion"})
        elif mention := sentence.of("politician", "voting"):
            yield Found("POL-OPINION", Severity.DECIDE, mention[0].span, "", {"variant": "mention"})


def _judgment(sentence: Sentence, actors: tuple[Hit, ...]) -> Hit | None:
    """Near an actor and not part of its name; or what the actor is told to do."""
    for duty in sentence.of("obligation"):
        if any(0 <= duty.start - a.end <= _DUTY_REACH or 0 <= a.start - duty.end <= _DUTY_REACH // 4 for a in actors):
            return duty
    return next(
        (
            hit
            for hit in sentence.of("judgment")
            if not any(a.start <= hit.start < a.end for a in actors)
            and any(a.start - _JUDGMENT_REACH <= hit.start <= a.end + _JUDGMENT_REACH for a in actors)
        ),
        None,
    )


def endorsement(reading: Reading, _context: Context) -> Iterator[Found]:
    """One question a text: praise, price or shop of something that is sold."""
    for sentence in reading.sentences:
        hits = _selling(reading, sentence)
        if hits:
            yield Found("COM-ENDORSE", Severity.DECIDE, (min(hits)[0], max(end for _, end in hits)))
            return


def _selling(reading: Reading, sentence: Sentence) -> list[tuple[int, int]]:
    spans = [hit.span for hit in sentence.of("superlative", "discount")]
    if spans and _own_offer(sentence):
        spans = []
    spans += [m.span() for m in _PERCENT_OFF.finditer(reading.plain, *sentence.span)]
    spans += [m.span() for m in _OFFER_CODE.finditer(reading.nfc, *sentence.span)]
    if sentence.has("recommend") and (sentence.has("product") or _brands(reading, sentence)):
        spans += [hit.span for hit in sentence.of("recommend", "product")]
    if sentence.has("buy") and (goods := (*sentence.of("product"), *_brands(reading, sentence))):
        spans += [hit.span for hit in (*sentence.of("buy"), *goods)]
    if sentence.has("praise") and (sentence.has("buy") or "£" in reading.plain[slice(*sentence.span)]):
        spans += [hit.span for hit in sentence.of("praise")]
    if sentence.has("superlative", "product") and _brands(reading, sentence) and not spans:
        spans = [hit.span for hit in _brands(reading, sentence)]
    return spans


def _own_offer(sentence: Sentence) -> bool:
    """A free NHS sample or a charity's sale is no trade."""
    return not sentence.has("superlative", "brand", "buy", "product") and sentence.has("public_body")


def _brands(reading: Reading, sentence: Sentence) -> tuple[Hit, ...]:
    """Brand names as they are written: capitalised and not the first word, where they may be any word."""
    return tuple(
        hit
        for hit in sentence.of("brand")
        if reading.nfc[hit.start].isupper()
        and (hit.start > sentence.tokens[0].start or reading.plain[slice(*hit.span)] not in _WORDS_TOO)
        and not re.match(r"['’]? ?(?:walking|hiking|diabetes|disease|syndrome)", reading.plain[hit.end : hit.end + 12])
    )  # fmt: skip


def partners(reading: Reading, context: Context) -> Iterator[Found]:
    """Suppliers and partners are named only with their approval (COM-03); public bodies work in the open."""
    own = context.terms
    agreed = own.partners if own else frozenset()
    for sentence in reading.sentences:
        after = next(iter(sentence.of("partnership")), None)
        named = _partner_named(reading, sentence, after) if after else None
        for span in filter(None, (named, *(hit.span for hit in _brands(reading, sentence)))):
            if reading.plain[slice(*span)] not in agreed:
                yield Found("COM-PARTNER", Severity.DECIDE, span)
                break


def _partner_named(reading: Reading, sentence: Sentence, hit: Hit) -> tuple[int, int] | None:
    """The capitalised words after "in partnership with" or before "our partner", unless they are a public body's."""
    bodies = [body.start for body in sentence.of("public_body")]
    if not any(hit.start <= start <= hit.end + _NAME_REACH for start in bodies):
        after = _PARTNER_AFTER.match(reading.nfc, hit.end, sentence.span[1])
        if after:
            return after.span(1)
    if reading.plain.startswith(_SAID_AFTER_THE_NAME, hit.start):
        first = max(sentence.span[0], hit.start - _NAME_REACH)
        before = _PARTNER_BEFORE.search(reading.nfc, first, hit.start)
        if before and not any(before.start() <= start < before.end() for start in bodies):
            return before.span(1)
    return None


def medicines(reading: Reading, _context: Context) -> Iterator[Found]:
    """A prescription-only medicine and an invitation in one sentence are an advertisement (COM-04)."""
    for sentence in reading.sentences:
        if sentence.has("warning") or not sentence.has("invite"):
            continue
        for group, severity in (("medicine", Severity.BLOCK), ("medicine_class", Severity.DECIDE)):
            for hit in sentence.of(group)[:1]:
                invite = min(sentence.of("invite"), key=lambda i: abs(i.start - hit.start))
                span = min(hit.start, invite.start), max(hit.end, invite.end)
                yield Found("COM-POM", severity, span, "", {"variant": group.replace("_", "-")})


def accusations(reading: Reading, _context: Context) -> Iterator[Found]:
    """Wrong-doing said of a named person or body (LEG-01). Warnings of cheats in general accuse nobody."""
    for sentence in reading.sentences:
        if sentence.has("fraud_advice"):
            continue
        for hit in sentence.of("accusation")[:1]:
            named = _accused(reading, sentence, hit)
            if named:
                span = min(named[0], hit.start), max(named[1], hit.end)
                yield Found("LEG-DEFAM", Severity.BLOCK, span)


def _accused(reading: Reading, sentence: Sentence, accusation: Hit) -> tuple[int, int] | None:
    """Who is spoken of: a name or a body a little before the accusation, or within it."""
    first = max(sentence.span[0], accusation.start - _ACCUSED_REACH)
    name = _NAME.search(reading.nfc, first, accusation.end)
    if name:
        return name.span()
    bodies = sentence.of("company", "politician", "government")
    return next((hit.span for hit in bodies if first <= hit.start < accusation.start), None)


def tone(reading: Reading, _context: Context) -> Iterator[Found]:
    for sentence in reading.sentences:
        for hit in sentence.of("abuse")[:1]:
            yield Found("TONE", Severity.BLOCK, hit.span, "", {"variant": "abuse"})
        for hit in sentence.of("harsh")[:1]:
            yield Found("TONE", Severity.DECIDE, hit.span, "", {"variant": "harsh"})


def claims(reading: Reading, _context: Context) -> Iterator[Found]:
    """A claim of effect or performance needs a source and somebody clinical who owns it (FCT-02)."""
    sourced = any(s.has("source") for s in reading.sentences)
    for sentence in reading.sentences:
        hits = sentence.of("absolute_claim")
        if not hits and (_GUARANTEED.search(reading.plain, *sentence.span)):
            yield Found("FCT-CLAIM", Severity.DECIDE, sentence.span)
            return
        if not hits and _PERCENT.search(reading.plain, *sentence.span) and not _selling(reading, sentence):
            hits = sentence.of("effect")
        if hits and not sourced:
            yield Found("FCT-CLAIM", Severity.DECIDE, hits[0].span)


def legal(reading: Reading, _context: Context) -> Iterator[Found]:
    """Papers that are not public (LEG-08), courts (LEG-05), and harm that the patient must hear of first (INC-03)."""
    for sentence in reading.sentences:
        for hit in sentence.of("restricted")[:1]:
            yield Found("LEG-RESTRICTED", Severity.BLOCK, hit.span)
        for hit in () if sentence.has("generic") else sentence.of("court")[:1]:
            yield Found("LEG-COURT", Severity.DECIDE, hit.span)
        for hit in sentence.of("harm")[:1]:
            yield Found("INC-CANDOUR", Severity.DECIDE, hit.span)


RULES: tuple[Rule, ...] = (politics, endorsement, partners, medicines, accusations, tone, claims, legal)
