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
    post: UUID
    delivery: UUID
    channel: str
    url: str | None
    kind: str
    """edited or deleted."""
    reads: str
    """What the platform showed; empty where the post was gone."""
    seen_at: datetime
    settled_at: datetime | None
    settled_by: PersonRef | None
    reason: str | None


async def drifts(
    session: AsyncSession, actor: Actor, *, settled: bool = False, after: UUID | None = None, limit: int = 50
) -> list[DriftView]:
    """Of the actor's whole organisation: whoever may settle them (`DELIVERY_RESOLVE`) reaches all of it."""
    rows = await session.execute(
        select(m.Drift, m.Delivery, m.Channel.name, m.Person.id, m.Person.name)
        .join(m.Delivery, m.Delivery.id == m.Drift.delivery_id)
        .join(m.Account, m.Account.id == m.Delivery.account_id)
        .join(m.Channel, m.Channel.id == m.Account.channel_id)
        .outerjoin(m.Person, m.Person.id == m.Drift.settled_by)
        .where(
            m.Delivery.organisation_id == actor.organisation,
            m.Drift.settled_at.is_not(None) if settled else m.Drift.settled_at.is_(None),
            m.Drift.id < after if after else true(),
        )
        .order_by(m.Drift.id.desc())
        .limit(limit)
    )
    return [_view(*row) for row in rows]


def _view(drift: m.Drift, delivery: m.Delivery, channel: str, person: UUID | None, name: str | None) -> DriftView:
    return DriftView(
        id=drift.id, post=delivery.post_id, delivery=delivery.id, channel=channel, url=delivery.url, kind=drift.kind,
        reads=drift.reads, seen_at=drift.seen_at, settled_at=drift.settled_at,
        settled_by=PersonRef(person, name or "") if person else None, reason=drift.reason,
    )  # fmt: skip
