"""Consents: recording, verifying, withdrawing. Withdrawal is an event that everything relying on it obeys."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from approvals import models as m
from approvals import quality_log
from approvals.actions.scheduling import mark_for_takedown
from approvals.consent import Consent
from approvals.errors import Invalid, NotFound, WrongState
from approvals.permissions import Actor, Permission, Reach

Sealing = Callable[[UUID], bytes]


class Withdrawal(Struct, frozen=True):
    """What a withdrawal set in motion."""

    held: int
    """Deliveries that will not go out."""
    takedowns: int
    """Posts that are, or may be, public and will be removed."""


async def record(
    session: AsyncSession, actor: Actor, consent: Consent, *, contact: Sealing | None = None, now: datetime
) -> m.ConsentRecord:
    """Keep a signed consent. The custodian's own are verified; another's wait for the custodian.

    `contact` seals how to reach the person for the new record's id.
    """
    actor.require(Permission.CONSENT_REQUEST, author=actor.person)
    _plausible(consent)
    custodian = actor.may(Permission.CONSENT_DECIDE)
    kept = msgspec.structs.replace(consent, withdrawn=None, verified=custodian, evidence=None)
    new_id = uuid7()
    made = m.ConsentRecord(
        id=new_id, organisation_id=actor.organisation, ref=consent.ref, expires=consent.expires,
        record=msgspec.to_builtins(kept), contact=contact(new_id) if contact else None,
        verified_by=actor.person if custodian else None, created_by=actor.person, created_at=now,
    )  # fmt: skip
    try:
        async with session.begin_nested():
            session.add(made)
    except IntegrityError as error:
        raise Invalid("consent-ref-taken", "/ref", ref=consent.ref) from error
    await quality_log.append(
        session, actor.organisation, "consent-recorded",
        {"consent": str(made.id), "ref": consent.ref, "verified": custodian},
        now=now, actor=actor.person, retention="consents",
    )  # fmt: skip
    return made


def _plausible(consent: Consent) -> None:
    if not consent.ref.strip():
        raise Invalid("consent-needs-ref", "/ref")
    if not consent.signatory.strip():
        raise Invalid("consent-needs-signatory", "/signatory")
    if not consent.covers:
        raise Invalid("consent-covers-nothing", "/covers")
    if not consent.channels:
        raise Invalid("consent-needs-channels", "/channels")
    if consent.expires <= consent.starts:
        raise Invalid("consent-dates", "/expires", starts=consent.starts.isoformat())


async def verify(session: AsyncSession, actor: Actor, ref: str, *, now: datetime) -> m.ConsentRecord:
    """The custodian has seen the signed form."""
    actor.require(Permission.CONSENT_DECIDE)
    found = await _locked(session, actor, ref)
    if found.verified_by is not None:
        raise WrongState("consent-verified")
    found.verified_by = actor.person
    await quality_log.append(
        session, actor.organisation, "consent-verified", {"consent": str(found.id), "ref": ref},
        now=now, actor=actor.person, retention="consents",
    )  # fmt: skip
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


async def _log(session: AsyncSession, actor: Actor, found: m.ConsentRecord, kind: str, now: datetime) -> None:
    await quality_log.append(
        session, actor.organisation, kind, {"consent": str(found.id), "ref": found.ref},
        now=now, actor=actor.person, retention="consents",
    )  # fmt: skip


async def withdraw(session: AsyncSession, actor: Actor, ref: str, reason: str, *, now: datetime) -> Withdrawal:
    """In one transaction: the consent ends, whatever is due is held, whatever is public is marked for takedown.

    What is just being sent is marked too; settling honours it (house.md, lock order). Source: CON-06.
    """
    actor.require(Permission.CONSENT_DECIDE)
    found = await _locked(session, actor, ref)
    if found.withdrawn_at is not None:
        raise WrongState("consent-withdrawn")
    found.withdrawn_at, found.withdrawn_by, found.withdrawal_reason = now, actor.person, reason
    deliveries = await _relying(session, found.id)
    before = sum(d.state == "held" for d in deliveries)
    takedowns = mark_for_takedown(deliveries, "CON-WITHDRAWN", now)
    held = sum(d.state == "held" for d in deliveries) - before
    await quality_log.append(
        session, actor.organisation, "consent-withdrawn",
        {"consent": str(found.id), "ref": ref, "held": held, "takedowns": takedowns},
        now=now, actor=actor.person, retention="consents",
    )  # fmt: skip
    return Withdrawal(held, takedowns)


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


async def _relying(session: AsyncSession, consent: UUID) -> list[m.Delivery]:
    rows = await session.scalars(
        select(m.Delivery)
        .where(m.Delivery.version_id.in_(select(m.ConsentUse.version_id).where(m.ConsentUse.consent_id == consent)))
        .order_by(m.Delivery.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(rows)


def masked(actor: Actor, consent: Consent) -> Consent:
    """What others than the custodian and the information-governance lead may see: status and scope (CON-14)."""
    if actor.reach(Permission.CONSENT_EVIDENCE) is Reach.ALL:
        return consent
    return msgspec.structs.replace(
        consent, signatory="", relationship=None, authority_basis=None, capacity=None, born=None, child_view=None,
        explained_by=None, evidence=None,
    )  # fmt: skip
