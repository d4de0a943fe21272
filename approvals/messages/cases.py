"""What is known about the subject of a message, as it stands now: what the table asks about it."""

from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.actions import posts
from approvals.content import Content
from approvals.findings import Finding
from approvals.route import Outstanding, decode, outstanding

About = Literal["post", "delivery", "account", "consent", "organisation"]


class PostCase(NamedTuple):
    post: m.Post
    content: Content
    team: str
    authors: frozenset[UUID]
    """Everybody who wrote or edited any version; the database's four eyes count them so too."""
    line_manager: UUID | None
    outstanding: tuple[Outstanding, ...]
    """Of the newest version while it is in review."""
    signed_by: frozenset[UUID]
    deliveries: tuple[m.Delivery, ...]
    """Of the newest version, without those that were cancelled."""

    @property
    def next_step(self) -> str | None:
        return self.outstanding[0].step if self.outstanding else None


class Case(NamedTuple):
    """Filled as far as the subject goes: a delivery has its post and account too."""

    organisation: m.Organisation
    of: PostCase | None = None
    delivery: m.Delivery | None = None
    first: m.Delivery | None = None
    """The Welsh half that the delivery follows."""
    drifted: bool = False
    """The delivery's post no longer says what was approved, or the account has a post that did not come through Porth,
    and nobody has settled it."""
    account: m.Account | None = None
    channel: str | None = None
    consent: m.ConsentRecord | None = None


async def case(session: AsyncSession, organisation: UUID, about: About, subject: UUID) -> Case | None:
    """`None` where it is not there (any more), or belongs to another organisation."""
    house = await session.get_one(m.Organisation, organisation, populate_existing=True)
    if about == "organisation":
        return Case(house)
    if about == "post":
        found = await _post(session, house, subject)
        return Case(house, of=found) if found else None
    if about == "delivery":
        return await _delivery(session, house, subject)
    if about == "account":
        return await _watched(session, house, subject)
    return await _consent(session, house, subject)


async def _post(session: AsyncSession, house: m.Organisation, post_id: UUID) -> PostCase | None:
    row = (
        await session.execute(
            select(m.Post, m.Version, m.Team.name, m.Person.line_manager_id, m.Submission)
            .join(m.Team, m.Team.id == m.Post.team_id)
            .join(m.Person, m.Person.id == m.Post.created_by)
            .join(m.Version, (m.Version.post_id == m.Post.id) & (m.Version.number == m.Post.latest))
            .outerjoin(m.Submission, m.Submission.version_id == m.Version.id)
            .where(m.Post.id == post_id, m.Post.organisation_id == house.id)
            .execution_options(populate_existing=True)
        )
    ).first()
    if row is None:
        return None
    post, version, team, line_manager, submission = row
    content = msgspec.convert(version.content, Content)
    signed = {
        row.step: row.person_id
        for row in await session.execute(
            select(m.SignOff.step, m.SignOff.person_id).where(m.SignOff.version_id == version.id)
        )
    }
    todo: tuple[Outstanding, ...] = ()
    if post.state == "in_review" and submission is not None:
        decided = set(await session.scalars(select(m.Decision.finding).where(m.Decision.version_id == version.id)))
        findings = msgspec.convert(submission.findings, tuple[Finding, ...])
        todo = outstanding(decode(house.route), content, findings, set(signed), decided)
    deliveries = await session.scalars(
        select(m.Delivery)
        .where(m.Delivery.version_id == version.id, m.Delivery.state != "cancelled")
        .order_by(m.Delivery.part)
        .execution_options(populate_existing=True)
    )
    return PostCase(
        post, content, team, await posts.authors(session, post_id) | {post.created_by}, line_manager, todo,
        frozenset(signed.values()), tuple(deliveries),
    )  # fmt: skip


async def _delivery(session: AsyncSession, house: m.Organisation, delivery_id: UUID) -> Case | None:
    found = await session.get(m.Delivery, delivery_id, populate_existing=True)
    if found is None or found.organisation_id != house.id:
        return None
    with_account = await _account(session, house, found.account_id)
    of = await _post(session, house, found.post_id)
    if with_account is None or of is None:
        return None
    first = await session.get(m.Delivery, found.follows_id, populate_existing=True) if found.follows_id else None
    drifted = await session.scalar(
        select(m.Drift.id).where(m.Drift.delivery_id == delivery_id, m.Drift.settled_at.is_(None))
    )
    return with_account._replace(of=of, delivery=found, first=first, drifted=drifted is not None)


async def _watched(session: AsyncSession, house: m.Organisation, account_id: UUID) -> Case | None:
    found = await _account(session, house, account_id)
    foreign = select(m.Drift.id).where(
        m.Drift.account_id == account_id, m.Drift.kind == "foreign", m.Drift.settled_at.is_(None)
    )
    return found._replace(drifted=await session.scalar(foreign.limit(1)) is not None) if found else None


async def _account(session: AsyncSession, house: m.Organisation, account_id: UUID) -> Case | None:
    row = (
        await session.execute(
            select(m.Account, m.Channel.name)
            .join(m.Channel, m.Channel.id == m.Account.channel_id)
            .where(m.Account.id == account_id, m.Account.organisation_id == house.id)
            .execution_options(populate_existing=True)
        )
    ).first()
    return Case(house, account=row[0], channel=row[1]) if row else None


async def _consent(session: AsyncSession, house: m.Organisation, consent_id: UUID) -> Case | None:
    found = await session.get(m.ConsentRecord, consent_id, populate_existing=True)
    return Case(house, consent=found) if found is not None and found.organisation_id == house.id else None


def facts(found: Case, **more: Any) -> dict[str, Any]:
    """What is kept of a case, to see later whether it still stands: numbers, codes, times."""
    kept: dict[str, Any] = {}
    if found.of is not None:
        kept = {"version": found.of.post.latest, "step": found.of.next_step, "by": instant(found.of.post.translate_by)}
    return kept | more


def instant(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
