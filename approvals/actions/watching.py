"""After publishing: posts that change on the platform are findings for the comms team (PUB-06)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals import originals, quality_log
from approvals.errors import Invalid, NotFound, WrongState
from approvals.permissions import Actor, Permission

FIRST_LOOK = timedelta(minutes=10)
YOUNG, OFTEN = timedelta(days=1), timedelta(hours=1)
"""On its first day a post is read back every hour,"""
OLD, SELDOM = timedelta(days=30), timedelta(days=1)
"""then every day for a month."""


async def to_look_at(session: AsyncSession, now: datetime, most: int) -> Sequence[m.Delivery]:
    """Published deliveries whose turn it is, the longest unseen first, marked as looked at from now."""
    looked = m.Delivery.looked_at
    rows = await session.scalars(
        select(m.Delivery)
        .join(m.Account, m.Account.id == m.Delivery.account_id)
        .where(
            m.Delivery.state == "published",
            m.Delivery.takedown_at.is_(None),
            ~originals.replaced(),
            m.Account.stopped_at.is_(None),
            m.Delivery.published_at > now - OLD,
            or_(
                and_(looked.is_(None), m.Delivery.published_at < now - FIRST_LOOK),
                and_(looked < now - OFTEN, m.Delivery.published_at > now - YOUNG),
                looked < now - SELDOM,
            ),
        )
        .order_by(looked.nulls_first(), m.Delivery.id)
        .limit(most)
        .with_for_update(of=m.Delivery, skip_locked=True)
    )
    deliveries = rows.all()
    for delivery in deliveries:
        delivery.looked_at = now
    await session.flush()
    return deliveries


async def drifted(session: AsyncSession, delivery_id: UUID, reads: str | None, *, now: datetime) -> bool:
    """Record that a post now reads `reads` (`None`: it is gone), once until somebody settles it."""
    delivery = await session.get_one(m.Delivery, delivery_id, with_for_update=True, populate_existing=True)
    known = await session.scalar(
        select(m.Drift.id).where(m.Drift.delivery_id == delivery_id, m.Drift.settled_at.is_(None))
    )
    edited = await session.scalar(select(m.Delivery.id).where(m.Delivery.id == delivery_id, originals.replaced()))
    if known or edited or delivery.state != "published" or delivery.takedown_at is not None:
        return False
    kind = "deleted" if reads is None else "edited"
    session.add(
        m.Drift(
            delivery_id=delivery_id, account_id=delivery.account_id, platform_id=delivery.platform_id or "",
            url=delivery.url, made_at=delivery.published_at, kind=kind, reads=reads or "", seen_at=now,
        )
    )  # fmt: skip
    await session.flush()
    await quality_log.append(
        session,
        delivery.organisation_id,
        "drift-seen",
        {"delivery": str(delivery_id), "kind": kind, "reads": reads},
        now=now,
        post=delivery.post_id,
    )
    return True


async def settle(session: AsyncSession, actor: Actor, drift_id: UUID, reason: str, *, now: datetime) -> m.Drift:
    """A person has seen to it: put it right on the platform, corrected it with a new post, or let it be.

    A post that did not come through Porth stays that: nothing approves it afterwards.
    """
    actor.require(Permission.DELIVERY_RESOLVE)
    if not reason.strip():
        raise Invalid("reason-needed", "/reason")
    row = (
        await session.execute(
            select(m.Drift, m.Delivery)
            .join(m.Account, m.Account.id == m.Drift.account_id)
            .outerjoin(m.Delivery, m.Delivery.id == m.Drift.delivery_id)
            .where(m.Drift.id == drift_id, m.Account.organisation_id == actor.organisation)
            .with_for_update(of=m.Drift)
        )
    ).first()
    if row is None:
        raise NotFound("no-such-drift")
    drift: m.Drift = row[0]
    delivery: m.Delivery | None = row[1]
    if drift.settled_at is not None:
        raise WrongState("drift-settled")
    drift.settled_by, drift.settled_at, drift.reason = actor.person, now, reason
    await session.flush()
    about = {"drift": str(drift.id), "kind": drift.kind, "reason": reason}
    if delivery is None:
        about |= {"account": str(drift.account_id), "platform_id": drift.platform_id}
        await quality_log.append(session, actor.organisation, "foreign-settled", about, now=now, actor=actor.person)
    else:
        about["delivery"] = str(delivery.id)
        await quality_log.append(
            session, actor.organisation, "drift-settled", about, now=now, actor=actor.person, post=delivery.post_id
        )
    return drift
