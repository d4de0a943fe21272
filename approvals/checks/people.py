"""Everybody shown, named or described is accounted for, and a consent covers this use today.

Source: IDP-01 to IDP-03, IDP-07 to IDP-10, IDP-16, section 3 of requirements.md.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from approvals.checks import boxes
from approvals.checks.context import Context
from approvals.checks.names import accounted
from approvals.checks.reading import read
from approvals.consent import PATIENTS, Consent, Covered, Refusal, Use, birthday, covers, ends
from approvals.content import LONDON, Content, Media, Named, Shown
from approvals.findings import Finding, FindingLanguage, Severity, Where
from approvals.rules import PACK
from connectors.contract import Language

_ASKED = frozenset({"purpose-unsaid"})
"""A post that states no purpose may serve one that was agreed to: somebody says so."""
_BY_OTHERS = frozenset({"attorney", "deputy", "best-interests", "next-of-kin", "local-authority"})


def named(content: Content, _context: Context) -> Iterator[Finding]:
    """Each declared person has a consent, or a reason, or is a colleague to be asked about (IDP-03)."""
    for i, person in enumerate(content.people):
        where = _where_named(content, person.name, f"/people/{i}")
        if person.consent:
            continue
        if person.not_identifiable:
            yield Finding("IMG-DISMISSED", Severity.DECIDE, "both", where, {"variant": "described"})
        elif person.category in {"staff", "volunteer", "partner"}:
            yield Finding("PID-NAME-STAFF", Severity.DECIDE, _language(where), where, {"variant": "declared"})
        else:
            yield Finding("CON-MISSING", Severity.BLOCK, _language(where), where, {"variant": "named"})


def _where_named(content: Content, name: str, pointer: str) -> Where:
    """The name in the words, Welsh with English beside it; else the place of the declaration."""
    found = [where for where in (_in_text(content, name, "cy"), _in_text(content, name, "en")) if where]
    if not found:
        return Where(pointer)
    return Where(found[0].pointer, found[0].span, found[1]) if len(found) > 1 else found[0]


def _in_text(content: Content, name: str, language: Language) -> Where | None:
    words = name.split()
    if not words:
        return None
    text = read(content.text.get(language), language).nfc
    for wanted in dict.fromkeys((name.strip(), f"{words[0]} {words[-1]}", words[-1], words[0])):
        match = re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text, re.IGNORECASE)
        if match:
            return Where(f"/text/{language}", match.span())
    return None


def _language(where: Where) -> FindingLanguage:
    if where.twin is not None or where.span is None:
        return "both"
    return "cy" if where.pointer.endswith("/cy") else "en"


def shown(content: Content, context: Context) -> Iterator[Finding]:
    """Every proposed or drawn region and every declared person of each picture ends in exactly one answer."""
    for i, media in enumerate(content.media):
        yield from _declaration(i, media)
        yield from _answers(i, media)
        yield from boxes.regions(i, media, context.pictures.get(media.upload or media.file or ""))
        yield from _others(i, media, content)


def _declaration(i: int, media: Media) -> Iterator[Finding]:
    where = Where(f"/media/{i}/people")
    if media.nobody and media.people:
        yield Finding("IMG-PEOPLE", Severity.BLOCK, "both", where, {"variant": "contradiction"})
    if not media.nobody and not media.people:
        yield Finding("IMG-PEOPLE", Severity.BLOCK, "both", where, {"variant": "unanswered"})


def _answers(i: int, media: Media) -> Iterator[Finding]:
    for j, person in enumerate(media.people or ()):
        where = Where(f"/media/{i}/people/{j}")
        if not person.answers:
            yield Finding("CON-MISSING", Severity.BLOCK, "both", where, {"variant": "shown"})
        elif person.answers > 1:
            yield Finding("IMG-PEOPLE", Severity.BLOCK, "both", where, {"variant": "several-answers"})
        elif person.patient and person.not_identifiable:
            yield Finding("IMG-PATIENT", Severity.BLOCK, "both", where)
        elif person.not_identifiable or person.not_a_person:
            variant = "not-identifiable" if person.not_identifiable else "not-a-person"
            yield Finding("IMG-DISMISSED", Severity.DECIDE, "both", where, {"variant": variant})


def _others(i: int, media: Media, content: Content) -> Iterator[Finding]:
    """Those recognisable other than by face need as many answers without a box, or named people with consent."""
    answers = sum(person.box is None and person.answers == 1 for person in media.people or ())
    named_people = sum(bool(person.consent) for person in content.people)
    if media.others > answers + named_people:
        params = {"variant": "others", "n": media.others, "answered": answers + named_people}
        yield Finding("IMG-PEOPLE", Severity.BLOCK, "both", Where(f"/media/{i}/others"), params)


def consents(content: Content, context: Context) -> Iterator[Finding]:
    """Each use of each person, on each channel, on the day of publishing. Source: CON-01 to CON-19."""
    on = (context.publish_at or context.now).astimezone(LONDON).date()
    for i, media in enumerate(content.media):
        for j, person in enumerate(media.people or ()):
            if person.consent:
                where = Where(f"/media/{i}/people/{j}")
                yield from _judged(person.consent, {"image"}, where, content, context, on, person)
    declared = {person.name.strip(): (f"/people/{i}", person) for i, person in enumerate(content.people)}
    for name, ref in accounted(content, context).items():
        pointer, named_person = declared.get(name, ("", None))
        where = _where_named(content, name, pointer)
        if ref and where != Where(""):
            yield from _judged(ref, _told(content, name, where, named_person), where, content, context, on, None)


def _told(content: Content, name: str, where: Where, person: Named | None) -> set[Covered]:
    """What of a named person is used: the name, or the first name, or only the story; their illness by itself."""
    if where.span is None:
        return {"story"}
    words = name.split()
    spoken = " ".join(text for _, _, text in content.texts()).lower()
    full = len(words) == 1 or words[-1].lower() in spoken
    kinds: set[Covered] = {"name" if full else "first-name"}
    if _condition(content, where) and (person is None or person.category not in {"staff", "volunteer", "partner"}):
        kinds.add("condition")
    return kinds


def _condition(content: Content, where: Where) -> bool:
    """The sentence with the name tells of an illness: a photo's consent does not carry it (CON-19)."""
    for place in filter(None, (where, where.twin)):
        language: Language = "cy" if place.pointer.endswith("/cy") else "en"
        if place.span:
            sentence = read(content.text.get(language), language).sentence_at(place.span[0])
            if sentence.has("condition", "rare", "protected") and not sentence.has("staff"):
                return True
    return False


