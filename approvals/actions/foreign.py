"""Posts on the accounts that no delivery made: somebody went past Porth, or into an account (PUB-06)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from approvals import models as m
from approvals import quality_log
from approvals.outgoing import unseal
from connectors.contract import Seen

CLOCKS = timedelta(seconds=3)
"""Platforms' times are in whole seconds, and their clock is not ours."""
Plain = Callable[[str], str]
"""What of a text counts when a platform's is compared with what it was sent."""


class Open(NamedTuple):
    """A delivery whose post may be on the account without anybody knowing which it is."""

    since: datetime
    text: str
    looked_for: bool
    """Workers still look for it; later a person does."""


async def to_look_at(session: AsyncSession, most: int) -> Sequence[UUID]:
    """Accounts that take deliveries, the longest unseen first."""
    rows = await session.scalars(
        select(m.Account.id)
        .where(m.Account.stopped_at.is_(None))
        .order_by(m.Account.listed_at.nulls_first(), m.Account.id)
        .limit(most)
    )
    return rows.all()


async def compared(
    session: AsyncSession, account_id: UUID, seen: Sequence[Seen], plain: Plain, *, now: datetime
) -> int:
    """Record the posts seen that no delivery made, each once. Returns how many are new.

    What may be the post of a delivery whose outcome is not known yet is left until it is: the next look goes back
    that far.
    """
    account = await session.get_one(m.Account, account_id, with_for_update={"key_share": True}, populate_existing=True)
    open_ = await _open(session, account_id, plain)  # before what is attached: one that is settled meanwhile is that
    ours = await _attached(session, account_id, seen)
    strange = [one for one in seen if one.receipt.at >= account.created_at and one.receipt.id not in ours]
    left = [one for one in strange if _may_be(one, open_, plain)]
    account.listed_at = min((one.receipt.at for one in left), default=now)
    new = 0
    for one in strange:
        new += one not in left and await _record(session, account, one, now)
    return new


async def _open(session: AsyncSession, account: UUID, plain: Plain) -> list[Open]:
    rows = await session.execute(
        select(m.Delivery, m.Submission)
        .join(m.Submission, m.Submission.version_id == m.Delivery.version_id)
        .where(m.Delivery.account_id == account, m.Delivery.state.in_(("sending", "unconfirmed")))
    )
    return [
        Open(
            (delivery.started_at or delivery.publish_at) - CLOCKS,
            plain(unseal(submission.document, submission.digest).manifest[delivery.part].outgoing.text),
            delivery.code != "ask-a-person",
        )
        for delivery, submission in rows
    ]


def _may_be(one: Seen, open_: Sequence[Open], plain: Plain) -> bool:
    return any(
        one.receipt.at >= delivery.since and (delivery.looked_for or plain(one.text) == delivery.text)
        for delivery in open_
    )


async def _attached(session: AsyncSession, account: UUID, seen: Sequence[Seen]) -> frozenset[str]:
    """Ids of those that deliveries own."""
    ids = [one.receipt.id for one in seen]
    owned = await session.scalars(
        select(m.Delivery.platform_id).where(m.Delivery.account_id == account, m.Delivery.platform_id.in_(ids))
    )
    return frozenset(one for one in owned if one)


async def _record(session: AsyncSession, account: m.Account, one: Seen, now: datetime) -> bool:
    """False where it was recorded before, settled or not."""
    made = await session.scalar(
        insert(m.Drift)
        .values(
            id=uuid7(), account_id=account.id, platform_id=one.receipt.id, url=one.receipt.url, kind="foreign",
            made_at=one.receipt.at, reads=one.text, seen_at=now,
        )
        .on_conflict_do_nothing()
        .returning(m.Drift.id)
    )  # fmt: skip
    if made is None:
        return False
    channel = await session.scalar(select(m.Channel.name).where(m.Channel.id == account.channel_id))
    await quality_log.append(
        session, account.organisation_id, "foreign-seen",
        {
            "drift": str(made), "account": str(account.id), "channel": channel, "platform_id": one.receipt.id,
            "url": one.receipt.url, "at": one.receipt.at.isoformat(), "reads": one.text,
        },
        now=now,
    )  # fmt: skip
    return True
