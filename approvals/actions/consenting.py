"""Consents: recorded, verified, and ended. An end is an event that everything relying on the consent obeys.

A withdrawal holds what is due and removes what is public. What ends otherwise (a leaver, a dispute, a newer record,
the expiry, a 16th birthday) holds what is due and names the public posts that somebody should look at.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from approvals import models as m
from approvals import quality_log
from approvals.actions import correcting
from approvals.actions.scheduling import mark_for_takedown
from approvals.consent import Consent, ends, scope
from approvals.content import LONDON
from approvals.errors import Invalid, NotFound, WrongState
from approvals.permissions import Actor, Permission, Reach

Sealing = Callable[[UUID], bytes]
_REF = re.compile(r"\w[^/?#\\\x00-\x1f]{0,99}")
"""What stands in an address and on paper alike."""


class Withdrawal(Struct, frozen=True):
    """What a withdrawal set in motion."""

    held: int
    """Deliveries that will not go out."""
    takedowns: int
    """Posts that are, or may be, public and will be removed."""


class Ended(Struct, frozen=True):
    """What another end than a withdrawal set in motion."""

    held: int
    """Deliveries that will not go out."""
    review: tuple[UUID, ...]
    """Posts that are, or may be, public: the consent covers no new use, and somebody decides about these."""


async def record(
    session: AsyncSession,
    actor: Actor,
    consent: Consent,
    *,
    contact: Sealing | None = None,
    seen: bool = True,
    now: datetime,
) -> m.ConsentRecord:
    """Keep a signed consent. The custodian's own are verified; another's wait for the custodian.

    `seen`: whoever records it has the signed form before them. `contact` seals how to reach the person for the new
    record's id.
    """
    actor.require(Permission.CONSENT_REQUEST, author=actor.person)
    _plausible(consent)
    custodian = seen and actor.may(Permission.CONSENT_DECIDE)
    asked = await _asked(session, actor, consent.ref)
    kept = msgspec.structs.replace(
        consent, withdrawn=None, verified=False, evidence=None, basis_decision=None, leaver=False, disputed=False,
        superseded=None, wording=consent.wording or (asked and str(asked.asked.get("wording"))),
    )  # fmt: skip
    new_id = uuid7()
    made = m.ConsentRecord(
        id=new_id, organisation_id=actor.organisation, ref=consent.ref, expires=ends(consent),
        record=msgspec.to_builtins(kept), contact=contact(new_id) if contact else None,
        verified_by=actor.person if custodian else None, created_by=actor.person, created_at=now,
    )  # fmt: skip
    try:
        async with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        raise Invalid("consent-ref-taken", "/ref", ref=consent.ref) from error
    if asked is not None:
        asked.consent_id = new_id
    await quality_log.append(
        session, actor.organisation, "consent-recorded",
        {"consent": str(made.id), "ref": consent.ref, "verified": custodian},
        now=now, actor=actor.person, retention="consents",
    )  # fmt: skip
    return made


async def _asked(session: AsyncSession, actor: Actor, ref: str) -> m.ConsentRequest | None:
    """The request whose letter carried this reference, if one did."""
    return await session.scalar(
        select(m.ConsentRequest).where(
            m.ConsentRequest.organisation_id == actor.organisation, m.ConsentRequest.ref == ref
        )
    )


def _plausible(consent: Consent) -> None:
    if not _REF.fullmatch(consent.ref):
        raise Invalid("consent-needs-ref", "/ref")
    if b"\\u0000" in msgspec.json.encode(consent):  # no text of PostgreSQL holds it
        raise Invalid("consent-characters", "/")
    if not consent.signatory.strip():
        raise Invalid("consent-needs-signatory", "/signatory")
    if not consent.covers:
        raise Invalid("consent-covers-nothing", "/covers")
    if not consent.channels:
        raise Invalid("consent-needs-channels", "/channels")
    if consent.expires <= consent.starts:
        raise Invalid("consent-dates", "/expires", starts=consent.starts.isoformat())
    if consent.born is not None and consent.born >= consent.starts:
        raise Invalid("consent-born", "/born", starts=consent.starts.isoformat())


async def verify(session: AsyncSession, actor: Actor, ref: str, *, now: datetime) -> m.ConsentRecord:
    """The custodian has seen the signed form."""
    actor.require(Permission.CONSENT_DECIDE)
    found = await _locked(session, actor, ref)
    if found.verified_by is not None:
        raise WrongState("consent-verified")
    found.verified_by = actor.person
    await _log(session, actor, found, "consent-verified", now)
    return found


async def decide_basis(session: AsyncSession, actor: Actor, ref: str, reason: str, *, now: datetime) -> m.ConsentRecord:
    """The information-governance lead decides that another basis than consent carries the use (CON-11)."""
    actor.require(Permission.SIGN_PRIVACY)
    _reasoned(reason)
    found = await _locked(session, actor, ref)
    if found.consent().lawful_basis == "consent":
        raise WrongState("consent-basis")
    found.record = {**found.record, "basis_decision": reason}
    await _log(session, actor, found, "consent-basis-decided", now, reason=reason)
    return found


async def attach_evidence(
    session: AsyncSession, actor: Actor, ref: str, name: str, *, now: datetime
) -> m.ConsentRecord:
    """The signed form lies encrypted under `name`; an earlier one is no longer referred to."""
    found = await _locked(session, actor, ref)
    actor.require(Permission.CONSENT_REQUEST, author=found.created_by)
    if found.withdrawn_at is not None:
        raise WrongState("consent-withdrawn")
    found.record = {**found.record, "evidence": name}
    await _log(session, actor, found, "evidence-added", now)
    return found


async def view_evidence(session: AsyncSession, actor: Actor, ref: str, *, now: datetime) -> str:
    """The name under which the signed form lies. Every look is logged before it is given (CON-14)."""
    actor.require(Permission.CONSENT_EVIDENCE)
    found = await _locked(session, actor, ref)
    if not found.record.get("evidence"):
        raise NotFound("no-such-evidence")
    await _log(session, actor, found, "evidence-viewed", now)
    return str(found.record["evidence"])


async def view_contact(session: AsyncSession, actor: Actor, ref: str, *, now: datetime) -> m.ConsentRecord:
    """The record with its sealed contact, for the custodian alone; logged (CON-14)."""
    actor.require(Permission.CONSENT_DECIDE)
    found = await _locked(session, actor, ref)
    if found.contact is None:
        raise NotFound("no-such-contact")
    await _log(session, actor, found, "contact-viewed", now)
    return found


async def _log(
    session: AsyncSession, actor: Actor | None, found: m.ConsentRecord, kind: str, now: datetime, **more: Any
) -> None:
    await quality_log.append(
        session, found.organisation_id, kind, {"consent": str(found.id), "ref": found.ref, **more},
        now=now, actor=actor.person if actor else None, retention="consents",
    )  # fmt: skip


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise Invalid("reason-needed", "/reason")


async def withdraw(session: AsyncSession, actor: Actor, ref: str, reason: str, *, now: datetime) -> Withdrawal:
    """In one transaction: the consent ends, whatever is due is held, whatever is public is marked for takedown.

    What is just being sent is marked too; settling honours it (house.md, lock order). Source: CON-06.
    """
    actor.require(Permission.CONSENT_DECIDE)
    found = await _locked(session, actor, ref)
    if found.withdrawn_at is not None:
        raise WrongState("consent-withdrawn")
    found.withdrawn_at, found.withdrawn_by, found.withdrawal_reason = now, actor.person, reason
    relying = await correcting.same_post(session, _relies_on(found.id))
    before = sum(d.state == "held" for d in relying.own)
    takedowns = mark_for_takedown(relying, "CON-WITHDRAWN", now)
    held = sum(d.state == "held" for d in relying.own) - before
    await _log(session, actor, found, "consent-withdrawn", now, held=held, takedowns=takedowns)
    return Withdrawal(held, takedowns)


async def left(session: AsyncSession, actor: Actor, ref: str, reason: str, *, now: datetime) -> Ended:
    """The person no longer works here: no new use of their picture or name (CON-12)."""
    _reasoned(reason)
    found = await _standing(session, actor, ref)
    if found.left_at is not None:
        raise WrongState("consent-left")
    found.left_at = now
    return await _end(session, actor, found, "consent-left", now, reason=reason)


async def dispute(session: AsyncSession, actor: Actor, ref: str, reason: str, *, now: datetime) -> Ended:
    """Somebody says that it was not given, or not so. It covers nothing until `settle`, or ends by `withdraw`."""
    _reasoned(reason)
    found = await _standing(session, actor, ref)
    if found.disputed_at is not None:
        raise WrongState("consent-disputed")
    found.disputed_at = now
    return await _end(session, actor, found, "consent-disputed", now, code="CON-MISSING", reason=reason)


async def settle(session: AsyncSession, actor: Actor, ref: str, reason: str, *, now: datetime) -> m.ConsentRecord:
    """The dispute is over and the consent stands. What was held stays held until somebody releases it."""
    _reasoned(reason)
    found = await _standing(session, actor, ref)
    if found.disputed_at is None:
        raise WrongState("consent-undisputed")
    found.disputed_at = None
    await _log(session, actor, found, "consent-settled", now, reason=reason)
    return found


async def supersede(session: AsyncSession, actor: Actor, ref: str, by: str, *, now: datetime) -> Ended:
    """The newer record `by` of the same person holds from now on; posts that use it refer to it."""
    records = {ref: None, by: None} | {row.ref: row for row in await _both(session, actor, ref, by)}
    old, new = records[ref], records[by]
    if old is None or new is None:
        raise NotFound("no-such-consent")
    _require_standing(actor, old)
    if ref == by or new.verified_by is None or new.withdrawn_at or new.superseded_by or old.superseded_by:
        raise WrongState("consent-not-newer")
    old.superseded_by = by
    return await _end(session, actor, old, "consent-superseded", now, by=by)


async def ending(session: AsyncSession, now: datetime, most: int = 500) -> list[UUID]:
    """Consents that have ended by themselves and whose end nobody has noticed yet."""
    rows = await session.scalars(
        select(m.ConsentRecord.id)
        .where(
            m.ConsentRecord.lapsed_at.is_(None),
            m.ConsentRecord.withdrawn_at.is_(None),
            m.ConsentRecord.expires <= _day(now),
        )
        .order_by(m.ConsentRecord.expires)
        .limit(most)
    )
    return list(rows)


async def lapse(session: AsyncSession, consent: UUID, *, now: datetime) -> Ended | None:
    """Its expiry or a 16th birthday has come: hold what is due. `None` where that was done, or it was withdrawn."""
    found = await session.get_one(m.ConsentRecord, consent, with_for_update=True, populate_existing=True)
    if found.lapsed_at is not None or found.withdrawn_at is not None:
        return None
    found.lapsed_at = now
    reason = "sixteen" if found.expires < found.consent().expires else "expired"
    code = "CON-PR" if reason == "sixteen" else "CON-SCOPE"
    return await _end(session, None, found, "consent-lapsed", now, code=code, reason=reason)


async def _end(
    session: AsyncSession,
    actor: Actor | None,
    found: m.ConsentRecord,
    kind: str,
    now: datetime,
    *,
    code: str = "CON-SCOPE",
    **more: str,
) -> Ended:
    """Hold what is due and name what is public, in the transaction that ends the consent. Source: CON-12, CON-15."""
    deliveries = await _relying(session, found.id)
    due = [delivery for delivery in deliveries if delivery.state == "due"]
    for delivery in due:
        delivery.state, delivery.code = "held", code
    review = tuple(sorted({d.post_id for d in deliveries if d.state in {"sending", "unconfirmed", "published"}}))
    await _log(session, actor, found, kind, now, held=len(due), review=[str(post) for post in review], **more)
    return Ended(len(due), review)


def _day(now: datetime) -> date:
    return now.astimezone(LONDON).date()


async def _standing(session: AsyncSession, actor: Actor, ref: str) -> m.ConsentRecord:
    """The record, locked, for the custodian to end; a withdrawal is final."""
    found = await _locked(session, actor, ref)
    _require_standing(actor, found)
    return found


def _require_standing(actor: Actor, found: m.ConsentRecord) -> None:
    actor.require(Permission.CONSENT_DECIDE)
    if found.withdrawn_at is not None:
        raise WrongState("consent-withdrawn")


async def _both(session: AsyncSession, actor: Actor, *refs: str) -> list[m.ConsentRecord]:
    rows = await session.scalars(
        select(m.ConsentRecord)
        .where(m.ConsentRecord.organisation_id == actor.organisation, m.ConsentRecord.ref.in_(refs))
        .order_by(m.ConsentRecord.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def _locked(session: AsyncSession, actor: Actor, ref: str) -> m.ConsentRecord:
    found = await session.scalar(
        select(m.ConsentRecord)
        .where(m.ConsentRecord.organisation_id == actor.organisation, m.ConsentRecord.ref == ref)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("no-such-consent")
    return found


def _relies_on(consent: UUID) -> ColumnElement[bool]:
    return m.Delivery.version_id.in_(select(m.ConsentUse.version_id).where(m.ConsentUse.consent_id == consent))


async def _relying(session: AsyncSession, consent: UUID) -> list[m.Delivery]:
    rows = await session.scalars(
        select(m.Delivery)
        .where(_relies_on(consent))
        .order_by(m.Delivery.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)


def masked(actor: Actor, consent: Consent) -> Consent:
    """What others than the custodian and the information-governance lead may see: status and scope (CON-14)."""
    if actor.reach(Permission.CONSENT_EVIDENCE) is Reach.ALL:
        return consent
    return scope(consent)