def _judged(
    ref: str, kinds: Iterable[Covered], where: Where, content: Content, context: Context, on: date, person: Shown | None
) -> Iterator[Finding]:
    consent = context.consents.get(ref)
    language = _language(where)
    if consent is None:
        yield Finding("CON-MISSING", Severity.BLOCK, language, where, {"variant": "unknown", "ref": ref})
        return
    uses = (
        Use(kind, channel, content.purpose, content.campaign, content.partners, content.paid)
        for kind in sorted(kinds)
        for channel in [name for name in content.channels if name in context.channels] or [""]
    )
    refusals = dict.fromkeys(r for use in uses for r in _covered(consent, use, on))
    for refusal in refusals:
        params = {"variant": refusal.reason, "value": refusal.value, "ref": ref}
        severity = Severity.DECIDE if refusal.reason in _ASKED else Severity.BLOCK
        yield Finding(refusal.code, severity, language, where, params)
    yield from _policy(consent, where, context, person)
    yield from _questions(consent, where, on)


def _covered(consent: Consent, use: Use, on: date) -> tuple[Refusal, ...]:
    """An unknown channel is no reason against the consent."""
    return tuple(r for r in covers(consent, use, on) if not (r.reason == "channel" and not use.channel))


def _policy(consent: Consent, where: Where, context: Context, person: Shown | None) -> Iterator[Finding]:
    if context.never_patients and consent.category in PATIENTS and person is not None:
        yield Finding("CON-SCOPE", Severity.BLOCK, "both", where, {"variant": "never-patients", "ref": consent.ref})
    if person is not None and person.patient and consent.category not in PATIENTS:
        yield Finding("CON-SCOPE", Severity.BLOCK, "both", where, {"variant": "category", "ref": consent.ref})


def _questions(consent: Consent, where: Where, on: date) -> Iterator[Finding]:
    """What the privacy step looks at though the consent covers the use."""
    asked = {
        "authority": consent.authority in _BY_OTHERS,
        "young": consent.born is not None and birthday(consent.born, 16) <= on < birthday(consent.born, 18),
        "deceased": consent.deceased is not None,
        "sensitive-date": any((day.month, day.day) == (on.month, on.day) for day in consent.sensitive_dates),
        "capture-only": consent.captured is not None and consent.publication_approved is None,
        "clinician": consent.treating_clinician,
    }
    for variant in (variant for variant, applies in asked.items() if applies):
        yield Finding("CON-REVIEW", Severity.DECIDE, "both", where, {"variant": variant, "ref": consent.ref})
    if consent.review is not None and consent.review <= on:
        params = {"variant": "review-due", "ref": consent.ref, "value": consent.review.isoformat()}
        yield Finding("CON-REVIEW", Severity.ADVISE, "both", where, params)
    end = ends(consent)
    if timedelta(0) < end - on <= timedelta(days=PACK.figures.expiry_warning_days) and consent.withdrawn is None:
        params = {"variant": "expiring", "ref": consent.ref, "value": end.isoformat()}
        yield Finding("CON-REVIEW", Severity.ADVISE, "both", where, params)
