"""Gathers from the database what is still public of a post that is to be corrected (PUB-01)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from approvals import models as m
from approvals.content import Content
from approvals.corrections import Correcting, Standing
from approvals.outgoing import unseal
from connectors.contract import Limits

LIVE = ("sending", "unconfirmed", "published")
"""Deliveries whose words are public, or may be."""


class Correction(NamedTuple):
    original: UUID
    """The post that is corrected."""
    by: UUID


def correction_of(post: m.Post) -> Correction | None:
    return Correction(post.corrects_id, post.id) if post.corrects_id else None


async def correcting(session: AsyncSession, correction: Correction, platforms: Mapping[str, Limits]) -> Correcting:
    content = await session.scalar(
        select(m.Version.content)
        .join(m.Post, m.Post.id == m.Version.post_id)
        .where(m.Post.id == correction.original, m.Version.number == m.Post.latest)
    )
    chain = await _chain(session, correction.original)
    return Correcting(
        msgspec.convert(content, Content),
        tuple(_nearest(await _public(session, chain), chain, platforms)),
        await superseded(session, correction),
    )


async def _chain(session: AsyncSession, original: UUID) -> list[UUID]:
    """The post, the one that it corrects in its turn, and so on."""
    chain: list[UUID] = []
    post: UUID | None = original
    while post is not None:
        chain.append(post)
        post = await session.scalar(select(m.Post.corrects_id).where(m.Post.id == post))
    return chain


async def _public(session: AsyncSession, posts: Sequence[UUID]) -> Sequence[Any]:
    origin = aliased(m.Delivery)
    rows = await session.execute(
        select(m.Delivery, m.Submission, m.Channel, origin.uneditable)
        .join(m.Submission, m.Submission.version_id == m.Delivery.version_id)
        .join(m.Account, m.Account.id == m.Delivery.account_id)
        .join(m.Channel, m.Channel.id == m.Account.channel_id)
        .join(origin, origin.id == func.coalesce(m.Delivery.origin_id, m.Delivery.id))
        .where(m.Delivery.post_id.in_(posts), public(), ~replaced())
        .order_by(m.Delivery.id)
    )
    return rows.all()


def _nearest(rows: Sequence[Any], chain: Sequence[UUID], platforms: Mapping[str, Limits]) -> Iterator[Standing]:
    """What an account shows of the nearest post that it shows at all."""
    shown: dict[UUID, UUID] = {}
    for delivery, submission, channel, uneditable in sorted(rows, key=lambda row: chain.index(row[0].post_id)):
        if shown.setdefault(delivery.account_id, delivery.post_id) != delivery.post_id:
            continue
        outgoing = unseal(submission.document, submission.digest).manifest[delivery.part].outgoing
        yield Standing(
            delivery=str(delivery.id), channel=channel.name, account=str(delivery.account_id),
            languages=outgoing.languages, url=delivery.url or "", text=outgoing.text,
            pictures=tuple(picture.sha256 for picture in outgoing.media),
            editable=uneditable is None and platforms[channel.platform].edits,
            unreached=delivery.post_id != chain[0],
        )  # fmt: skip


def public() -> ColumnElement[bool]:
    """Its post can be seen as far as anybody knows, and is to stay."""
    gone = exists().where(m.Drift.delivery_id == m.Delivery.id, m.Drift.kind == "deleted")
    return (m.Delivery.state == "published") & m.Delivery.takedown_at.is_(None) & ~gone.correlate(m.Delivery)


def replaced() -> ColumnElement[bool]:
    """An edit has put other words in the place of the delivery's, or may have."""
    edit = aliased(m.Delivery)
    return exists().where(edit.edits_id == m.Delivery.id, edit.state.in_(LIVE)).correlate(m.Delivery)


async def superseded(session: AsyncSession, correction: Correction) -> bool:
    """Whether another correction of the same post was quicker."""
    found = await session.scalar(
        select(m.Delivery.id)
        .join(m.Post, m.Post.id == m.Delivery.post_id)
        .where(m.Post.corrects_id == correction.original, m.Post.id != correction.by, m.Delivery.state.in_(LIVE))
        .limit(1)
    )
    return found is not None
