"""Dates that contradict themselves or are over, and links that hide where they lead (FCT-01, SEC-05)."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from approvals.checks.context import Context
from approvals.checks.reading import Found, Reading, Sentence, apply, readings, units
from approvals.content import LONDON, Content
from approvals.findings import Finding, Severity, Where
from approvals.rules import PACK
from i18n.facts import Fact

_HOST = re.compile(r"^(?:[a-z]+://)?(?:[^/@\s]*@)?([^/:?#\s]+)")
_LATIN = re.compile(r"^[a-z0-9.-]+$")
_YEARLESS_PAST = timedelta(days=45)
"""A deadline without a year that is so little past is this year's."""


def in_texts(content: Content, context: Context) -> Iterator[Finding]:
    for unit in units(content):
        yield from apply(weekdays, unit, context)
        yield from apply(links, unit, context)
    for language in ("cy", "en"):
        link = content.link.get("cy" if language == "cy" else "en")
        found = _link(link) if link else None
        if found:
            severity, variant = found
            yield Finding(
                "SEC-LINK",
                severity,
                "cy" if language == "cy" else "en",
                Where(f"/link/{language}", (0, len(link))),
                {"variant": variant},
            )


def past(content: Content, context: Context) -> Iterator[Finding]:
    """Dates already gone when the post goes out. Time changes the answer: asked again before sending.

    Where both texts have the date, both must call people to it: one that tells of it speaks for the other.
    """
    for unit in units(content):
        texts = dict(readings(unit, context))
        for finding in apply(_past, unit, context):
            other = texts.get("en" if finding.language == "cy" else "cy")
            if finding.language == "both" or other is None or not _dated(other, finding.params["date"], context):
                yield finding


def _dated(reading: Reading, day: str, context: Context) -> bool:
    fixed = (_fixed(fact, _day(context)) for fact in reading.facts if fact.kind == "date")
    return any(when is not None and when.isoformat() == day for when in fixed)


def _day(context: Context) -> date:
    return (context.publish_at or context.now).astimezone(LONDON).date()


def weekdays(reading: Reading, context: Context) -> Iterator[Found]:
    """A weekday that is not the date's. Without a year, the date nearest to publishing is meant."""
    if not reading.digits:
        return
    for fact in reading.facts:
        if fact.kind != "date" or fact.weekday is None:
            continue
        when = _when(fact, _day(context))
        if when is not None and when.weekday() != fact.weekday:
            params = {"variant": "weekday", "date": when.isoformat(), "weekday": when.weekday()}
            yield Found("FCT-DATE", Severity.DECIDE, fact.span, f"{fact.weekday} {when}", params)


def _when(fact: Fact, near: date) -> date | None:
    """The calendar day of a date; `None` for one that is none, as 31 June is."""
    if not fact.day or not fact.month:
        return None
    if fact.year:
        return _date(fact.year, fact.month, fact.day)
    choices = [d for year in (near.year - 1, near.year, near.year + 1) if (d := _date(year, fact.month, fact.day))]
    return min(choices, key=lambda d: abs((d - near).days + (0 if d >= near else -120)), default=None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _past(reading: Reading, context: Context) -> Iterator[Found]:
    if not reading.digits:
        return
    today = _day(context)
    dated = [(fact, when) for fact in reading.facts if fact.kind == "date" and (when := _fixed(fact, today))]
    for fact, when in dated:
        sentence = reading.sentence_at(fact.span[0])
        later = any(w >= today for f, w in dated if sentence.span[0] <= f.span[0] < sentence.span[1])
        if when < today and not later and _meant_ahead(sentence, fact, today - when):
            yield Found(
                "FCT-DATE", Severity.DECIDE, fact.span, when.isoformat(), {"variant": "past", "date": when.isoformat()}
            )


def _fixed(fact: Fact, today: date) -> date | None:
    """The day meant: with a year as it stands, without one only where it has just gone by."""
    if not fact.day or not fact.month:
        return None
    if fact.year:
        return _date(fact.year, fact.month, fact.day)
    this_year = _date(today.year, fact.month, fact.day)
    return this_year if this_year and (this_year >= today or today - this_year <= _YEARLESS_PAST) else None


def _meant_ahead(sentence: Sentence, fact: Fact, gone: timedelta) -> bool:
    """The sentence calls people to that day rather than telling of it."""
    if gone > timedelta(days=PACK.figures.past_days) or sentence.has("born", "history"):
        return False
    return sentence.has("call") or (fact.weekday is not None and fact.year is not None)


def links(reading: Reading, _context: Context) -> Iterator[Found]:
    for kind, span in reading.contacts:
        if kind == "link":
            found = _link(reading.plain[slice(*span)])
            if found:
                yield Found("SEC-LINK", found[0], span, reading.plain[slice(*span)], {"variant": found[1]})


def _link(link: str) -> tuple[Severity, str] | None:
    """What is wrong with where a link leads, worst first."""
    match = _HOST.match(link.strip().lower())
    host = (match[1] if match else "").removeprefix("www.").rstrip(".,;)")
    if "xn--" in host or not _LATIN.match(host or "a"):
        return Severity.BLOCK, "punycode"
    if host in PACK.lists.shorteners:
        return Severity.DECIDE, "shortener"
    if re.fullmatch(r"[\d.]+", host):
        return Severity.DECIDE, "address"
    return (Severity.ADVISE, "http") if link.strip().lower().startswith("http://") else None
