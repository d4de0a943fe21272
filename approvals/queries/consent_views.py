"""Consents as people read them: status and scope for most, the whole record for those who keep it (CON-14)."""

import re
from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions.consenting import masked
from approvals.consent import Consent, Status, status
from approvals.errors import NotFound
from approvals.permissions import Actor, Permission, Reach
from approvals.queries.reach import PersonRef, within_reach


class ConsentView(Struct, frozen=True):
    """`consent` is masked for whoever may see status and scope only."""

    id: UUID
    consent: Consent
    status: Status
    """On the day that was asked about, or as far as events tell where none was."""
    verified: bool
    withdrawn_at: datetime | None
    withdrawal_reason: str | None
    expires: date
    """When it ends by itself: as signed, or on a child's 16th birthday."""
    recorded_by: PersonRef
    created_at: datetime
    has_evidence: bool
    has_contact: bool
    uses: int
    """Submitted posts that rely on it."""


class ConsentUseView(Struct, frozen=True):
    post: UUID
    version: int
    submitted_at: datetime


_WILD = re.compile(r"[\\%_]")


class ConsentFilter(Struct, frozen=True):
    verified: bool | None = None
    withdrawn: bool | None = None
    expires_before: date | None = None


def _reach(actor: Actor) -> ColumnElement[bool]:
    """Own consents are those the actor recorded, and those that posts of their teams rely on."""
    own = m.ConsentRecord.organisation_id == actor.organisation
    reach = actor.reach(Permission.CONSENT_STATUS)
    if reach is Reach.ALL:
        return own
    if reach is None:
        return false()
    relied_on = (
        select(m.ConsentUse.consent_id)
        .join(m.Version, m.Version.id == m.ConsentUse.version_id)
        .join(m.Post, m.Post.id == m.Version.post_id)
        .where(m.Post.team_id.in_(actor.teams))
    )
    return and_(own, or_(m.ConsentRecord.created_by == actor.person, m.ConsentRecord.id.in_(relied_on)))


async def consents(
    session: AsyncSession,
    actor: Actor,
    wanted: ConsentFilter,
    *,
    after: UUID | None = None,
    limit: int = 50,
    on: date | None = None,
) -> list[ConsentView]:
    verified, withdrawn = m.ConsentRecord.verified_by.is_not(None), m.ConsentRecord.withdrawn_at.is_not(None)
    return await _views(
        session,
        actor,
        limit,
        on,
        true() if wanted.verified is None else verified == wanted.verified,
        true() if wanted.withdrawn is None else withdrawn == wanted.withdrawn,
        m.ConsentRecord.expires < wanted.expires_before if wanted.expires_before else true(),
        m.ConsentRecord.id < after if after else true(),
    )


async def consent(session: AsyncSession, actor: Actor, ref: str, *, on: date | None = None) -> ConsentView:
    """Raises `NotFound`, also for a consent beyond the actor's reach: a reference alone tells nothing."""
    found = await _views(session, actor, 1, on, m.ConsentRecord.ref == ref)
    if not found:
        raise NotFound("no-such-consent")
    return found[0]


async def consents_found(
    session: AsyncSession, actor: Actor, words: str, *, limit: int = 20, on: date | None = None
) -> list[ConsentView]:
    """Consents by a part of their reference; for whoever sees whole records, by who signed as well (CON-14).

    Accents and capitals do not matter. Nothing is found by fewer than two characters.
    """
    sought = words.strip()
    if len(sought) < 2:  # noqa: PLR2004  # one letter would list everybody
        return []
    like = func.plain_words("%" + _WILD.sub(r"\\\g<0>", sought) + "%")
    matches: ColumnElement[bool] = func.plain_words(m.ConsentRecord.ref).like(like)
    if actor.reach(Permission.CONSENT_EVIDENCE) is Reach.ALL:
        matches = or_(matches, func.plain_words(m.ConsentRecord.record["signatory"].astext).like(like))
    return await _views(session, actor, limit, on, matches)


async def _views(
    session: AsyncSession, actor: Actor, limit: int, on: date | None, *conditions: ColumnElement[bool]
) -> list[ConsentView]:
    uses = (
        select(func.count())
        .where(m.ConsentUse.consent_id == m.ConsentRecord.id)
        .correlate(m.ConsentRecord)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(m.ConsentRecord, m.Person.id, m.Person.name, uses)
        .join(m.Person, m.Person.id == m.ConsentRecord.created_by)
        .where(_reach(actor), *conditions)
        .order_by(m.ConsentRecord.id.desc())
        .limit(limit)
    )
    return [_view(actor, found, on, PersonRef(person, name), used) for found, person, name, used in rows]


def _view(actor: Actor, found: m.ConsentRecord, on: date | None, by: PersonRef, uses: int) -> ConsentView:
    whole = found.consent()
    shown = masked(actor, whole)
    all_of_it = actor.reach(Permission.CONSENT_EVIDENCE) is Reach.ALL
    return ConsentView(
        id=found.id, consent=msgspec.structs.replace(shown, evidence=None),
        status=status(whole, on or date.min), verified=found.verified_by is not None,
        withdrawn_at=found.withdrawn_at, withdrawal_reason=found.withdrawal_reason if all_of_it else None,
        expires=found.expires, recorded_by=by, created_at=found.created_at,
        has_evidence=bool(whole.evidence), has_contact=found.contact is not None, uses=uses,
    )  # fmt: skip


async def consent_uses(session: AsyncSession, actor: Actor, ref: str) -> list[ConsentUseView]:
    """Submitted versions that rely on a consent, as far as the actor may read their posts."""
    found = await consent(session, actor, ref)
    rows = await session.execute(
        select(m.Post.id, m.Version.number, m.Submission.submitted_at)
        .join(m.Version, m.Version.post_id == m.Post.id)
        .join(m.Submission, m.Submission.version_id == m.Version.id)
        .join(m.ConsentUse, m.ConsentUse.version_id == m.Version.id)
        .where(m.ConsentUse.consent_id == found.id, within_reach(actor, Permission.POST_READ))
        .order_by(m.Version.id.desc())
    )
    return [ConsentUseView(post, number, at) for post, number, at in rows]
