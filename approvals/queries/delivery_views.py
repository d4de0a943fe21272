"""Deliveries as people read them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from approvals import models as m
from approvals.errors import NotFound
from approvals.permissions import Actor, Permission
from approvals.queries.reach import within_reach


class EditedPost(Struct, frozen=True):
    """The public post that a delivery edits in place of publishing one (PUB-01)."""

    delivery: UUID
    """The one whose words it replaces."""
    platform_id: str | None
    url: str | None


class DeliveryView(Struct, frozen=True):
    """One part of a post on one account."""

    id: UUID
    post: UUID
    version: int
    part: int
    channel: str
    platform: str
    account: str
    handle: str
    languages: tuple[str, ...]
    mode: str
    state: str
    code: str | None
    publish_at: datetime
    next_attempt_at: datetime
    follows: UUID | None
    edits: EditedPost | None
    """Of a correction, on platforms where posts are edited."""
    platform_id: str | None
    url: str | None
    published_at: datetime | None
    takedown_at: datetime | None
    retracted_at: datetime | None
    seen: tuple[Any, ...]
    """Posts that a lookup saw and could not tell apart; a person decides."""


ORIGIN = aliased(m.Delivery)


def _delivery_query() -> Any:
    return (
        select(m.Delivery, m.Version.number, m.Account, m.Channel, ORIGIN.platform_id, ORIGIN.url)
        .join(m.Post, m.Post.id == m.Delivery.post_id)
        .join(m.Version, m.Version.id == m.Delivery.version_id)
        .join(m.Account, m.Account.id == m.Delivery.account_id)
        .join(m.Channel, m.Channel.id == m.Account.channel_id)
        .outerjoin(ORIGIN, ORIGIN.id == m.Delivery.origin_id)
    )


def _delivery(row: Any) -> DeliveryView:
    found, version, account, channel, platform_id, url = row
    return DeliveryView(
        id=found.id, post=found.post_id, version=version, part=found.part, channel=channel.name,
        platform=channel.platform, account=account.external_id, handle=account.handle,
        languages=tuple(account.languages), mode=account.mode, state=found.state, code=found.code,
        publish_at=found.publish_at, next_attempt_at=found.next_attempt_at, follows=found.follows_id,
        edits=EditedPost(found.edits_id, platform_id, url) if found.edits_id else None,
        platform_id=found.platform_id, url=found.url, published_at=found.published_at,
        takedown_at=found.takedown_at, retracted_at=found.retracted_at, seen=tuple(found.seen),
    )  # fmt: skip


async def deliveries_of(session: AsyncSession, post_id: UUID) -> tuple[DeliveryView, ...]:
    """Of a post that the actor was found to be allowed to read."""
    rows = await session.execute(_delivery_query().where(m.Delivery.post_id == post_id).order_by(m.Delivery.id))
    return tuple(_delivery(row) for row in rows)


class DeliveryFilter(Struct, frozen=True):
    states: tuple[str, ...] = ()
    since: datetime | None = None
    """Due at or after this."""
    until: datetime | None = None
    """Due before this."""
    channels: tuple[str, ...] = ()
    post: UUID | None = None


async def deliveries(
    session: AsyncSession, actor: Actor, wanted: DeliveryFilter, *, after: UUID | None = None, limit: int = 50
) -> list[DeliveryView]:
    query = _delivery_query().where(
        within_reach(actor, Permission.DELIVERY_READ),
        m.Delivery.state.in_(wanted.states) if wanted.states else true(),
        m.Delivery.publish_at >= wanted.since if wanted.since else true(),
        m.Delivery.publish_at < wanted.until if wanted.until else true(),
        m.Delivery.post_id == wanted.post if wanted.post else true(),
        m.Channel.name.in_(wanted.channels) if wanted.channels else true(),
        m.Delivery.id < after if after else true(),
    )
    rows = await session.execute(query.order_by(m.Delivery.id.desc()).limit(limit))
    return [_delivery(row) for row in rows]


async def delivery(session: AsyncSession, actor: Actor, delivery_id: UUID) -> DeliveryView:
    row = (
        await session.execute(
            _delivery_query().where(within_reach(actor, Permission.DELIVERY_READ), m.Delivery.id == delivery_id)
        )
    ).first()
    if row is None:
        raise NotFound("no-such-delivery")
    return _delivery(row)
