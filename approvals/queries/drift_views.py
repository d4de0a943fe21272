"""Posts that are not on the platform as they were approved, until somebody has seen to it (PUB-06)."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from approvals import models as m
from approvals.permissions import Actor
from approvals.queries.reach import PersonRef


class DriftView(Struct, frozen=True):
    id: UUID
    post: UUID | None
    """`null` for a post that did not come through Porth."""
    delivery: UUID | None
    """The same."""
    channel: str
    account: UUID
    handle: str
    platform_id: str
    url: str | None
    kind: str
    """`edited`, `deleted`, or `foreign`: no delivery made it, and a person must remove it on the platform itself if
    it should not be there."""
    reads: str
    """What the platform showed; empty where the post was gone."""
    made_at: datetime | None
    """When the post was published."""
    seen_at: datetime
    settled_at: datetime | None
    settled_by: PersonRef | None
    reason: str | None


async def drifts(
    session: AsyncSession, actor: Actor, *, settled: bool = False, after: UUID | None = None, limit: int = 50
) -> list[DriftView]:
    """Of the actor's whole organisation: whoever may settle them (`DELIVERY_RESOLVE`) reaches all of it."""
    rows = await session.execute(
        select(m.Drift, m.Delivery.post_id, m.Account.handle, m.Channel.name, m.Person.id, m.Person.name)
        .join(m.Account, m.Account.id == m.Drift.account_id)
        .outerjoin(m.Delivery, m.Delivery.id == m.Drift.delivery_id)
        .join(m.Channel, m.Channel.id == m.Account.channel_id)
        .outerjoin(m.Person, m.Person.id == m.Drift.settled_by)
        .where(
            m.Account.organisation_id == actor.organisation,
            m.Drift.settled_at.is_not(None) if settled else m.Drift.settled_at.is_(None),
            m.Drift.id < after if after else true(),
        )
        .order_by(m.Drift.id.desc())
        .limit(limit)
    )
    return [_view(*row) for row in rows]


def _view(drift: m.Drift, post: UUID | None, handle: str, channel: str, by: UUID | None, name: str | None) -> DriftView:
    return DriftView(
        id=drift.id, post=post, delivery=drift.delivery_id, channel=channel, account=drift.account_id, handle=handle,
        platform_id=drift.platform_id, url=drift.url, kind=drift.kind, reads=drift.reads, made_at=drift.made_at,
        seen_at=drift.seen_at, settled_at=drift.settled_at, settled_by=PersonRef(by, name or "") if by else None,
        reason=drift.reason,
    )  # fmt: skip
